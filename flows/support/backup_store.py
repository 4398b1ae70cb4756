"""Opens the store that backups go to, as the settings say: a folder, a bucket, or a block of Prefect. It does not know
what is kept there.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.backup.store.folder import FolderStore
from lib.backup.store.objects import Store
from lib.errors import ConfigurationError
from lib.settings import Settings

if TYPE_CHECKING:
    from prefect_aws.s3 import S3Bucket

_ACCEPTED = "a folder, s3://bucket/prefix, or block:name of an S3Bucket that Prefect knows"


async def open_store(settings: Settings) -> Store:
    """The store of this installation. Raises ConfigurationError for an address of none; it is not asked yet."""
    address = settings.backup_store
    kind, _, rest = (address or "").partition(":")
    # what speaks to buckets takes seconds to load, and most installations begin with a folder
    if kind == "block":
        from prefect_aws.s3 import S3Bucket

        try:
            block = await S3Bucket.aload(rest)
        except ValueError as error:
            raise ConfigurationError(
                f"INSITECHART_BACKUP_STORE names a block that cannot be used: {error}", hint=f"Accepted: {_ACCEPTED}."
            ) from error
        return await asyncio.to_thread(store_of, block, settings)
    if kind == "s3":
        return await asyncio.to_thread(store_of, bucket_of(settings, rest), settings)
    if "://" in (address or ""):
        raise ConfigurationError(f"INSITECHART_BACKUP_STORE is {kind}://…, which is no store.", hint=_ACCEPTED)
    return FolderStore(Path(address) if address else settings.home / "backups")


def bucket_of(settings: Settings, place: str) -> "S3Bucket":
    """The bucket at `place` (//bucket/prefix), with the settings' credentials or, without any, what boto3 finds."""
    from prefect_aws import AwsCredentials
    from prefect_aws.client_parameters import AwsClientParameters
    from prefect_aws.s3 import S3Bucket

    bucket, _, prefix = place.removeprefix("//").partition("/")
    if not bucket:
        raise ConfigurationError("INSITECHART_BACKUP_STORE names no bucket.", hint=f"Accepted: {_ACCEPTED}.")
    if (settings.backup_s3_access_key is None) != (settings.backup_s3_secret_key is None):
        raise ConfigurationError(
            "Of INSITECHART_BACKUP_S3_ACCESS_KEY and _SECRET_KEY only one is set.", hint="Set both, or none."
        )
    access, secret = settings.backup_s3_access_key, settings.backup_s3_secret_key
    credentials = AwsCredentials(
        aws_access_key_id=access.get_secret_value() if access else None,
        aws_secret_access_key=secret,
        region_name=settings.backup_s3_region or ("us-east-1" if settings.backup_s3_endpoint else None),
        aws_client_parameters=AwsClientParameters(endpoint_url=settings.backup_s3_endpoint),
    )
    return S3Bucket(bucket_name=bucket, credentials=credentials, bucket_folder=prefix.strip("/"))


def store_of(block: "S3Bucket", settings: Settings) -> Store:
    """The store in a block's bucket and folder, with the block's own credentials and endpoint."""
    from botocore.config import Config

    from lib.backup.store.s3 import S3Store

    credentials: Any = block.credentials
    parameters = credentials.aws_client_parameters.get_params_override()
    # other stores than Amazon's know neither the newer checksums nor a name of the bucket in the host
    own = Config(
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"mode": "standard", "max_attempts": 4},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=16,
        s3={"addressing_style": "path"} if parameters.get("endpoint_url") else None,
    )
    given = parameters.pop("config", None)
    client = credentials.get_boto3_session().client(
        "s3", config=own.merge(given) if given is not None else own, **parameters
    )
    return S3Store(client, block.bucket_name, block.bucket_folder, lock_days=settings.backup_lock_days)
