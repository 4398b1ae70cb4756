"""A database restored to one commit has that commit, all before it and none behind it, however the moment is named."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from lib.backup.keys import new_identity, parse_backup_keys
from lib.backup.layout import head_key
from lib.backup.pitr.restore import restore_to
from lib.backup.pitr.survey import recoverable
from lib.backup.pitr.targets import LATEST, Target, at_time, parse_target
from lib.db.recovery.replication import make_restore_point
from lib.errors import Damaged, KeyRefused, NotRestorable
from tests.support.archived import Archived, archived, rows_in, sending, until, until_safe

_XID = "WITH row AS (INSERT INTO committed SELECT max(n) + 1 FROM committed) SELECT pg_current_xact_id()::text"


class Story(NamedTuple):
    """What was committed, and the rows that each target has to have."""

    archived: Archived
    targets: dict[str, tuple[Target, int]]


@pytest.fixture(scope="module")
async def story(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Story]:
    targets: dict[str, tuple[Target, int]] = {}
    async with archived(tmp_path_factory.mktemp("story")) as own:
        async with sending(own.service()) as service:
            await own.commit(5)
            await own.take()
            rows = await own.commit(20)
            targets["time"] = at_time(await own.now()), rows
            await own.commit(20)
            await own.fill()
            xid = await own.db.fetchval(_XID)
            targets["xid"] = parse_target(f"xid:{xid}"), 46
            rows = await own.commit(4)
            targets["lsn"] = parse_target(f"lsn:{await own.place()}"), rows
            rows = await own.commit(10)
            await make_restore_point(own.db, "before the import")
            targets["name"] = parse_target("name:before the import"), rows
            await own.fill()
            rows = await own.commit(10)
            targets["idle"] = at_time(await own.now()), rows
            # nothing is committed any more, and that moment becomes safe all the same
            await until_safe(service, await own.now())
            targets["latest"] = LATEST, rows
        yield Story(own, targets)


@pytest.mark.parametrize("how", ["time", "xid", "lsn", "name", "idle", "latest"])
async def test_it_has_exactly_what_was_committed_by_then(story: Story, how: str, tmp_path: Path) -> None:
    target, rows = story.targets[how]
    restored = await story.archived.restore(target, tmp_path / "restored")
    assert restored.timeline == 2
    assert await rows_in(tmp_path / "restored") == rows
    assert [file.name for file in tmp_path.iterdir()] == ["restored"]


async def test_what_is_restored_sends_nothing_and_has_a_password_of_its_own(story: Story, tmp_path: Path) -> None:
    await story.archived.restore(LATEST, tmp_path / "restored")
    settings = (tmp_path / "restored" / "data" / "postgresql.auto.conf").read_text()
    assert "archive_mode = 'off'" in settings
    assert "primary_conninfo = ''" in settings
    ours = (story.archived.server.folder / "password").read_text()
    assert (tmp_path / "restored" / "password").read_text() != ours
    assert (tmp_path / "restored" / "password").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("2020-01-01Z", "No base backup was finished before"),
        ("2120-01-01Z", "is later than what is kept"),
        ("lsn:FF/0", "does not reach FF/0"),
        ("xid:4000000", "does not say that transaction 4000000"),
        ("name:of the rose", "does not say that restore point 'of the rose'"),
    ],
)
async def test_a_moment_that_is_not_kept_is_refused_with_the_window(
    story: Story, wanted: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(NotRestorable, match=words) as caught:
        await story.archived.restore(parse_target(wanted), tmp_path / "restored")
    assert "any moment from" in caught.value.hint
    assert not any(tmp_path.iterdir())


async def test_another_key_opens_nothing_and_leaves_nothing(story: Story, tmp_path: Path) -> None:
    own = story.archived
    other = parse_backup_keys(new_identity(), place="a test")
    with pytest.raises(KeyRefused):
        await restore_to(own.store, other, own.installation, LATEST, folder=tmp_path / "restored")
    assert not any(tmp_path.iterdir())


async def test_a_folder_in_use_is_refused_and_left_alone(story: Story, tmp_path: Path) -> None:
    (tmp_path / "restored").mkdir()
    (tmp_path / "restored" / "letter").write_text("mine")
    with pytest.raises(NotRestorable, match="is not empty"):
        await story.archived.restore(LATEST, tmp_path / "restored")
    with pytest.raises(NotRestorable, match="is not empty"):
        await story.archived.restore(LATEST, story.archived.server.folder)
    assert (tmp_path / "restored" / "letter").read_text() == "mine"


async def test_a_missing_segment_is_named_and_nothing_is_opened_without_it(story: Story, tmp_path: Path) -> None:
    own = story.archived
    window = recoverable(own.store, own.keys, own.installation)
    keys = [found.key for found in own.store.objects(head_key(own.installation, window.system).rpartition("/")[0])]
    segment = next(key for key in sorted(keys) if key.endswith("000000010000000000000003"))
    data = own.store.get(segment)
    own.store.delete([segment])
    try:
        with pytest.raises(Damaged, match="segment 000000010000000000000003 is missing"):
            await own.restore(LATEST, tmp_path / "restored")
        assert not any(tmp_path.iterdir())
    finally:
        own.store.put(segment, data)


async def test_an_interrupted_restore_leaves_nothing_and_the_next_one_is_clean(story: Story, tmp_path: Path) -> None:
    restoring = asyncio.create_task(story.archived.restore(LATEST, tmp_path / "restored"))
    await until((tmp_path / ".restored.restoring" / "data" / "base").exists)
    restoring.cancel()
    with pytest.raises(asyncio.CancelledError):
        await restoring
    assert not any(tmp_path.iterdir())
    # one that was killed could not clear away what it had made
    (tmp_path / ".restored.restoring" / "data").mkdir(parents=True)
    (tmp_path / ".restored.restoring" / "data" / "PG_VERSION").write_text("18")
    await story.archived.restore(LATEST, tmp_path / "restored")
    assert await rows_in(tmp_path / "restored") == story.targets["latest"][1]
