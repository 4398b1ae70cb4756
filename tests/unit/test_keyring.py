"""Secret keys: how they are written, derived, made once by many processes, rotated under a running one."""

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import ConfigurationError
from lib.keyring.files import change, read_or_make
from lib.keyring.keys import Key, Keys, new_key, parse_keys, write_keys
from lib.keyring.ring import load_keyring
from lib.settings import Settings

NOW = datetime(2026, 3, 2, 14, 30, 5, tzinfo=UTC)
STRONG = "0123456789abcdefghijklmnopqrstuv"

secrets_ = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGH0123456789_-", min_size=32, max_size=60).filter(
    lambda text: len(set(text)) >= 10
)
ids = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True)


@given(st.lists(st.tuples(ids, secrets_), min_size=1, max_size=5, unique_by=lambda pair: pair[0]))
def test_what_is_written_is_read(pairs: list[tuple[str, str]]) -> None:
    keys = Keys(tuple(Key(key_id, secret.encode()) for key_id, secret in pairs))
    assert parse_keys(write_keys(keys.all)) == keys
    assert parse_keys(",".join(f"{key_id}:{secret}" for key_id, secret in pairs)) == keys


@pytest.mark.parametrize(
    "text",
    ["", "# only words\n", STRONG, f":{STRONG}", f"a b:{STRONG}", "a:short", "a:" + "x" * 64, f"a:{STRONG},a:{STRONG}"],
)
def test_what_cannot_be_used_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_keys(text)
    assert STRONG not in str(caught.value) + caught.value.hint


def test_purposes_and_keys_do_not_mix_and_nothing_shows() -> None:
    one, other = new_key(NOW), new_key(NOW)
    made = [
        key.derived(purpose, context)
        for key in (one, other)
        for purpose in ("access-tokens", "mail-links", "refresh-tokens", "alert-webhooks")
        for context in (b"", b"a")
    ]
    assert len(set(made)) == 16
    assert all(len(key) == 32 for key in made)
    assert one.made_at == NOW
    assert one.secret.decode() not in repr(Keys((one,)))


def test_the_first_start_makes_keys_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keyring = load_keyring(Settings(home=tmp_path / "home"))
    finally:
        os.umask(before)
    file = tmp_path / "home" / "secrets" / "keys"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert load_keyring(Settings(home=tmp_path / "home")).signing == keyring.signing
    file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="other users"):
        load_keyring(Settings(home=tmp_path / "home"))


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from lib.keyring.files import read_or_make;"
        "sys.stdin.readline(); print(read_or_make(Path(sys.argv[1])).signing.id)"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "secrets" / "keys")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(6)
    ]  # fmt: skip
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    assert len({process.communicate(timeout=30)[0] for process in started}) == 1


def test_a_rotation_is_noticed_by_who_runs(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    keyring = load_keyring(settings)
    old = keyring.signing
    assert keyring.file
    fresh = new_key(NOW)
    change(keyring.file, lambda keys: Keys((fresh, *keys.all)))
    # asked for by its id it is found at once, and from then on it signs
    assert keyring.get(fresh.id) == fresh
    assert keyring.signing == fresh
    assert keyring.get(old.id) == old
    change(keyring.file, lambda keys: Keys((fresh,)))
    keyring._looked_at -= 2
    assert keyring.get(old.id) is None


def test_a_broken_file_leaves_the_keys_of_before(tmp_path: Path) -> None:
    keyring = load_keyring(Settings(home=tmp_path))
    assert keyring.file
    keyring.file.write_text("nonsense")
    assert keyring.get("unknown") is None
    assert keyring.signing


def test_where_keys_come_from(tmp_path: Path) -> None:
    file = tmp_path / "mounted"
    file.write_text(f"# from the vault\nb:{STRONG}\na:{STRONG[::-1]}\n")
    given_keys = Settings(home=tmp_path, environment="production", secret_keys=f"c:{STRONG}")
    assert load_keyring(given_keys).signing.id == "c"
    assert load_keyring(Settings(home=tmp_path, environment="production", secret_keys_file=file)).signing.id == "b"
    with pytest.raises(ConfigurationError, match="production"):
        load_keyring(Settings(home=tmp_path, environment="production"))
    with pytest.raises(ConfigurationError, match="both"):
        load_keyring(given_keys.model_copy(update={"secret_keys_file": file}))
    with pytest.raises(ConfigurationError, match="absent"):
        load_keyring(Settings(home=tmp_path, secret_keys_file=tmp_path / "absent"))
    assert not (tmp_path / "secrets").exists()


def test_nothing_is_made_where_a_folder_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    with pytest.raises(ConfigurationError):
        read_or_make(tmp_path / "keys")
