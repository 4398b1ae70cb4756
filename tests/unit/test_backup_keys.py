"""The keys that open backups: made once, for their owner alone, refused where they cannot protect anything."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from lib.backup.keys import (
    backup_keys_file,
    load_backup_keys,
    new_identity,
    parse_backup_keys,
    read_backup_keys,
    write_backup_keys,
)
from lib.errors import ConfigurationError
from lib.settings import Settings


def test_a_first_use_makes_a_key_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    keys = load_backup_keys(settings)
    file = backup_keys_file(settings)
    assert file is not None
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert load_backup_keys(settings).recipients == keys.recipients


def test_processes_that_start_together_use_the_same_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(_recipient, [tmp_path] * 8))
    assert len(set(found)) == 1
    assert [file.name for file in (tmp_path / "secrets").iterdir()] == ["backup-keys"]


def _recipient(home: Path) -> str:
    return load_backup_keys(Settings(home=home)).recipients[0]


def test_production_refuses_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="none are given"):
        load_backup_keys(Settings(home=tmp_path, environment="production"))


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    write_backup_keys(file, [new_identity()])
    file.chmod(0o640)
    with pytest.raises(ConfigurationError, match="other users may read it"):
        read_backup_keys(file)


def test_the_first_key_seals_and_comments_are_none() -> None:
    first, second = new_identity(), new_identity()
    keys = parse_backup_keys(f"# of today\n{first}\n\n  # of last year\n{second}\n", place="it")
    assert keys.recipients[0] == parse_backup_keys(first, place="it").recipients[0]
    assert len(keys.identities) == 2
    assert parse_backup_keys(f"{first}, {second}", place="it").recipients == keys.recipients


@pytest.mark.parametrize("text", ["", "# nothing\n", "AGE-SECRET-KEY-1BROKEN", "age1notasecret"])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigurationError, match="INSITECHART_BACKUP_KEYS") as raised:
        parse_backup_keys(text, place="INSITECHART_BACKUP_KEYS")
    assert not text or text not in str(raised.value)


def test_keys_from_two_places_are_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, backup_keys=new_identity(), backup_keys_file=tmp_path / "keys")
    with pytest.raises(ConfigurationError, match="are both set"):
        load_backup_keys(settings)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        load_backup_keys(Settings(home=tmp_path, backup_keys_file=tmp_path / "gone"))
