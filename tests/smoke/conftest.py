"""A client that cannot change anything, so that this may be run against production."""

from collections.abc import Iterator

import httpx
import pytest

_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})


def _refuse_writes(request: httpx.Request) -> None:
    assert request.method in _HARMLESS, f"{request.method} {request.url.path} would change something"


@pytest.fixture(scope="session")
def site(base_url: str, verify: bool | str) -> Iterator[httpx.Client]:
    """Asks the site as anybody might."""
    hooks = {"request": [_refuse_writes]}
    with httpx.Client(base_url=base_url, verify=verify, timeout=15, event_hooks=hooks) as client:
        yield client
