"""The write side: one module a subject, each bulk and idempotent. It does not know where rows come from, nor how they
are read back.

Every function takes a connection inside the caller's transaction, so that rows, cursor and coverage commit together or
not at all.
"""

from typing import NamedTuple


class Written(NamedTuple):
    """What a write did to the rows it was given: added, rewritten, or found as they already were."""

    new: int
    changed: int
    unchanged: int
