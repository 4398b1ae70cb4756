"""What every source that knows listings by what people write looks like from outside. It does not know any provider."""

from typing import Protocol, runtime_checkable

from lib.domain.symbols import Listing


@runtime_checkable
class FindsListings(Protocol):
    """A provider that can be asked what is listed. Asking raises SourceErrors only; a refusal is about the stream
    `listings`.
    """

    name: str

    async def find_listings(self, text: str) -> list[Listing]:
        """The listings for `text`, a symbol or part of a name, best first; none if there are none."""
        ...
