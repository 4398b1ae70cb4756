"""Every provider under soak, in short: a third of all calls go wrong and the collector is killed. `make soak` is the
long one.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lib.db.pool import Pool
from tests.faults.reddit import SoakedReddit
from tests.faults.soak import Provider, soak
from tests.faults.x import SoakedX
from tests.servers.reddit import running_reddit
from tests.servers.x import running_x

LOG = logging.getLogger(__name__)

SEED = 20261127


@contextmanager
def _reddit(folder: Path) -> Iterator[Provider]:
    with running_reddit(folder) as local:
        yield SoakedReddit(local, SEED)


@contextmanager
def _x(folder: Path) -> Iterator[Provider]:
    with running_x(folder) as local:
        yield SoakedX(local, SEED)


PROVIDERS = {"x": _x}


@pytest.mark.parametrize("name", PROVIDERS)
async def test_nothing_is_lost_doubled_or_paid_beyond_the_budget(
    name: str, pool: Pool, database_url: str, tmp_path: Path
) -> None:
    with PROVIDERS[name](tmp_path) as provider:
        report = await soak(provider, pool, database_url, tmp_path, seed=SEED, items=160, kills=2, batch=80)
    LOG.warning("%s: %s", name, report)
    assert report.kills == 2
    assert report.spoiled > 0
    assert report.lost == 0
