"""How files are to be read, as a person says it. It does not read any."""

import hashlib
from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from lib.domain.bars import Interval
from lib.errors import ConfigurationError
from lib.sources.archive.columns import Kind, check_mapping


class ImportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`timezone` is an IANA name for times that carry no zone; `mapping` leads from columns of the file to fields of
    ours; `interval` is that of bars that name none; `source` is that of all rows.
    """

    kind: Kind
    timezone: str | None = None
    mapping: Mapping[str, str] = msgspec.field(default_factory=dict)
    source: str | None = None
    interval: Interval | None = None

    def zone(self) -> ZoneInfo | None:
        """The time zone. Raises ConfigurationError where nobody knows it."""
        try:
            return None if self.timezone is None else ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ConfigurationError(
                f"There is no time zone {self.timezone!r}.", hint="Name one such as UTC, US/Eastern or Asia/Seoul."
            ) from None

    def check(self) -> None:
        """Raises ConfigurationError where these options cannot be meant."""
        self.zone()
        check_mapping(self.kind, self.mapping)
        if self.source == "sample":
            raise ConfigurationError(
                "The source 'sample' is kept for the sample archive.", hint="Name another one: --source NAME."
            )

    def stream(self, digest: str) -> str:
        """What an import is known by: the same bytes read in another way are another import."""
        way = msgspec.json.encode(self, order="deterministic")
        return f"{self.kind}:{digest}:{hashlib.blake2b(way, digest_size=8).hexdigest()}"
