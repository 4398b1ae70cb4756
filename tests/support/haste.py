"""How the local Yahoo is asked: like the real one, but quickly. It does not know what a test does with it."""

from collections.abc import Sequence

import pytest

from lib.sources.access import Access
from lib.sources.yahoo.client import Manners, Yahoo
from tests.support.access import NotedAccess

HASTE = Manners(concurrency=4, spacing_s=0.001, timeout_s=5, attempts=3, first_wait_s=0.01, patience_s=3)


def hasty_yahoo(
    factory: pytest.TempPathFactory,
    manners: Manners = HASTE,
    *,
    access: Access | None = None,
    watched: Sequence[str] = (),
) -> Yahoo:
    """The product's own client; one cache folder per session, for yfinance cannot change it within a process."""
    return Yahoo(factory.getbasetemp() / "yfinance", access or NotedAccess(), manners, watched=watched)
