"""/operations/backups and /drills, and their metrics: the series, what would be lost now, and pages that lose none."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from prometheus_client.parser import text_string_to_metric_families

from lib.db.pool import Pool
from lib.db.recovery.backups import backup_begun, backup_failed
from lib.domain.drills import Scenario
from lib.recovery.standing import drill_overdue, next_drill
from lib.settings import Settings
from tests.support.accounts import become
from tests.support.recovery import add_backup, add_drill, add_log

Client = AsyncTestClient[Litestar]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def client(client: Client, pool: Pool) -> Client:
    """Asks as an operator."""
    await become(client, pool, "operator")
    return client


async def get(client: Client, path: str, **parameters: Any) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/operations/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


async def test_nothing_is_protected_where_nothing_was_backed_up(client: Client, pool: Pool) -> None:
    found = await get(client, "backups")
    assert (found["items"], found["next"], found["log"]) == ([], None, [])
    assert (found["rpo_s"], found["rpo_from"], found["rpo_target_s"]) == (None, None, 900)
    assert found["last_good"] == {"logical": None, "base": None}
    # a log without a backup to replay it on restores nothing
    await add_log(pool, datetime.now(UTC))
    assert (await get(client, "backups"))["rpo_s"] is None


async def test_a_backup_says_what_was_found(client: Client, pool: Pool) -> None:
    begun = datetime.now(UTC).replace(microsecond=0) - DAY
    good = await add_backup(pool, begun)
    bad = await add_backup(pool, begun + HOUR, state="bad")
    found = await get(client, "backups")
    first, second = found["items"]
    assert (first["id"], first["state"], first["note"]) == (bad, "bad", "rows: posts: 5 there, 4 here")
    assert second == {
        "id": good,
        "kind": "logical",
        "parent": None,
        "state": "good",
        "place": "/backups",
        "begun_at": text(begun),
        "finished_at": text(begun + timedelta(seconds=90)),
        "verified_at": text(begun + timedelta(minutes=2)),
        "pruned_at": None,
        "plain_bytes": 5000,
        "stored_bytes": 1000,
        "seconds": 90.0,
        "verify_seconds": 30.0,
        "note": "",
        "checks": [
            {"name": "digest", "ok": True, "found": "as stored", "seconds": 1.5},
            {"name": "rows", "ok": True, "found": "posts: 5 there, 4 here", "seconds": 0.0},
        ],
    }
    assert found["last_good"] == {"logical": second, "base": None}


async def test_what_would_be_lost_is_what_the_log_lacks_while_it_is_whole(client: Client, pool: Pool) -> None:
    now = datetime.now(UTC)
    await add_backup(pool, now - HOUR)
    found = await get(client, "backups")
    assert (found["rpo_from"], found["rpo_s"]) == ("backup", pytest.approx(3600, abs=60))
    await add_backup(pool, now - 5 * HOUR, kind="base", state="bad")
    await add_log(pool, now - timedelta(seconds=100))
    assert (await get(client, "backups"))["rpo_from"] == "backup"
    await add_backup(pool, now - 4 * HOUR, kind="base", name="bb")
    found = await get(client, "backups")
    assert (found["rpo_from"], found["rpo_s"]) == ("log", pytest.approx(100, abs=60))
    assert (found["log"][0]["state"], found["log"][0]["shipped_lsn"]) == ("streaming", "0/3000100")
    await add_log(pool, now, state="broken")
    assert (await get(client, "backups"))["rpo_from"] == "backup"


async def test_pages_hold_every_backup_once(client: Client, pool: Pool) -> None:
    begun = datetime.now(UTC)
    made = [await add_backup(pool, begun - (number // 2) * DAY, name=f"{number:02}") for number in range(7)]
    await backup_begun(pool, "20200101T000000Z-ff", "logical", "/backups", begun - 400 * DAY)
    await backup_failed(pool, "20200101T000000Z-ff", begun, "The disk is full.")
    seen: list[str] = []
    cursor = None
    while cursor is not None or not seen:
        page = await get(client, "backups", limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert sorted(seen[:-1]) == sorted(made)
    assert seen[-1] == "20200101T000000Z-ff"
    [failed] = (await get(client, "backups", state="failed"))["items"]
    assert (failed["note"], failed["stored_bytes"], failed["checks"]) == ("The disk is full.", None, [])
    assert (await get(client, "backups", kind="base"))["items"] == []


async def test_drills_are_a_series(client: Client, pool: Pool) -> None:
    begun = datetime.now(UTC).replace(microsecond=0) - 200 * DAY
    old = await add_drill(pool, begun)
    new = await add_drill(pool, begun + 90 * DAY, rto_s=12.5)
    await add_drill(pool, begun + 91 * DAY, scenario="application")
    found = await get(client, "drills", scenario="database")
    first, second = found["items"]
    assert [(item["id"], item["passed"], item["rto_s"]) for item in (first, second)] == [
        (new, False, 12.5), (old, True, 8.25),
    ]  # fmt: skip
    assert first["phases"] == [
        {"phase": "recover", "name": "replay the log", "seconds": 6.5, "budget_s": 60.0, "found": "0/3000148"}
    ]
    assert (first["rto_target_s"], first["rpo_s"], first["rpo_rows"]) == (10.0, 0.4, 3)
    assert found["series"] == {
        "begun": [round(moment.timestamp() * 1000) for moment in (begun, begun + 90 * DAY)],
        "scenario": ["database", "database"],
        "passed": [True, False],
        "rto_s": [8.25, 12.5],
        "rpo_s": [0.4, 0.4],
    }
    page = await get(client, "drills", limit=2)
    assert [item["scenario"] for item in page["items"]] == ["application", "database"]
    last = await get(client, "drills", limit=2, cursor=page["next"])
    assert ([item["id"] for item in last["items"]], last["next"]) == ([old], None)
    assert datetime.fromisoformat(page["next_due"]) > datetime.now(UTC)


def test_drills_are_due_each_quarter() -> None:
    assert next_drill(datetime(2026, 11, 28, tzinfo=UTC)) == datetime(2027, 1, 1, 3, tzinfo=UTC)
    assert next_drill(datetime(2027, 1, 1, 3, tzinfo=UTC)) == datetime(2027, 4, 1, 3, tzinfo=UTC)


def test_a_drill_is_overdue_a_quarter_after_the_last_or_after_the_beginning() -> None:
    now = datetime(2026, 11, 28, tzinfo=UTC)
    year = now - 365 * DAY
    assert drill_overdue(now, year, now - 91 * DAY) == drill_overdue(now, now - 91 * DAY, None) == 0
    assert drill_overdue(now, year, now - 93 * DAY) == drill_overdue(now, now - 93 * DAY, None) == 86_400


async def test_prometheus_is_told(client: Client, pool: Pool) -> None:
    now = datetime.now(UTC)
    await add_backup(pool, now - HOUR)
    await add_backup(pool, now - 2 * HOUR, kind="base")
    await add_backup(pool, now - timedelta(minutes=30), state="bad", name="bb")
    await add_log(pool, now - timedelta(seconds=50))
    await add_drill(pool, now - DAY)
    answer = await client.get("/metrics")
    found = {
        (sample.name.removeprefix("insitechart_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert found["backup_last_good_age_seconds", "logical"] == pytest.approx(3600, abs=60)
    assert found["backup_last_good_age_seconds", "base"] == pytest.approx(7200, abs=60)
    assert found["backup_last_good_bytes", "logical"] == 1000
    assert (found["backup_last_good_seconds", "base"], found["backup_last_good_verify_seconds", "base"]) == (90, 30)
    assert (found["backups", "logical", "good"], found["backups", "logical", "bad"]) == (1, 1)
    assert found["backup_verifications_failed", "logical"] == 1
    assert found["recovery_point_age_seconds",] == pytest.approx(50, abs=30)
    assert (found["wal_slot_bytes", "one"], found["wal_broken", "one"]) == (4096, 0)
    assert (found["drill_rto_seconds", "database"], found["drill_rpo_seconds", "database"]) == (8.25, 0.4)
    assert found["drill_passed", "database"] == 1
    assert found["drill_age_seconds", "database"] == pytest.approx(86400, abs=120)
    # one was held yesterday, and the installation is too young for the others
    assert [found["drill_overdue_seconds", name] for name in get_args(Scenario)] == [0, 0, 0, 0]
    assert found["recovery_target_seconds", "database", "rpo"] == Settings().rpo_database_s
    assert found["recovery_target_seconds", "site", "rto"] == Settings().rto_site_s
