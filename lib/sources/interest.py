"""What the installation wants to hear about, for sources that would otherwise bring the whole world."""

from collections.abc import Callable, Sequence

import msgspec

from lib.domain.symbols import Listing


class Interest(msgspec.Struct, frozen=True, kw_only=True):
    """`watched` are the listings whose posts and news are asked for by name; `concerns(text, lang)` tells whether a
    text mentions any listing at all.
    """

    watched: Sequence[Listing] = ()
    concerns: Callable[[str, str | None], bool] = lambda text, lang: True
