"""Pruning a real folder and a real bucket: what is needed stays, what is not goes, and a lock is told, not fought."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from lib.backup.catalogue import read_backups, write_index, write_verdict
from lib.backup.layout import backup_key, growing_key, head_key, segment_key
from lib.backup.pruning import Pruning, plan_pruning, prune
from lib.backup.store.folder import FolderStore
from lib.backup.store.objects import Store
from lib.backup.store.s3 import S3Store
from lib.domain.backups import Check, Index, Kind, State, Stored, Verdict, backup_id
from lib.domain.retention import Policy
from lib.errors import StoreError

# objects are as old as the store says, and a store says now
NOW = datetime.now(UTC)
DAY = timedelta(days=1)
POLICY = Policy(daily=2, weekly=0, monthly=0, window=3 * DAY)
ME, SYSTEM = "0123456789abcdef", "7412345678901234567"


@pytest.fixture(scope="module")
def bucket_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def client_of(address: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="me", aws_secret_access_key="secret"
    )


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path, bucket_server: str) -> Store:
    """An empty store of each kind."""
    if request.param == "folder":
        return FolderStore(tmp_path / "store")
    client = client_of(bucket_server)
    name = hashlib.sha256(str(tmp_path).encode()).hexdigest()[:40]
    client.create_bucket(Bucket=name)
    return S3Store(client, name, "below")


def add(
    store: Store, age: timedelta, *, kind: Kind = "logical", state: State = "good", parent: str | None = None,
    start_lsn: str = "", me: str = ME,
) -> str:  # fmt: skip
    """A backup of that age in `store`; its id."""
    begun = NOW - age
    index = Index(
        id=backup_id(begun, f"{len(list(store.objects())):06x}"), kind=kind, installation=me, begun_at=begun,
        finished_at=begun + timedelta(minutes=1), objects={"archive": Stored(3, "", 3)}, recipients=(), parent=parent,
        system=SYSTEM if kind == "base" else "", timeline=1, start_lsn=start_lsn, end_lsn=start_lsn,
    )  # fmt: skip
    store.put(backup_key(me, kind, index.id, "archive"), b"abc")
    write_index(store, index)
    if state != "taken":
        found = (Check("read", state == "good", ""),)
        write_verdict(store, index, Verdict(at=begun + timedelta(minutes=2), ok=found[0].ok, seconds=1, checks=found))
    return index.id


def segment(number: int, timeline: int = 1) -> str:
    return f"{timeline:08X}{number >> 8:08X}{number & 0xFF:08X}"


def ids(store: Store, kind: Kind) -> set[str]:
    return {backup.id for backup in read_backups(store, ME, kind)}


def keys(plan: Pruning) -> set[str]:
    return {found.key for removal in plan.removals for found in removal.objects}


def test_old_backups_go_with_all_that_belongs_to_them(store: Store) -> None:
    old, young = add(store, 9 * DAY), add(store, DAY)
    second = add(store, 8 * DAY)
    foreign = add(store, 20 * DAY, me="f" * 16)
    plan = plan_pruning(store, ME, NOW, POLICY)
    assert [removal.what for removal in plan.removals] == [f"logical backup {old}"]
    assert set(plan.plan.keep) == {second, young}
    before = {found.key for found in store.objects()}
    assert before > keys(plan)
    done = prune(store, plan, NOW, POLICY)
    assert (done.objects, done.bytes, done.stayed) == (3, plan.bytes, ())
    assert {found.key for found in store.objects()} == before - keys(plan)
    assert foreign in {backup.id for backup in read_backups(store, "f" * 16, "logical")}
    assert plan_pruning(store, ME, NOW, POLICY).removals == ()


def test_the_log_from_the_oldest_kept_base_on_stays(store: Store) -> None:
    add(store, DAY)
    gone = add(store, 20 * DAY, kind="base", start_lsn="0/1000028")
    kept = add(store, 9 * DAY, kind="base", start_lsn="0/5000028")
    add(store, 2 * DAY, kind="base", start_lsn="1/3000028", parent=kept)
    for number in (1, 4, 5, 6, 0x103):
        store.put(segment_key(ME, SYSTEM, segment(number)), b"log")
    store.put(segment_key(ME, SYSTEM, segment(4, timeline=2)), b"another branch")
    store.put(segment_key(ME, SYSTEM, "00000002.history"), b"1")
    store.put(growing_key(ME, SYSTEM, segment(3), 0, 8192), b"never closed")
    store.put(growing_key(ME, SYSTEM, segment(0x104), 0, 8192), b"grows")
    store.replace(head_key(ME, SYSTEM), b"{}")
    plan = plan_pruning(store, ME, NOW, POLICY)
    wanted = {segment_key(ME, SYSTEM, segment(*of)) for of in ((1,), (4,), (4, 2))}
    wanted.add(growing_key(ME, SYSTEM, segment(3), 0, 8192))
    assert {key for key in keys(plan) if "/wal/" in key} == wanted
    assert [r.what for r in plan.removals] == [f"base backup {gone}", f"log of cluster {SYSTEM}"]
    prune(store, plan, NOW, POLICY)
    left = {found.key for found in store.objects(f"{ME}/wal/")}
    assert left == {
        segment_key(ME, SYSTEM, segment(5)), segment_key(ME, SYSTEM, segment(6)),
        segment_key(ME, SYSTEM, segment(0x103)), segment_key(ME, SYSTEM, "00000002.history"),
        growing_key(ME, SYSTEM, segment(0x104), 0, 8192), head_key(ME, SYSTEM),
    }  # fmt: skip


def test_pieces_of_a_segment_that_is_whole_go_after_a_while(store: Store) -> None:
    add(store, DAY)
    add(store, DAY, kind="base", start_lsn="0/1000028")
    piece = growing_key(ME, SYSTEM, segment(2), 0, 8192)
    store.put(piece, b"piece")
    later = NOW + timedelta(hours=2)
    assert keys(plan_pruning(store, ME, later, POLICY)) == set()
    store.put(segment_key(ME, SYSTEM, segment(2)), b"whole")
    assert keys(plan_pruning(store, ME, NOW, POLICY)) == set()
    assert keys(plan_pruning(store, ME, later, POLICY)) == {piece}


def test_the_log_of_a_cluster_without_a_base_goes_once_it_is_older_than_the_window(store: Store) -> None:
    add(store, DAY)
    key = segment_key(ME, "7400000000000000001", segment(9))
    store.put(key, b"log")
    assert keys(plan_pruning(store, ME, NOW + DAY, POLICY)) == set()
    assert key in keys(plan_pruning(store, ME, NOW + 4 * DAY, POLICY))


def test_what_was_never_finished_goes_after_a_day(store: Store) -> None:
    add(store, timedelta())
    half = backup_key(ME, "logical", "20200101T000000Z-aaaaaa", "archive")
    store.put(half, b"half")
    upload = store.begin(backup_key(ME, "base", "20200101T000000Z-bbbbbb", "archive"))
    upload.write(b"x" * 100)
    later = NOW + timedelta(hours=25)
    # of uploads the bucket under test tells no true age
    assert keys(plan_pruning(store, ME, NOW, POLICY)) == set()
    plan = plan_pruning(store, ME, later, POLICY)
    assert keys(plan) == {half}
    assert sum(len(removal.uploads) for removal in plan.removals) == 1
    prune(store, plan, later, POLICY)
    assert list(store.unfinished()) == []
    assert half not in {found.key for found in store.objects()}
    upload.__exit__(None, None, None)


def test_sites_are_thinned_by_their_moments(store: Store) -> None:
    add(store, DAY)
    for age in (1, 6, 7, 8):
        store.put(f"{ME}/site/{backup_id(NOW - age * DAY, 'aa')}/keys", b"k")
    store.put(f"{ME}/site/notes/keys", b"what is not understood stays")
    gone = keys(plan_pruning(store, ME, NOW, POLICY))
    assert gone == {f"{ME}/site/{backup_id(NOW - age * DAY, 'aa')}/keys" for age in (7, 8)}


def test_nothing_is_removed_while_no_new_backup_is_good(store: Store) -> None:
    for age in (4, 9, 10, 11):
        add(store, age * DAY)
    add(store, DAY, state="bad")
    plan = plan_pruning(store, ME, NOW, POLICY)
    assert plan.removals
    assert "more than 2 days ago" in plan.refused
    before = sorted(store.objects())
    done = prune(store, plan, NOW, POLICY)
    assert (done.objects, done.stayed) == (0, (plan.refused,))
    assert sorted(store.objects()) == before


def test_only_what_was_agreed_to_goes_and_only_if_it_still_would(store: Store) -> None:
    add(store, DAY)
    add(store, 5 * DAY)
    old = add(store, 9 * DAY)
    plan = plan_pruning(store, ME, NOW, POLICY)
    later = add(store, 10 * DAY)
    assert prune(store, plan, NOW, POLICY).objects == 3
    assert later in ids(store, "logical")
    assert old not in ids(store, "logical")
    plan = plan_pruning(store, ME, NOW, POLICY)
    assert prune(store, plan, NOW, Policy(daily=9, weekly=0, monthly=0, window=3 * DAY)).objects == 0
    assert later in ids(store, "logical")


class Locking:
    """A store that does not let go of some of its objects."""

    def __init__(self, store: Store, locked: str) -> None:
        self._store, self._locked = store, locked

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def delete(self, keys: Iterable[str]) -> int:
        keys = list(keys)
        if any(self._locked in key for key in keys):
            raise StoreError(self._store.place, "AccessDenied: the object is locked")
        return self._store.delete(keys)


def test_what_is_locked_is_told_and_keeps_what_it_needs(tmp_path: Path) -> None:
    folder = FolderStore(tmp_path)
    add(folder, DAY)
    parent = add(folder, 30 * DAY, kind="base", start_lsn="0/1000028")
    child = add(folder, 29 * DAY, kind="base", start_lsn="0/2000028", parent=parent)
    kept = add(folder, 9 * DAY, kind="base", start_lsn="0/5000028")
    folder.put(segment_key(ME, SYSTEM, segment(1)), b"log")
    locking: Any = Locking(folder, child)
    plan = plan_pruning(locking, ME, NOW, POLICY)
    done = prune(locking, plan, NOW, POLICY)
    assert done.objects == 0
    assert [words.split(":")[0] for words in done.stayed] == [
        f"base backup {child}", f"base backup {parent}", f"log of cluster {SYSTEM}",
    ]  # fmt: skip
    assert "locked" in done.stayed[0]
    assert ids(folder, "base") == {parent, child, kept}
    assert prune(folder, plan, NOW, POLICY).objects == 7


def test_a_lock_of_the_bucket_leaves_what_a_marker_hides(bucket_server: str) -> None:
    client = client_of(bucket_server)
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    store = S3Store(client, "locked", lock_days=1)
    add(store, DAY)
    add(store, 5 * DAY)
    old = add(store, 9 * DAY)
    done = prune(store, plan_pruning(store, ME, NOW, POLICY), NOW, POLICY)
    assert (done.objects, done.stayed) == (3, ())
    assert old not in ids(store, "logical")
    hidden = client.list_object_versions(Bucket="locked", Prefix=f"{ME}/dumps/{old}/archive")
    assert len(hidden["DeleteMarkers"]) == 1
    [version] = hidden["Versions"]
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.delete_object(Bucket="locked", Key=version["Key"], VersionId=version["VersionId"])
