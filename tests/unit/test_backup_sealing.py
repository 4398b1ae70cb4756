"""What is sealed comes back to the byte, and nothing else does: whatever was changed, cut or swapped is noticed."""

import random
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.backup.keys import BackupKeys, new_identity, parse_backup_keys, write_backup_keys
from lib.backup.sealing import Sealed, seal, seal_bytes, unseal, unseal_bytes
from lib.errors import Damaged, KeyRefused
from tests.support.trials import trials

KEYS = parse_backup_keys(new_identity(), place="test")
OTHER = parse_backup_keys(new_identity(), place="test")


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def _sealed(data: bytes, *, size: int = 65_536) -> tuple[bytes, Sealed]:
    stored: list[bytes] = []
    done = seal(_pieces(data, size), stored.append, KEYS.recipients)
    return b"".join(stored), done


def _own_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name in ("read ahead", "unseal")]


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300_000), st.integers(1, 70_000), st.integers(1, 70_000))
def test_what_is_sealed_in_any_pieces_comes_back_in_any_pieces(data: bytes, there: int, back: int) -> None:
    stored, done = _sealed(data, size=there)
    assert (done.plain_bytes, done.bytes) == (len(data), len(stored))
    assert b"".join(unseal(_pieces(stored, back), KEYS, what="it", sha256=done.sha256)) == data


@settings(max_examples=trials(150, 60), deadline=None)
@given(st.randoms(use_true_random=False), st.booleans())
def test_any_change_is_noticed(chance: random.Random, digest_is_known: bool) -> None:
    data = chance.randbytes(chance.randrange(1, 200_000))
    stored, done = _sealed(data)
    at = chance.randrange(len(stored))
    spoiled = chance.choice(
        [
            stored[:at] + bytes([stored[at] ^ (1 << chance.randrange(8))]) + stored[at + 1 :],
            stored[:at],
            stored + chance.randbytes(1 + at % 100),
            stored[:at] + stored[at + 1 :],
        ]
    )
    with pytest.raises((Damaged, KeyRefused)) as raised:
        b"".join(unseal([spoiled], KEYS, what="it", sha256=done.sha256 if digest_is_known else None))
    # of a spoiled head one cannot tell whom it was sealed for, unless one knows what was stored
    assert isinstance(raised.value, Damaged) or not digest_is_known


def test_another_object_in_its_place_is_noticed() -> None:
    _, done = _sealed(b"one")
    stored, _ = _sealed(b"two")
    with pytest.raises(Damaged, match="the dump is not what was stored"):
        b"".join(unseal([stored], KEYS, what="the dump", sha256=done.sha256))


def test_the_place_of_the_damage_is_told() -> None:
    stored, done = _sealed(random.Random(1).randbytes(3_000_000))
    spoiled = stored[:2_000_000] + b"\0\0\0\0" + stored[2_000_004:]
    with pytest.raises(Damaged, match=r"a little before, its byte 2,0\d\d,\d{3}"):
        b"".join(unseal(_pieces(spoiled, 8192), KEYS, what="it", sha256=done.sha256))


def test_a_wrong_key_is_told_as_such() -> None:
    stored, done = _sealed(b"something")
    with pytest.raises(KeyRefused, match="No key at hand opens the dump"):
        b"".join(unseal([stored], OTHER, what="the dump", sha256=done.sha256))


def test_a_former_key_opens_what_it_sealed_and_the_new_one_seals() -> None:
    former = seal_bytes(b"old", KEYS.recipients)
    rotated = BackupKeys((*OTHER.identities, *KEYS.identities))
    assert unseal_bytes(former, rotated, what="it") == b"old"
    later = seal_bytes(b"new", rotated.recipients[:1])
    assert unseal_bytes(later, OTHER, what="it") == b"new"
    with pytest.raises(KeyRefused):
        unseal_bytes(later, KEYS, what="it")


def test_an_error_of_the_source_is_raised_as_it_is_and_leaves_no_thread() -> None:
    def breaking() -> Iterator[bytes]:
        yield b"x" * 1000
        raise RuntimeError("the program has ended")

    with pytest.raises(RuntimeError, match="the program has ended"):
        seal(breaking(), lambda _: None, KEYS.recipients)
    stored, _ = _sealed(b"x" * 100_000)

    def cut() -> Iterator[bytes]:
        yield stored[:100]
        raise RuntimeError("the line is dead")

    with pytest.raises(RuntimeError, match="the line is dead"):
        b"".join(unseal(cut(), KEYS, what="it"))
    assert _own_threads() == []


def test_an_error_of_the_store_is_raised_as_it_is() -> None:
    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        seal([b"x" * 1_000_000], full, KEYS.recipients)
    assert _own_threads() == []


def test_whoever_stops_reading_leaves_no_thread() -> None:
    stored, _ = _sealed(random.Random(2).randbytes(2_000_000))
    reading = unseal(_pieces(stored, 1000), KEYS, what="it")
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert _own_threads() == []


@pytest.mark.skipif(not shutil.which("age") or not shutil.which("zstd"), reason="age and zstd are not installed")
def test_the_tools_of_these_formats_open_it(tmp_path: Path) -> None:
    identity = new_identity()
    write_backup_keys(tmp_path / "keys", [identity])
    sealed = seal_bytes(b"something", parse_backup_keys(identity, place="test").recipients)
    opened = subprocess.run(
        ["sh", "-c", 'age -d -i "$0" | zstd -d', str(tmp_path / "keys")], input=sealed, capture_output=True, check=True
    )
    assert opened.stdout == b"something"
