"""Whether a database counts as protected, from what the service and the store say."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lib.backup.wal.health import Health, judge
from lib.backup.wal.listing import Head
from lib.db.recovery.wal import WalStanding

NOW = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
_MIB = 1024 * 1024


def standing(**changes: Any) -> WalStanding:
    usual = WalStanding(
        slot="archive", system="7", timeline=1, place="s3://here", state="streaming", written_lsn="0/3000000",
        shipped_lsn="0/3000000", safe_until=NOW - timedelta(seconds=1), slot_bytes=0, segments=3, note="",
        observed_at=NOW - timedelta(seconds=5),
    )  # fmt: skip
    return usual._replace(**changes)


def head(**changes: Any) -> Head:
    usual: dict[str, Any] = {
        "system": "7", "timeline": 1, "segment_bytes": 16 * _MIB, "written_lsn": "0/3000000",
        "shipped_lsn": "0/3000000", "contiguous_from": "0/1000000", "safe_until": NOW, "at": NOW,
    }  # fmt: skip
    return Head(**(usual | changes))


def judged(found: WalStanding | None, sign: Head | None = None, *, has_base: bool = True) -> Health:
    return judge(found, sign, NOW, rpo_s=900, keep_mib=4096, has_base=has_base)


def test_all_is_well() -> None:
    health = judged(standing(), head())
    assert health.ok
    assert not health.base_wanted
    assert health.words == ""


@pytest.mark.parametrize(
    ("found", "sign", "words"),
    [
        (standing(observed_at=NOW - timedelta(minutes=5)), head(), "service: it told last 300 s ago"),
        (standing(state="stopped", note="No right."), head(), "service: it is stopped. No right."),
        (standing(safe_until=NOW - timedelta(seconds=901)), head(), "protected until: 901 s ago"),
        (standing(state="broken", note="a conflict"), head(), "log: a conflict"),
        (standing(slot_bytes=2049 * _MIB), head(), "slot: the server holds back 2,049 MiB"),
        (standing(), None, "store: it has no sign of life"),
        (standing(), head(shipped_lsn="0/2000000"), "store: it says 0/2000000"),
        (standing(), head(system="8"), "store: it says"),
    ],
    ids=["silent", "stopped", "old", "broken", "slot", "no-sign", "short", "other-cluster"],
)
def test_each_trouble_is_named(found: WalStanding, sign: Head | None, words: str) -> None:
    health = judged(found, sign)
    assert not health.ok
    assert words in health.words
    assert not health.base_wanted


def test_a_new_base_backup_is_asked_for_where_only_that_helps() -> None:
    assert judged(standing(state="broken", note="Log is missing: a new one is wanted."), head()).base_wanted
    assert judged(standing(), head(), has_base=False).base_wanted
    assert judged(None, has_base=False).base_wanted
    assert not judged(None).base_wanted
    assert "is it running" in judged(None).words
