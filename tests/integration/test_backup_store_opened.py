"""The store that the settings name: a folder, a bucket with its own credentials; and what happens when the way to it
breaks.
"""

import asyncio
import itertools
from pathlib import Path

import pytest

from flows.support.backup_store import open_store
from lib.backup.store.s3 import S3Store
from lib.errors import ConfigurationError, ObjectExists, StoreError
from lib.settings import Settings
from tests.servers.cutting import CuttingProxy
from tests.servers.unconditional import unconditional
from tests.support.s3 import new_bucket, s3_client

_buckets = itertools.count()


@pytest.fixture
def bucket(s3_url: str) -> str:
    return new_bucket(s3_client(s3_url), f"opened-{next(_buckets)}")


def _settings(home: Path, url: str, store: str) -> Settings:
    return Settings(
        home=home, backup_store=store, backup_s3_endpoint=url, backup_s3_access_key="test", backup_s3_secret_key="test"
    )


async def test_without_a_word_it_is_a_folder_at_home(tmp_path: Path) -> None:
    assert (await open_store(Settings(home=tmp_path))).place == str(tmp_path / "backups")


async def test_a_folder_is_named_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert (await open_store(Settings(home=tmp_path / "home", backup_store="kept"))).place == str(tmp_path / "kept")


async def test_a_bucket_is_reached_with_the_credentials_of_the_settings(
    tmp_path: Path, s3_url: str, bucket: str
) -> None:
    store = await open_store(_settings(tmp_path, s3_url, f"s3://{bucket}/site/one"))
    store.put("a/b", b"x")
    assert s3_client(s3_url).get_object(Bucket=bucket, Key="site/one/a/b")["Body"].read() == b"x"
    assert store.place == f"s3://{bucket}/site/one"


@pytest.mark.parametrize("address", ["s3://", "ftp://host/folder", "s3:///prefix"])
async def test_an_address_of_no_store_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(ConfigurationError, match="INSITECHART_BACKUP_STORE"):
        await open_store(Settings(home=tmp_path, backup_store=address))


async def test_half_of_the_credentials_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="only one is set"):
        await open_store(Settings(home=tmp_path, backup_store="s3://b", backup_s3_access_key="test"))


async def test_a_line_that_dies_in_the_middle_of_an_upload_leaves_nothing_that_counts(s3_url: str, bucket: str) -> None:
    async with CuttingProxy(s3_url, after_bytes=12 * 1024 * 1024) as proxy:
        store = S3Store(s3_client(proxy.url, timeout=3), bucket)

        def upload() -> None:
            with store.begin("dump") as writing:
                for _ in range(40):
                    writing.write(b"x" * (1024 * 1024))
                writing.commit()

        with pytest.raises(StoreError):
            await proxy.in_thread(upload)
    direct = S3Store(s3_client(s3_url), bucket)
    assert list(direct.objects()) == []
    # the abort went over the dead line, too: what stays there is found, and removed
    for unfinished in direct.unfinished():
        direct.abort(unfinished)
    assert list(direct.unfinished()) == []


async def test_a_line_that_dies_in_the_middle_of_reading_is_told(s3_url: str, bucket: str) -> None:
    S3Store(s3_client(s3_url), bucket).put("dump", b"x" * (6 * 1024 * 1024))
    async with CuttingProxy(s3_url, after_bytes=2 * 1024 * 1024) as proxy:
        store = S3Store(s3_client(proxy.url, timeout=3), bucket)
        with pytest.raises(StoreError):
            await proxy.in_thread(lambda: store.get("dump"))


async def test_a_store_that_knows_no_conditions_is_asked_first(s3_url: str, bucket: str) -> None:
    async with unconditional(s3_url) as url:
        store = S3Store(s3_client(url), bucket)

        def use() -> None:
            store.put("a", b"one")
            store.put("a", b"one")
            with pytest.raises(ObjectExists):
                store.put("a", b"two")
            with store.begin("b") as upload:
                upload.write(b"two")
                upload.commit()
            assert (store.get("a"), store.get("b")) == (b"one", b"two")

        await asyncio.to_thread(use)
