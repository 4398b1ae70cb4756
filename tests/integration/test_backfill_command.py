"""`insitechart backfill` as a person types it: the table first, then the question, then what came."""

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deployments.cli.backfill import backfill
from lib.db.gap_reads import open_gaps
from lib.db.pool import Pool
from lib.errors import ConfigurationError, RateLimited
from lib.settings import load_settings
from tests.servers.yahoo import LocalYahoo
from tests.servers.yahoo_charts import NASDAQ, Book, flat
from tests.support.streams import Remembering, at

WEEK = [date(2026, 3, 2) + timedelta(days=n) for n in range(5)]
OF_YAHOO = ("yahoo", "--symbols", "AAPL,MSFT", "--start", str(WEEK[0]), "--end", str(WEEK[-1]))
OF_PLAYED = ("played", "--start", at(0).isoformat(), "--end", at(60).isoformat())


@pytest.fixture(autouse=True)
def installation(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, remembered: Remembering
) -> Iterator[None]:
    """The settings of the command."""
    monkeypatch.setenv("INSITECHART_DATABASE_URL", database_url)
    monkeypatch.setenv("INSITECHART_HOME", str(tmp_path))
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


@pytest.fixture
def yahoo(local_yahoo: LocalYahoo) -> LocalYahoo:
    """Two symbols, with a bar for every day of the week."""
    days = {day: flat(str(100 + n)) for n, day in enumerate(WEEK)}
    local_yahoo.publish(*(Book(symbol, NASDAQ, days=days) for symbol in ("AAPL", "MSFT")))
    return local_yahoo


async def typed(*arguments: str, answer: str | None = None) -> Result:
    """What came of the command; `answer` is what the person types when asked."""
    result = await asyncio.to_thread(CliRunner().invoke, backfill, arguments, answer)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


async def test_it_shows_what_it_takes_and_asks_before_it_asks(pool: Pool, yahoo: LocalYahoo) -> None:
    result = await typed(*OF_YAHOO, answer="n\n")
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["stream", "from", "until", "calls", "items", "at", "most", "dollars", "queued"]
    assert lines[1].startswith("bars/1d/AAPL  2026-03-02 00:00:00 UTC  2026-03-07 00:00:00 UTC  1")
    assert lines[3] == "2 windows: 2 calls, 10 items at most, free of charge."
    assert lines[4].startswith("Ask for it now? [y/N]")
    assert yahoo.calls == []
    assert await open_gaps(pool) == []


@pytest.mark.parametrize("how", [("--yes",), ()])
async def test_agreed_to_it_fetches_and_tells(pool: Pool, yahoo: LocalYahoo, how: tuple[str, ...]) -> None:
    result = await typed(*OF_YAHOO, *how, answer="y\n")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "2 gaps tried (2 filled): 10 items new."
    assert await pool.fetchval("SELECT count(*) FROM bars") == 10

    again = await typed(*OF_YAHOO, "--yes")
    assert again.stdout == "Nothing is missing that could be asked for.\n"


async def test_a_refusal_is_told_and_the_queue_is_worked_through_later(pool: Pool, remembered: Remembering) -> None:
    remembered.history = {5: "early"}
    remembered.past_script = [RateLimited("played", "Slow down.")]
    refused = await typed(*OF_PLAYED, "--yes")
    assert refused.exit_code == 0
    assert refused.stdout.splitlines()[-1] == ("1 gaps tried (1 left open): 0 items new. Gave up asking: Slow down.")
    assert (await typed("--yes")).stdout == "0 gaps are due.\n"

    await pool.execute("UPDATE gaps SET next_try_at = clock_timestamp()")
    filled = await typed("--yes")
    assert "Slow down." in filled.stdout.splitlines()[1]
    assert filled.stdout.splitlines()[-1] == "1 gaps tried (1 filled): 1 items new."


@pytest.mark.parametrize("arguments", [("--symbols", "AAPL"), ("yahoo",), ("yahoo", "--limit", "0")])
async def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    assert (await typed(*arguments)).exit_code == 2


async def test_what_cannot_be_used_is_said_in_our_words(local_yahoo: LocalYahoo) -> None:
    with pytest.raises(ConfigurationError, match="no source 'nobody'"):
        await typed("nobody", "--start", "2026-03-02")
    with pytest.raises(ConfigurationError, match="no day and no moment"):
        await typed("played", "--start", "yesterday")
