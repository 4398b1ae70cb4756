"""What every store of backups keeps to, whichever kind it is: a folder, and a bucket behind a real S3 server."""

import itertools
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lib.backup.store.folder import FolderStore
from lib.backup.store.objects import Store
from lib.backup.store.s3 import S3Store
from lib.errors import ConfigurationError, ObjectExists, ObjectMissing, StoreError
from tests.support.s3 import new_bucket, s3_client

_buckets = itertools.count()
_LARGE = 20 * 1024 * 1024 + 17


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each kind."""
    if request.param == "folder":
        yield FolderStore(tmp_path / "store")
    else:
        client = s3_client(request.getfixturevalue("s3_url"))
        yield S3Store(client, new_bucket(client, f"kept-{next(_buckets)}"), "some/prefix")


def test_what_is_put_is_got(store: Store) -> None:
    store.put("a/b.json", b"one")
    assert store.get("a/b.json") == b"one"
    assert b"".join(store.read("a/b.json")) == b"one"


def test_an_object_is_never_replaced_by_another(store: Store) -> None:
    store.put("a/segment", b"one")
    store.put("a/segment", b"one")
    with pytest.raises(ObjectExists, match="a/segment"):
        store.put("a/segment", b"two")
    with pytest.raises(ObjectExists):
        store.begin("a/segment")
    assert store.get("a/segment") == b"one"


def test_of_two_who_write_the_same_object_one_wins(store: Store) -> None:
    with store.begin("a/segment") as first, store.begin("a/segment") as second:
        first.write(b"one")
        second.write(b"two")
        first.commit()
        with pytest.raises(ObjectExists):
            second.commit()
    assert store.get("a/segment") == b"one"
    assert list(store.unfinished()) == []


def test_a_sign_of_life_is_replaced(store: Store) -> None:
    store.replace("a/head.json", b"one")
    store.replace("a/head.json", b"two")
    assert store.get("a/head.json") == b"two"


def test_a_large_object_goes_in_pieces_and_comes_back_whole(store: Store) -> None:
    whole = os.urandom(1024 * 1024) * 20 + b"x" * 17
    with store.begin("large", metadata={"kind": "test"}) as upload:
        for start in range(0, len(whole), 300_000):
            upload.write(whole[start : start + 300_000])
        upload.commit()
    assert [found.size for found in store.objects()] == [_LARGE]
    assert b"".join(store.read("large")) == whole


def test_an_empty_object_is_one(store: Store) -> None:
    with store.begin("empty") as upload:
        upload.commit()
    assert store.get("empty") == b""


def test_what_is_not_committed_is_not_there_and_leaves_nothing(store: Store) -> None:
    with store.begin("half") as upload:
        upload.write(b"x" * (9 * 1024 * 1024))
        assert list(store.objects()) == []
        assert [unfinished.key for unfinished in store.unfinished()] == ["half"]
    assert list(store.objects()) == []
    assert list(store.unfinished()) == []


def test_an_upload_whose_writer_has_died_can_be_found_and_removed(store: Store) -> None:
    upload = store.begin("some/half")
    upload.write(b"x" * (9 * 1024 * 1024))
    found = list(store.unfinished())
    assert [unfinished.key for unfinished in found] == ["some/half"]
    if isinstance(store, FolderStore):
        # moto tells one and the same moment of every upload
        assert abs(datetime.now(UTC) - found[0].begun_at) < timedelta(minutes=5)
    store.abort(found[0])
    store.abort(found[0])
    assert list(store.unfinished()) == []


def test_objects_are_listed_in_order_by_the_beginning_of_their_keys(store: Store) -> None:
    for key in ("b/2", "a/1", "b/1", "b/10", "ba"):
        store.put(key, key.encode())
    assert [found.key for found in store.objects()] == ["a/1", "b/1", "b/10", "b/2", "ba"]
    assert [found.key for found in store.objects("b/1")] == ["b/1", "b/10"]
    assert [found.key for found in store.objects("b")] == ["b/1", "b/10", "b/2", "ba"]
    assert list(store.objects("c/")) == []
    assert all(abs(datetime.now(UTC) - found.modified_at) < timedelta(minutes=5) for found in store.objects())


def test_what_is_deleted_is_gone_and_deleting_it_again_is_no_error(store: Store) -> None:
    store.put("a/1", b"1")
    store.put("a/2", b"2")
    assert store.delete(["a/1", "a/1", "none"]) == 3
    assert [found.key for found in store.objects()] == ["a/2"]
    with pytest.raises(ObjectMissing, match="a/1"):
        store.get("a/1")
    with pytest.raises(ObjectMissing):
        b"".join(store.read("a/1"))


@pytest.mark.parametrize("key", ["../out", "/etc/passwd", "a//b", "a/../b", ".hidden", "", "a/", "a b", "a\n"])
def test_a_key_cannot_leave_the_store(store: Store, key: str) -> None:
    with pytest.raises(ConfigurationError):
        store.put(key, b"x")
    with pytest.raises(ConfigurationError):
        store.get(key)


def test_a_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    FolderStore(tmp_path / "store").put("a/b", b"x")
    assert (tmp_path / "store").stat().st_mode & 0o077 == 0
    assert (tmp_path / "store/a/b").stat().st_mode & 0o777 == 0o600


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    full = FolderStore(Path("/dev/full/store"))
    with pytest.raises(StoreError, match="cannot be used"):
        full.put("a", b"x")


def test_a_bucket_that_is_not_there_is_told(s3_url: str) -> None:
    store = S3Store(s3_client(s3_url), "no-such-bucket")
    for ask in (lambda: store.put("a", b"x"), lambda: list(store.objects()), lambda: store.begin("a")):
        with pytest.raises(StoreError, match="no-such-bucket"):
            ask()


def test_a_store_that_is_away_is_told(s3_url: str) -> None:
    store = S3Store(s3_client("http://127.0.0.1:9", timeout=2), "any")
    with pytest.raises(StoreError, match="it does not answer"):
        store.put("a", b"x")


def test_a_locked_object_cannot_be_removed_before_its_day(s3_url: str) -> None:
    client = s3_client(s3_url)
    bucket = new_bucket(client, f"locked-{next(_buckets)}", locked=True)
    store = S3Store(client, bucket, lock_days=30)
    store.put("a/1", b"x")
    with store.begin("a/2") as upload:
        upload.write(b"y")
        upload.commit()
    store.replace("a/head.json", b"z")
    for key in ("a/1", "a/2"):
        held = client.head_object(Bucket=bucket, Key=key)
        assert held["ObjectLockMode"] == "COMPLIANCE"
        assert held["ObjectLockRetainUntilDate"] > datetime.now(UTC) + timedelta(days=29)
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            client.delete_object(Bucket=bucket, Key=key, VersionId=held["VersionId"])
    assert "ObjectLockMode" not in client.head_object(Bucket=bucket, Key="a/head.json")
