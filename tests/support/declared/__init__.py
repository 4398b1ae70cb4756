"""Two sources that only declare themselves, for tests of what is told about sources: one is paid and has a credential,
one is free.
"""

import pytest

from lib.sources import registry


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """`paid` and `free` are the sources there are."""
    names = {name: f"tests.support.declared.{name}" for name in ("paid", "free")}
    monkeypatch.setattr(registry, "_SOURCES", names)
