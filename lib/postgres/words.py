"""Turns PostgreSQL's own words into one sentence and a hint for a person. It does not run anything."""

from pathlib import Path

from lib.errors import PlatformError

_START_ANEW = "Restore it from a backup, or move it away to start anew: mv {folder} {folder}.damaged"

# fragment of the server's line (lower case), what it means, what to do; the first that fits counts
_MEANINGS = (
    (
        "shared memory segment",
        "The machine or the container has too little shared memory for PostgreSQL",
        "Give it more (/dev/shm; for a container --shm-size=256m), then start again.",
    ),
    (
        "no space left on device",
        "The disk that holds {folder} is full",
        "Free some space there, or set INSITECHART_HOME to a folder on another disk, then start again.",
    ),
    (
        "disk quota exceeded",
        "The disk quota of {folder} is used up",
        "Free some space there, or set INSITECHART_HOME to a folder on another disk, then start again.",
    ),
    (
        "address already in use",
        "PostgreSQL's port on 127.0.0.1 is taken by another program",
        "Start again: another free port is taken each time.",
    ),
    (
        "read-only file system",
        "{folder} is on a file system that is mounted read-only",
        "Mount it for writing, or set INSITECHART_HOME to another folder.",
    ),
    (
        "wrong ownership",
        "{folder} belongs to another user",
        "Start as the user that made it, or set INSITECHART_HOME to another folder.",
    ),
    (
        "permission denied",
        "{folder} may not be used by this user",
        "Start as the user that made it, or set INSITECHART_HOME to another folder.",
    ),
    ("operation not permitted", "{folder} may not be used by this user", "Run as the user who owns the folder."),
    (
        "is another postmaster",
        "Another PostgreSQL runs on {folder}",
        "Stop the platform that it belongs to: insitechart down",
    ),
    ("pre-existing shared memory", "The PostgreSQL that ran on {folder} is still ending", "Start again in a moment."),
    ("pg_control", "{folder} is damaged", _START_ANEW),
    ("checkpoint record", "{folder} is damaged", _START_ANEW),
    ("control file", "{folder} is damaged", _START_ANEW),
    ("invalid page", "{folder} is damaged", _START_ANEW),
    ("is not a valid data directory", "{folder} is damaged", _START_ANEW),
    ("could not open file", "{folder} is damaged", _START_ANEW),
    ("could not open directory", "{folder} is damaged", _START_ANEW),
    ("could not read file", "{folder} is damaged", _START_ANEW),
    ("could not read directory", "{folder} is damaged", _START_ANEW),
    ("unrecognized configuration parameter", "{folder} holds a setting that PostgreSQL does not know", _START_ANEW),
    ("incompatible with server", "{folder} was made by another version of PostgreSQL", _START_ANEW),
)


def explain(words: str, *, folder: Path, doing: str, log: Path) -> PlatformError:
    """The error for a PostgreSQL that ended with `words` while `doing` ("start", "make …") in `folder`."""
    lowered = words.lower()
    for fragment, meaning, hint in _MEANINGS:
        if fragment in lowered:
            return PlatformError(
                f"{meaning.format(folder=folder)}; PostgreSQL said: {words}", hint=hint.format(folder=folder)
            )
    return PlatformError(f"PostgreSQL could not {doing} in {folder}: {words}", hint=f"Read {log}.")
