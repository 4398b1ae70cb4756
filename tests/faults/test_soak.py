"""Every provider under soak, in short: a third of all calls go wrong and the collector is killed. `make soak` is the
long one.
"""

from pathlib import Path

import pytest

from lib.db.pool import Pool
from tests.faults.providers import PROVIDERS
from tests.faults.soak import soak

SEED = 20261127


@pytest.mark.parametrize("name", PROVIDERS)
async def test_nothing_is_lost_doubled_or_paid_beyond_the_budget(
    name: str, pool: Pool, database_url: str, tmp_path: Path
) -> None:
    with PROVIDERS[name](tmp_path, SEED) as provider:
        report = await soak(
            provider,
            pool,
            database_url,
            tmp_path,
            seed=SEED,
            items=160,
            kills=2,
            batch=80,
        )
    assert report.kills == 2
    assert report.spoiled > 0
    assert report.lost == 0
