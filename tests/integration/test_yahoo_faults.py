"""The real yfinance against a local Yahoo that fails in every way it can: what is asked again, what comes out, how
often.
"""

import asyncio
from datetime import date, timedelta
from time import monotonic

import pytest
from asyncpg import UndefinedTableError

from lib.collect.access import SharedAccess
from lib.db.pool import Pool, open_pool
from lib.domain.spend import Budget
from lib.errors import Denied, Malformed, RateLimited, SourceError, Unavailable
from lib.sources.yahoo.client import Yahoo
from tests.servers.faults import BAD_GATEWAY, Cut, Fault, HalfBody, HalfJson, Page, Slow, Status, TooMany
from tests.servers.yahoo import LocalYahoo
from tests.servers.yahoo_charts import NASDAQ, Book, flat
from tests.support.haste import HASTE, hasty_yahoo

MONDAY = date(2026, 3, 2)
WEEK = (MONDAY, MONDAY + timedelta(days=7))
STALE_CRUMB = Status(401, b'{"finance":{"result":null,"error":{"code":"Unauthorized","description":"Invalid Crumb"}}}')


def week(symbol: str = "AAPL") -> Book:
    """Monday to Friday at 100 to 104."""
    return Book(symbol, NASDAQ, days={MONDAY + timedelta(days=n): flat(str(100 + n)) for n in range(5)})


PASSING: list[Fault] = [
    TooMany("0"),
    TooMany(),
    BAD_GATEWAY,
    Page(),
    HalfJson(),
    HalfBody(),
    Cut(),
    Slow(0.05),
    STALE_CRUMB,
]


@pytest.mark.parametrize("fault", PASSING, ids=str)
async def test_one_bad_answer_is_asked_again(local_yahoo: LocalYahoo, source: Yahoo, fault: Fault) -> None:
    local_yahoo.publish(week())
    local_yahoo.script.then("AAPL", fault)
    assert len((await source.fetch_bars("AAPL", "1d", *WEEK)).bars) == 5


LASTING: list[tuple[Fault, type[SourceError]]] = [
    (TooMany(), RateLimited),
    (TooMany("3600"), RateLimited),
    (BAD_GATEWAY, Unavailable),
    (Status(503), Unavailable),
    (Page(), Malformed),
    (HalfJson(), Malformed),
    (HalfBody(), Unavailable),
    (Cut(), Unavailable),
    (STALE_CRUMB, Denied),
    (Status(403, b"Forbidden", "text/plain"), Denied),
]


@pytest.mark.parametrize(("fault", "kind"), LASTING, ids=str)
async def test_what_lasts_comes_out_as_our_error_after_few_calls(
    local_yahoo: LocalYahoo, source: Yahoo, fault: Fault, kind: type[SourceError]
) -> None:
    local_yahoo.publish(week())
    local_yahoo.script.always("AAPL", fault)
    with pytest.raises(SourceError) as raised:
        await source.fetch_bars("AAPL", "1d", *WEEK)
    assert type(raised.value) is kind
    # a library that finds its kept-alive connection dead may ask once more by itself
    assert len(local_yahoo.calls) <= HASTE.attempts + 1


async def test_retry_after_is_waited_for_by_everybody(local_yahoo: LocalYahoo, source: Yahoo) -> None:
    local_yahoo.publish(week(), week("MSFT"))
    await source.fetch_bars("AAPL", "1d", *WEEK)
    local_yahoo.calls.clear()
    local_yahoo.script.then("AAPL", TooMany("1"))

    await source.fetch_bars("AAPL", "1d", *WEEK)

    refused, again = local_yahoo.asked("AAPL")
    assert again.at - refused.at >= timedelta(seconds=0.95)


async def test_told_to_wait_long_it_does_not_ask_at_all(local_yahoo: LocalYahoo, source: Yahoo) -> None:
    local_yahoo.publish(week(), week("MSFT"))
    local_yahoo.script.then("AAPL", TooMany("3600"))
    with pytest.raises(RateLimited) as first:
        await source.fetch_bars("AAPL", "1d", *WEEK)
    with pytest.raises(RateLimited) as second:
        await source.fetch_bars("MSFT", "1d", *WEEK)

    assert [call.symbol for call in local_yahoo.calls] == ["AAPL"]
    assert first.value.until is not None
    assert second.value.until is not None
    assert abs(second.value.until - first.value.until) < timedelta(seconds=5)


async def test_slower_than_its_patience_is_unavailable(
    local_yahoo: LocalYahoo, tmp_path_factory: pytest.TempPathFactory
) -> None:
    local_yahoo.publish(week())
    local_yahoo.script.always("AAPL", Slow(1.5))
    hurried = HASTE._replace(timeout_s=0.3, attempts=1)
    async with hasty_yahoo(tmp_path_factory, hurried) as source:
        with pytest.raises(Unavailable, match="no answer in time"):
            await source.fetch_bars("AAPL", "1d", *WEEK)


async def test_without_a_way_to_yahoo_it_is_unavailable(
    local_yahoo: LocalYahoo, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with hasty_yahoo(tmp_path_factory, HASTE) as source:
        with pytest.raises(Unavailable, match="cannot be reached"):
            await source.fetch_bars("AAPL", "1d", *WEEK)


async def test_the_pace_is_kept_by_all_workers_together(
    pool: Pool, local_yahoo: LocalYahoo, tmp_path_factory: pytest.TempPathFactory
) -> None:
    local_yahoo.publish(*(week(f"P{n}") for n in range(4)))
    began = monotonic()
    manners = HASTE._replace(spacing_s=0.1)
    one, other = (SharedAccess(pool, "yahoo", "", prices={}, budget=Budget()) for _ in range(2))
    async with hasty_yahoo(tmp_path_factory, manners, access=one) as source:
        await asyncio.gather(*(source.fetch_bars(f"P{n}", "1d", *WEEK) for n in range(2)))
    async with hasty_yahoo(tmp_path_factory, manners, access=other) as source:
        await asyncio.gather(*(source.fetch_bars(f"P{n}", "1d", *WEEK) for n in range(2, 4)))
    assert monotonic() - began >= 0.1 * (len(local_yahoo.calls) - 1)


async def test_told_to_wait_all_workers_do(
    pool: Pool, local_yahoo: LocalYahoo, tmp_path_factory: pytest.TempPathFactory
) -> None:
    local_yahoo.publish(week(), week("MSFT"))
    local_yahoo.script.then("AAPL", TooMany("3600"))
    one, other = (SharedAccess(pool, "yahoo", "", prices={}, budget=Budget()) for _ in range(2))
    async with hasty_yahoo(tmp_path_factory, access=one) as source:
        with pytest.raises(RateLimited):
            await source.fetch_bars("AAPL", "1d", *WEEK)
    async with hasty_yahoo(tmp_path_factory, access=other) as source:
        with pytest.raises(RateLimited, match="Yahoo is not to be asked before"):
            await source.fetch_bars("MSFT", "1d", *WEEK)
    assert [call.symbol for call in local_yahoo.calls] == ["AAPL"]


async def test_where_nobody_can_say_whose_turn_it_is_yahoo_is_not_blamed(
    database_url: str, local_yahoo: LocalYahoo, tmp_path_factory: pytest.TempPathFactory
) -> None:
    local_yahoo.publish(week())
    async with open_pool(database_url, application="insitechart-test") as pool:
        access = SharedAccess(pool, "yahoo", "", prices={}, budget=Budget())
        await pool.execute("ALTER TABLE paces RENAME TO elsewhere")
        async with hasty_yahoo(tmp_path_factory, access=access) as source:
            with pytest.raises(UndefinedTableError):
                await source.fetch_bars("AAPL", "1d", *WEEK)
    assert local_yahoo.calls == []
