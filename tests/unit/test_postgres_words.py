"""What PostgreSQL says when it cannot go on becomes one sentence with a way out."""

from pathlib import Path

import pytest

from lib.postgres.words import explain
from lib.processes import last_words

FOLDER = Path("/data/pg")


@pytest.mark.parametrize(
    ("words", "sentence", "hint"),
    [
        (
            'FATAL:  could not write lock file "postmaster.pid": No space left on device',
            "The disk that holds /data/pg is full",
            "Free some space",
        ),
        (
            'FATAL:  could not resize shared memory segment "/PostgreSQL.1": No space left on device',
            "too little shared memory",
            "/dev/shm",
        ),
        ('PANIC:  could not read file "global/pg_control": read 0 of 296', "/data/pg is damaged", "mv /data/pg"),
        ("PANIC:  could not locate a valid checkpoint record at 0/154C6E0", "/data/pg is damaged", "backup"),
        ('FATAL:  data directory "/data/pg/data" has wrong ownership', "belongs to another user", "INSITECHART_HOME"),
        ('FATAL:  could not create lock file "postmaster.pid": Read-only file system', "read-only", "INSITECHART_HOME"),
        ("FATAL:  something never heard of", "could not start in /data/pg: FATAL:  something", "/data/log"),
    ],
)
def test_one_sentence_and_what_to_do(words: str, sentence: str, hint: str) -> None:
    error = explain(words, folder=FOLDER, doing="start", log=Path("/data/log"))
    assert sentence in str(error)
    assert hint in error.hint


def test_the_cause_is_told_and_not_its_consequence(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("FATAL:  an old trouble\n")
    seen = log.stat().st_size
    with log.open("a") as file:
        file.write("LOG:  starting\nPANIC:  the cause\nLOG:  startup process was terminated\nFATAL:  a consequence\n")
    assert last_words(log, since=seen) == "PANIC:  the cause"
    assert last_words(tmp_path / "none") == "it left no log."


def test_who_came_too_early_is_no_trouble_and_an_exception_is(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("FATAL:  the database system is starting up\nLOG:  bye\n")
    assert last_words(log) == "LOG:  bye"
    log.write_text("Traceback (most recent call last):\nValueError: the cause\n  see https://errors.example/1\n")
    assert last_words(log) == "ValueError: the cause"
