"""Pruning as Prefect runs it: the plan as a table, a dry run that removes nothing, and red where nothing may go."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.prune_backups import prune_backups
from lib.backup.catalogue import read_backups, write_index, write_verdict
from lib.backup.layout import backup_key
from lib.backup.store.folder import FolderStore
from lib.db.installation import installation_id
from lib.db.pool import Pool
from lib.db.recovery.backups import backups_of, write_backups
from lib.db.recovery.notices import last_notice
from lib.domain.backups import State
from lib.settings import load_settings
from tests.flows.test_report import recorded
from tests.support.recovery import backup_of


@pytest.fixture(autouse=True)
def few(installation: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation that keeps what is needed alone."""
    for name, most in (("DAILY", "1"), ("WEEKLY", "0"), ("MONTHLY", "0")):
        monkeypatch.setenv(f"INSITECHART_BACKUP_KEEP_{name}", most)
    load_settings.cache_clear()


DAY = timedelta(days=1)


async def fill(pool: Pool, store: FolderStore, ages: dict[int, State]) -> list[str]:
    """Backups of so many days in the store and in the database; their ids, the oldest first."""
    me = await installation_id(pool)
    for age, state in ages.items():
        found = backup_of(datetime.now(UTC) - age * DAY, state=state, name=f"{age:04}")
        index = type(found.index)(
            **{n: getattr(found.index, n) for n in found.index.__struct_fields__} | {"installation": me}
        )
        store.put(backup_key(me, "logical", index.id, "archive"), b"abc")
        write_index(store, index)
        write_verdict(store, index, found.verdicts[-1])
    held = read_backups(store, me, "logical")
    await write_backups(pool, "logical", held, store.place, datetime.now(UTC))
    return [backup.id for backup in held]


async def test_a_dry_run_shows_what_the_real_one_does(pool: Pool, tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "backups")
    ids = await fill(pool, store, dict.fromkeys((1, 20, 21, 400, 401, 402), "good"))
    before = sorted(store.objects())
    state = await prune_backups(dry_run=True, return_state=True)
    planned = await state.result()
    assert (planned["kept"], planned["gone"]) == (1, 5)
    assert sorted(store.objects()) == before
    words, rows = (await recorded(state))["prune-backups"]
    assert "would go" in words
    going = [row["what"] for row in rows if row["becomes"] == "removed"]
    assert len(going) == planned["gone"]
    assert all(row["why"] for row in rows)
    done = await prune_backups()
    assert (done["gone"], done["objects"], done["bytes"]) == (planned["gone"], planned["objects"], planned["bytes"])
    left = {backup.id for backup in read_backups(store, await installation_id(pool), "logical")}
    assert {f"logical backup {one}" for one in set(ids) - left} == set(going)
    pruned = {row.id for row in await backups_of(pool, states=["pruned"])}
    assert pruned == set(ids) - left


async def test_nothing_goes_and_people_hear_of_it_while_no_new_one_is_good(pool: Pool, tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "backups")
    await fill(pool, store, {1: "bad", 3: "good", 400: "good", 401: "good"})
    before = sorted(store.objects())
    state = await prune_backups(return_state=True)
    assert state.is_failed()
    assert "nothing is removed" in str(state.message)
    assert sorted(store.objects()) == before
    notice = await last_notice(pool, "prune backups")
    assert notice is not None
    assert notice.state == "failed"
    await fill(pool, store, {0: "good"})
    assert (await prune_backups())["gone"] == 2
    notice = await last_notice(pool, "prune backups")
    assert notice is not None
    assert notice.state == "ok"
