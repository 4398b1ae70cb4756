"""What a migration may do while the version before it is still running. It reads the text alone, and no database.

Expanding ones add: tables, columns that may be left out, views, functions, indexes. Whatever removes, renames or
narrows has to wait in a file that begins with `-- contract`, which a release runs once nothing older is left.
"""

import re
from typing import Final

from lib.db.migrate import Migration

# they were there before the rule, and before the first release
BEFORE: Final = "0013_recovery"

_COMMENTS: Final = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_BODIES: Final = re.compile(r"\$(\w*)\$.*?\$\1\$", re.DOTALL)
_TEXTS: Final = re.compile(r"'(?:[^']|'')*'")

_FORBIDDEN: Final = (
    (re.compile(r"\bDROP\s+(?!TRIGGER\b|INDEX\b|DEFAULT\b|NOT\s+NULL\b)", re.IGNORECASE), "drops something"),
    (re.compile(r"\bRENAME\b", re.IGNORECASE), "renames something"),
    (re.compile(r"\bTRUNCATE\b(?!\s+ON\b)", re.IGNORECASE), "empties a table"),
    (re.compile(r"\bDELETE\s+FROM\b", re.IGNORECASE), "deletes rows"),
    (re.compile(r"\bALTER\s+(?:COLUMN\s+)?\w+\s+(?:SET\s+DATA\s+)?TYPE\b", re.IGNORECASE), "changes a column's type"),
    (re.compile(r"\bSET\s+NOT\s+NULL\b", re.IGNORECASE), "demands a value that an older version may leave out"),
    (re.compile(r"\bSET\s+SCHEMA\b", re.IGNORECASE), "moves something"),
    (re.compile(r"\bREVOKE\b", re.IGNORECASE), "takes a right away"),
)
_ADDED: Final = re.compile(r"\bADD\s+COLUMN\b(?P<rest>[^,;]*)", re.IGNORECASE)
_CHECKED: Final = re.compile(
    r"\bADD\s+(?:CONSTRAINT\s+\w+\s+)?(?:CHECK|UNIQUE|FOREIGN|PRIMARY|EXCLUDE)\b", re.IGNORECASE
)
_TRUNCATE_TRIGGER: Final = re.compile(r"\b(?:AFTER|BEFORE)\s+TRUNCATE\b", re.IGNORECASE)


def faults(migration: Migration) -> list[str]:
    """A sentence for each thing that keeps `migration` from being run while an older version is; empty where there is
    none, and for one that contracts.
    """
    if migration.contracts or migration.name <= BEFORE:
        return []
    text = _TEXTS.sub("''", _BODIES.sub("''", _COMMENTS.sub(" ", migration.sql)))
    text = _TRUNCATE_TRIGGER.sub(" ", text)
    found = [what for pattern, what in _FORBIDDEN if pattern.search(text)]
    for added in _ADDED.finditer(text):
        rest = added["rest"].upper()
        if "NOT NULL" in rest and "DEFAULT" not in rest and "GENERATED" not in rest:
            found.append("adds a column that an older version would have to fill")
    if _CHECKED.search(text):
        found.append("narrows what an older version may write")
    return [
        f"{migration.name} {what}: put it into a migration of its own that begins with `-- contract`." for what in found
    ]
