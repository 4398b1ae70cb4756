"""What a store holds is read from the store alone, and what is not whole, or stands elsewhere, is no backup."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lib.backup.catalogue import (
    installations,
    leftovers,
    new_backup_id,
    only_installation,
    read_backup,
    read_backups,
    write_index,
    write_verdict,
)
from lib.backup.layout import ARCHIVE, INDEX, backup_key
from lib.backup.store.folder import FolderStore
from lib.domain.backups import Check, Index, Stored, Verdict, begun_at
from lib.errors import Damaged, NotRestorable, ObjectExists

NOW = datetime(2026, 11, 23, 4, 5, 6, tzinfo=UTC)


def _index(moment: datetime, *, installation: str = "abc") -> Index:
    return Index(
        id=new_backup_id(moment), kind="logical", installation=installation, begun_at=moment,
        finished_at=moment + timedelta(seconds=9), objects={ARCHIVE: Stored(10, "00", 20)}, recipients=("age1x",),
    )  # fmt: skip


def _verdict(moment: datetime, *, ok: bool) -> Verdict:
    return Verdict(at=moment, ok=ok, seconds=1.5, checks=(Check("rows", ok, "5 of 5"),))


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path)


def test_backups_are_listed_by_time_with_what_was_found_of_them(store: FolderStore) -> None:
    first, second = _index(NOW), _index(NOW + timedelta(days=1))
    for index in (second, first):
        write_index(store, index)
    write_verdict(store, first, _verdict(NOW, ok=False))
    write_verdict(store, first, _verdict(NOW + timedelta(seconds=1), ok=True))
    found = read_backups(store, "abc", "logical")
    assert [backup.index for backup in found] == [first, second]
    assert [backup.state for backup in found] == ["good", "taken"]
    assert [verdict.ok for verdict in found[0].verdicts] == [False, True]
    assert read_backup(store, "abc", "logical", first.id) == found[0]
    assert read_backups(store, "abc", "base") == []
    assert begun_at(first.id) == NOW


def test_a_later_bad_verdict_makes_a_good_backup_bad(store: FolderStore) -> None:
    index = _index(NOW)
    write_index(store, index)
    write_verdict(store, index, _verdict(NOW, ok=True))
    write_verdict(store, index, _verdict(NOW + timedelta(days=30), ok=False))
    assert read_backup(store, "abc", "logical", index.id).state == "bad"


def test_what_lacks_its_index_is_no_backup_and_is_left_over_in_the_end(store: FolderStore) -> None:
    key = backup_key("abc", "logical", new_backup_id(NOW), ARCHIVE)
    store.put(key, b"half")
    whole = _index(NOW)
    store.put(backup_key("abc", "logical", whole.id, ARCHIVE), b"whole")
    write_index(store, whole)
    assert [backup.id for backup in read_backups(store, "abc", "logical")] == [whole.id]
    later = datetime.now(UTC) + timedelta(hours=1)
    assert [found.key for found in leftovers(store, "abc", "logical", later)] == [key]
    assert leftovers(store, "abc", "logical", later - timedelta(hours=2)) == []


def test_an_index_that_stands_elsewhere_is_noticed(store: FolderStore) -> None:
    first, second = _index(NOW), _index(NOW + timedelta(days=1))
    for index in (first, second):
        write_index(store, index)
    swapped = backup_key("abc", "logical", second.id, INDEX)
    store.replace(swapped, store.get(backup_key("abc", "logical", first.id, INDEX)))
    with pytest.raises(Damaged, match=f"The index of {second.id} .* is that of {first.id}"):
        read_backups(store, "abc", "logical")


def test_an_index_that_cannot_be_read_is_named(store: FolderStore) -> None:
    index = _index(NOW)
    write_index(store, index)
    store.replace(backup_key("abc", "logical", index.id, INDEX), b'{"format": 1')
    with pytest.raises(Damaged, match=f"{index.id}/index.json"):
        read_backups(store, "abc", "logical")


def test_an_index_is_never_replaced(store: FolderStore) -> None:
    index = _index(NOW)
    write_index(store, index)
    with pytest.raises(ObjectExists):
        write_index(store, Index(**{**_fields(index), "migration": "0001"}))


def test_the_one_installation_is_found_and_of_several_none_is_chosen(store: FolderStore) -> None:
    with pytest.raises(NotRestorable, match="is empty"):
        only_installation(store)
    write_index(store, _index(NOW))
    assert only_installation(store) == "abc"
    write_index(store, _index(NOW, installation="def"))
    assert installations(store) == ["abc", "def"]
    with pytest.raises(NotRestorable, match="abc, def"):
        only_installation(store)


def test_a_backup_that_is_not_there_is_told(store: FolderStore) -> None:
    with pytest.raises(NotRestorable, match="no backup 'x'"):
        read_backup(store, "abc", "logical", "x")


def _fields(index: Index) -> dict[str, object]:
    return {name: getattr(index, name) for name in index.__struct_fields__}
