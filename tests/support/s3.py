"""A local S3 for tests: moto's real HTTP server. It keeps objects in memory and believes every signature."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

BUCKET = "backups"


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """The address of a local S3."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def s3_client(url: str, *, attempts: int = 1, timeout: float = 10) -> Any:
    """boto3's client of the S3 at `url`, asking as the settings' store does, but with few tries."""
    config = Config(
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"mode": "standard", "max_attempts": attempts},
        connect_timeout=timeout,
        read_timeout=timeout,
        s3={"addressing_style": "path"},
    )
    return boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
        config=config,
    )


def new_bucket(client: Any, name: str = BUCKET, *, locked: bool = False) -> str:
    """An empty bucket of this name."""
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=locked)
    return name
