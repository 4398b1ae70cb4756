"""The store that a block of Prefect names."""

from pathlib import Path

import pytest
from prefect_aws import AwsCredentials
from prefect_aws.client_parameters import AwsClientParameters
from prefect_aws.s3 import S3Bucket

from flows.support.backup_store import open_store
from lib.errors import ConfigurationError
from lib.settings import Settings
from tests.support.s3 import new_bucket, s3_client


async def test_a_block_of_prefect_is_a_store(tmp_path: Path, s3_url: str) -> None:
    bucket = new_bucket(s3_client(s3_url), "named-by-a-block")
    block = S3Bucket(
        bucket_name=bucket,
        bucket_folder="from-block",
        credentials=AwsCredentials(
            aws_access_key_id="test",
            aws_secret_access_key="test",
            region_name="us-east-1",
            aws_client_parameters=AwsClientParameters(endpoint_url=s3_url),
        ),
    )
    await block.save("kept-backups")
    store = await open_store(Settings(home=tmp_path, backup_store="block:kept-backups"))
    store.put("a/b", b"x")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        await open_store(Settings(home=tmp_path, backup_store="block:unknown"))
    assert s3_client(s3_url).get_object(Bucket=bucket, Key="from-block/a/b")["Body"].read() == b"x"
