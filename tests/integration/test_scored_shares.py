"""How much of the history a scorer has scored, by a few looks."""

import pytest

from lib.db.pool import Pool
from lib.db.scoring.rescoring import Rescoring
from lib.db.scoring.shares import scored_shares
from tests.support.rescoring import run_shard, shards_of
from tests.support.scoring import make_reader, post, score_all, store


async def test_a_scorer_has_scored_all_none_or_a_share(pool: Pool) -> None:
    await store(pool, [post(number, "$AAPL great") for number in range(100)])
    assert await scored_shares(pool, ["vader@1"]) == {"vader@1": None}
    await score_all(pool, await make_reader(pool))
    await store(pool, [post(100, "$AAPL waits")])
    assert await scored_shares(pool, ["vader@1", "korean@1", "nobody@1"]) == {
        "vader@1": 1,
        "korean@1": 0,
        "nobody@1": 0,
    }
    work = Rescoring(scorer="korean@1")
    first, *_ = await shards_of(pool, work, size=40)
    await run_shard(pool, work, first)
    assert await scored_shares(pool, ["korean@1"]) == {"korean@1": pytest.approx(0.4)}
    assert await scored_shares(pool, ["korean@1"], looks=10) == {"korean@1": pytest.approx(0.4, abs=0.1)}


async def test_without_posts_there_is_no_share(pool: Pool) -> None:
    assert await scored_shares(pool, ["vader@1"]) == {"vader@1": None}
