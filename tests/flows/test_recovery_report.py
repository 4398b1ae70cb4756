"""The report on backups as Prefect runs it: a table, and a message to people over a real server."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from flows.recovery_report import recovery_report
from lib.backup.store.folder import FolderStore
from lib.db.installation import installation_id
from lib.db.pool import Pool
from lib.settings import load_settings
from tests.flows.test_report import recorded
from tests.support.hearing import Hearer, hearing
from tests.support.recovery import add_backup, add_drill, add_log


@pytest.fixture
async def hearer(installation: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hearer]:
    async with hearing() as opened:
        monkeypatch.setenv("INSITECHART_NOTIFY_URLS", opened.url)
        load_settings.cache_clear()
        yield opened


async def test_a_week_is_told(pool: Pool, hearer: Hearer) -> None:
    now = datetime.now(UTC)
    for hours in (3, 27, 51):
        await add_backup(pool, now - timedelta(hours=hours))
    await add_backup(pool, now - timedelta(hours=40), state="bad", name="bb")
    await add_backup(pool, now - timedelta(days=2), kind="base")
    await add_log(pool, now)
    await add_drill(pool, now - timedelta(days=1))
    FolderStore(load_settings().home / "backups").put(f"{await installation_id(pool)}/wal/7/a", b"x" * 2_000_000)
    state = await recovery_report(return_state=True)
    lines = await state.result()
    assert lines["logical backups"].startswith("1 bad, 3 good this week; newest good one 3.0 h old")
    assert lines["tests of restoring"] == "5 this week, 2.5 min in all"
    assert "the rest from the log; promised are 15.0 min" in lines["would be lost now"]
    assert lines["drill (database)"].startswith("passed 24.0 h ago: back in 8.25 s of 10, 0.4 s of data lost")
    assert "1 this week; next due" in lines["drills"]
    assert lines["store"] == "2.0 MB of write-ahead log"
    tables = await recorded(state)
    assert [row["subject"] for row in tables["recovery-report"][1]] == list(lines)
    [heard] = hearer.heard
    assert (heard["type"], heard["title"]) == ("info", tables["recovery-report"][0])
    assert "as promised" in heard["title"]
    assert lines["store"] in heard["message"]


async def test_what_is_not_kept_is_told_as_a_failure(pool: Pool, hearer: Hearer) -> None:
    await recovery_report()
    now = datetime.now(UTC)
    await add_backup(pool, now - timedelta(hours=3))
    await recovery_report()
    await add_backup(pool, now - timedelta(hours=9), kind="base")
    await add_log(pool, now)
    await add_drill(pool, now - timedelta(hours=2), rto_s=99)
    await recovery_report()
    for _ in range(2):
        await recovery_report(alarm="No backup became good in time.")
    assert [one["type"] for one in hearer.heard] == ["failure"] * 4
    assert hearer.titles == [
        "Backups: none is good, so everything would be lost.",
        "Backups: 3.0 h would be lost now; 15.0 min are promised.",
        "Backups: the last drill of database has failed.",
        "No backup became good in time.",
    ]


async def test_a_report_that_nobody_hears_is_no_success(hearer: Hearer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSITECHART_NOTIFY_URLS", "nowhere://hunter2")
    load_settings.cache_clear()
    state = await recovery_report(return_state=True)
    assert state.is_failed()
    assert "hunter2" not in str(state.message)
