"""An S3 bucket as a store, whoever runs it. It does not know what an object means, nor where its credentials come from.

Objects of any size go up in parts. A new object carries If-None-Match, so that none is replaced by accident; a store
that does not know the header is asked first. Where objects are locked, nobody can remove one before its day.
"""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from lib.backup.store.objects import CHUNK, ObjectInfo, Unfinished, Upload, checked_key
from lib.errors import ObjectExists, ObjectMissing, StoreError

# S3 takes at most 10,000 parts: the sizes grow, so that 5 TB fit and a small object needs little memory
_FIRST_PART = 8 * 1024 * 1024
_GROW_EVERY = 1000

_MISSING = {"NoSuchKey", "404", "NotFound", "NoSuchUpload"}
_THERE = {"PreconditionFailed", "412", "ConditionalRequestConflict"}
_AT_ONCE = 1000


class S3Store:
    """A Store in `bucket`, below `prefix`. `client` is boto3's; it may be used by several threads.

    `lock_days` above 0 asks the bucket to keep every new object for so long (Object Lock, compliance mode).
    """

    def __init__(self, client: Any, bucket: str, prefix: str = "", *, lock_days: int = 0) -> None:
        self._client, self._bucket = client, bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._lock_days = lock_days
        # OpenStack Swift refuses what carries a condition, other stores pass over it
        self._knows_conditions = True

    @property
    def place(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def put(self, key: str, data: bytes) -> None:
        """See Store."""
        try:
            with self._telling(key):
                self._refuse_replacing(key)
                self._once(self._client.put_object, **self._name(key), Body=data, ContentMD5=_md5(data), **self._lock())
        except ObjectExists:
            if self.get(key) != data:
                raise

    def replace(self, key: str, data: bytes) -> None:
        """See Store. Such an object is never locked: it is a sign of life, not a backup."""
        with self._telling(key):
            self._client.put_object(**self._name(key), Body=data, ContentMD5=_md5(data))

    def begin(self, key: str, *, metadata: Mapping[str, str] | None = None) -> Upload:
        """See Store."""
        with self._telling(key):
            self._refuse_replacing(key)
            begun = self._client.create_multipart_upload(
                **self._name(key), Metadata=dict(metadata or {}), **self._lock()
            )
        return _Parts(self, key, begun["UploadId"])

    def get(self, key: str) -> bytes:
        """See Store."""
        return b"".join(self.read(key))

    def read(self, key: str) -> Iterator[bytes]:
        """See Store."""
        with self._telling(key):
            body = self._client.get_object(**self._name(key))["Body"]
            with body:
                while piece := body.read(CHUNK):
                    yield piece

    def objects(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """See Store."""
        with self._telling(prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            )
            for page in pages:
                for item in page.get("Contents", ()):
                    key = item["Key"].removeprefix(self._prefix)
                    yield ObjectInfo(key, item["Size"], item["LastModified"].astimezone(UTC))

    def delete(self, keys: Iterable[str]) -> int:
        """See Store. One by one: not every store can do more, and the deletions of a day are few."""
        count, refused = 0, []
        for key in keys:
            try:
                with suppress(ObjectMissing), self._telling(key):
                    self._client.delete_object(**self._name(key))
            except StoreError as error:
                refused.append(f"{key}: {error}")
            count += 1
        if refused:
            raise StoreError(self.place, f"{len(refused)} of {count} objects stay, {refused[0]}")
        return count

    def unfinished(self) -> Iterator[Unfinished]:
        """See Store."""
        with self._telling(""):
            pages = self._client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self._bucket, Prefix=self._prefix
            )
            for page in pages:
                for item in page.get("Uploads", ()):
                    key = item["Key"].removeprefix(self._prefix)
                    yield Unfinished(key, item["UploadId"], item["Initiated"].astimezone(UTC))

    def abort(self, upload: Unfinished) -> None:
        """See Store."""
        with suppress(ObjectMissing), self._telling(upload.key):
            self._client.abort_multipart_upload(**self._name(upload.key), UploadId=upload.upload)

    def upload_part(self, key: str, upload: str, number: int, data: bytes) -> str:
        """Sends one part; its ETag."""
        with self._telling(key):
            sent = self._client.upload_part(
                **self._name(key), UploadId=upload, PartNumber=number, Body=data, ContentMD5=_md5(data)
            )
        return str(sent["ETag"])

    def complete(self, key: str, upload: str, tags: list[str]) -> None:
        """Makes the parts one object."""
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
        with self._telling(key):
            self._refuse_replacing(key)
            self._once(
                self._client.complete_multipart_upload,
                **self._name(key),
                UploadId=upload,
                MultipartUpload={"Parts": parts},
            )
            if self._lock_days and "ObjectLockMode" not in self._client.head_object(**self._name(key)):
                # there are stores that forget, of an object in parts, what they were told when it began
                lock = self._lock()
                held = {"Mode": lock["ObjectLockMode"], "RetainUntilDate": lock["ObjectLockRetainUntilDate"]}
                self._client.put_object_retention(**self._name(key), Retention=held)

    def _name(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + checked_key(key)}

    def _lock(self) -> dict[str, Any]:
        if not self._lock_days:
            return {}
        until = datetime.now(UTC) + timedelta(days=self._lock_days)
        return {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}

    def _once(self, call: Callable[..., Any], **arguments: Any) -> None:
        if self._knows_conditions:
            try:
                call(**arguments, IfNoneMatch="*")
            except ClientError as error:
                if _code(error) != "NotImplemented":
                    raise
                self._knows_conditions = False
            else:
                return
        call(**arguments)

    def _refuse_replacing(self, key: str) -> None:
        # for stores that ignore If-None-Match; the header alone is exact where it is known
        try:
            self._client.head_object(**self._name(key))
        except ClientError as error:
            if _code(error) not in _MISSING:
                raise
        else:
            raise ObjectExists(self.place, key)

    @contextmanager
    def _telling(self, key: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = _code(error)
            if code in _MISSING:
                raise ObjectMissing(self.place, key) from None
            if code in _THERE:
                raise ObjectExists(self.place, key) from None
            raise StoreError(self.place, f"{code}: {error.response['Error'].get('Message', '')}") from error
        except EndpointConnectionError as error:
            raise StoreError(self.place, "it does not answer") from error
        except (BotoCoreError, OSError) as error:
            raise StoreError(self.place, str(error) or type(error).__name__) from error


class _Parts:
    """An Upload in parts."""

    def __init__(self, store: S3Store, key: str, upload: str) -> None:
        self._store, self._key, self._upload = store, key, upload
        self._tags: list[str] = []
        self._waiting = bytearray()
        self._is_open = True

    def write(self, data: bytes) -> None:
        """See Upload."""
        self._waiting += data
        size = _FIRST_PART * (1 + len(self._tags) // _GROW_EVERY)
        while len(self._waiting) >= size:
            self._send(bytes(self._waiting[:size]))
            del self._waiting[:size]

    def commit(self) -> None:
        """See Upload."""
        if self._waiting or not self._tags:
            self._send(bytes(self._waiting))
        self._store.complete(self._key, self._upload, self._tags)
        self._is_open = False

    def _send(self, part: bytes) -> None:
        self._tags.append(self._store.upload_part(self._key, self._upload, len(self._tags) + 1, part))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_open:
            # the error that led here is the one to tell; what stays is found by `unfinished`
            with suppress(StoreError):
                self._store.abort(Unfinished(self._key, self._upload, datetime.now(UTC)))


def _md5(data: bytes) -> str:
    # the one checksum that every store knows, and that a locked object needs; it guards the way, not the secret
    return b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
