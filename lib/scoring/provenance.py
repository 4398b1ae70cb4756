"""Which languages each scorer reads and which labelled sets it learned from. It knows no scorer's inside."""

from collections.abc import Mapping

import msgspec


class Provenance(msgspec.Struct, frozen=True):
    """`learned_from` names sets whose training texts shaped the scorer; of every other set it has seen nothing."""

    languages: tuple[str, ...]
    learned_from: tuple[str, ...] = ()


# a new scorer or version gets its line here
PROVENANCE: Mapping[str, Provenance] = {
    # the licence of these two, and of no others that are measured on, lets weights be shipped
    "finance@1": Provenance(("en", "ko"), ("sentfin", "tfns")),
    "korean@1": Provenance(("ko",)),
    "vader@1": Provenance(("en",)),
}
