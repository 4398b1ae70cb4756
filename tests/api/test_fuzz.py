"""A short run of what `make fuzz` does for long: no 500, no status and no shape that the document does not declare."""

from collections.abc import AsyncIterator

import pytest

from tests.fuzz.asking import ask_everything
from tests.fuzz.installation import fill, headers_of, serving

SEED = 20260302
EXAMPLES = 3


@pytest.fixture
async def address(database_url: str) -> AsyncIterator[str]:
    """A served installation with a little of everything."""
    await fill(database_url)
    with serving(database_url) as found:
        yield found


def test_the_whole_document_holds(address: str) -> None:
    told = ask_everything(address, seed=SEED, examples=EXAMPLES, headers=headers_of(address, "admin"))
    assert told.returncode == 0, told.stdout[-20_000:] + told.stderr[-2000:]
    assert "Tested: " in told.stdout
