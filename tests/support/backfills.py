"""Sources for tests of whole backfills, declared like any other: `yahoo`, whose bars a local server gives, and
`played`, which remembers what a test wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from lib.sources import registry

if TYPE_CHECKING:
    from tests.support.streams import Remembering


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> Iterator[Remembering]:
    """The two are the sources there are; what `played` remembers is to be written by the test."""
    from tests.support.declared import remembering
    from tests.support.streams import Remembering

    names = {"yahoo": "tests.support.declared.bars", "played": "tests.support.declared.remembering"}
    monkeypatch.setattr(registry, "_SOURCES", names)
    registry.declaration.cache_clear()
    fresh = Remembering()
    monkeypatch.setattr(remembering, "SOURCE", fresh)
    yield fresh
    registry.declaration.cache_clear()
