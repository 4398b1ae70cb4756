"""Where backups go, how they are sealed, how long they are kept, who is told, and what drills must hold. It does not
know how any of it is done.
"""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr, field_validator


class RecoverySettings(BaseModel):
    """Part of Settings."""

    backup_store: Annotated[
        str | None,
        Field(
            description="Where backups go: a folder, s3://bucket/prefix, or block:name of an S3Bucket in Prefect;"
            " default: a folder in home."
        ),
    ] = None
    backup_s3_endpoint: Annotated[
        str | None, Field(description="Address of an S3 store other than Amazon's, such as https://minio:9000.")
    ] = None
    backup_s3_region: Annotated[str | None, Field(description="Region of the bucket.")] = None
    backup_s3_access_key: Annotated[
        SecretStr | None, Field(description="Access key of the bucket; default: what boto3 finds by itself.")
    ] = None
    backup_s3_secret_key: Annotated[SecretStr | None, Field(description="Secret key that belongs to it.")] = None
    backup_lock_days: Annotated[
        int, Field(ge=0, le=3650, description="Days for which the bucket keeps each object from everybody; 0: none.")
    ] = 0
    backup_keys: Annotated[
        SecretStr | None,
        Field(description="age identities that open backups, comma-separated, the sealing one first."),
    ] = None
    backup_keys_file: Annotated[
        Path | None, Field(description="A file with these identities instead; default: made in home.")
    ] = None
    backup_escrow_file: Annotated[
        Path | None,
        Field(description="The copy of that file which is kept elsewhere: drills open backups with it alone."),
    ] = None
    prefect_database_url: Annotated[
        SecretStr | None,
        Field(
            description="Prefect's own database where it is PostgreSQL: backups keep it, too; default: SQLite in home."
        ),
    ] = None
    backup_keep_daily: Annotated[int, Field(ge=1, le=3650, description="Days of which one backup each is kept.")] = 7
    backup_keep_weekly: Annotated[int, Field(ge=0, le=520, description="Weeks of which one backup each is kept.")] = 5
    backup_keep_monthly: Annotated[int, Field(ge=0, le=240, description="Months of which one backup each is kept.")] = (
        12
    )
    backup_window_days: Annotated[
        int, Field(ge=1, le=3650, description="Days back to each second of which the database can be restored.")
    ] = 7
    backup_jobs: Annotated[int, Field(ge=1, le=64, description="Tables restored or compared at the same time.")] = 2
    wal_every_ms: Annotated[
        int, Field(ge=50, le=300_000, description="Milliseconds between two looks for write-ahead log to send away.")
    ] = 500
    wal_keep_mib: Annotated[
        int, Field(ge=64, description="MiB of write-ahead log that the server may hold back for the store.")
    ] = 4096
    wal_slot: Annotated[
        str, Field(pattern=r"[a-z0-9_]{1,63}", description="Replication slot of the service that sends it.")
    ] = "insitechart_archive"
    notify_urls: Annotated[
        SecretStr | None,
        Field(description="Who is told of backups and drills: apprise URLs (slack://…, mailtos://…), comma-separated."),
    ] = None
    rpo_database_s: Annotated[
        int, Field(ge=1, description="Seconds of data that a lost database may cost; older protection alarms.")
    ] = 900
    rto_database_s: Annotated[int, Field(ge=1, description="Seconds within which a lost database is back.")] = 3600
    rpo_services_s: Annotated[int, Field(ge=1, description="The same for the services: data.")] = 300
    rto_services_s: Annotated[int, Field(ge=1, description="The same for the services: time.")] = 1800
    rpo_site_s: Annotated[int, Field(ge=1, description="The same for the whole site: data.")] = 3600
    rto_site_s: Annotated[int, Field(ge=1, description="The same for the whole site: time.")] = 7200

    @field_validator("backup_store", mode="after")
    @classmethod
    def _whole(cls, value: str | None) -> str | None:
        # parts of the platform run in other folders than whoever wrote the address
        is_folder = value is not None and "://" not in value and not value.startswith("block:")
        return str(Path(value).expanduser().absolute()) if value is not None and is_folder else value
