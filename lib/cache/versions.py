"""How new the data is that an answer was made of: a number per subject, which changes with every committed change.

Whoever keeps an answer reads the numbers **before** asking the database, and keeps the answer under them. It is given
out again only while they are the same, so it is never older than what the numbers' owner has heard of. It knows
neither answers nor how a change is heard of.
"""

from typing import Protocol


class Versions(Protocol):
    """What the owner of the numbers promises.

    A number differs after every change of its subject that became visible, whatever order changes were numbered in: it
    is not the largest number heard, for a change with a smaller number may become visible after one with a larger. A
    change is visible to new queries before its number is seen here. None means that nothing is known at the moment (the
    listener is away): then nothing is kept, and nothing that is kept is given out. Reading costs no more than a look
    into a dictionary, and clients choose the symbols: asking about one that does not exist must not make it known.
    """

    @property
    def origin(self) -> str:
        """Names where the numbers are counted: two processes with the same origin mean the same by the same number.
        It differs for another database, and after a restore, which counts anew.
        """

    def of(self, symbol: str) -> int | None:
        """Of the bars, actions and buckets of one symbol; a symbol of which nothing ever changed has a number too."""

    def listings(self) -> int | None:
        """Of which symbols there are, and what they are called."""

    def coverage(self) -> int | None:
        """Of what sources were asked for and what came."""

    def everything(self) -> int | None:
        """Of the bars, actions and buckets of all symbols together."""
