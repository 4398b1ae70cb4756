"""What a database holds, as far as two of them can be compared: rows, sequences, things of the schema, roles. Pure: it
does not read any.

Equal rows are those that PostgreSQL itself calls equal, column by column: 1.0 and 1.00 are, 'a' and 'A' are not.
"""

from collections.abc import Iterator, Mapping

import msgspec


class Table(msgspec.Struct, frozen=True):
    """Its rows, the sum of their hashes (decimal; the order of rows does not matter), and the bytes that it takes."""

    rows: int
    checksum: str
    bytes: int = 0


class Sequence(msgspec.Struct, frozen=True):
    """The last value it gave out (None: none yet), read before and after: sequences belong to no snapshot. One that
    begins anew when it is used up has no order to be compared by.
    """

    before: int | None
    after: int | None
    cycles: bool = False


class Role(msgspec.Struct, frozen=True):
    """A role: the words of CREATE ROLE that describe it, the roles that it belongs to, its password as PostgreSQL keeps
    it (None where it has none or may not be read), and whether anything in the database belongs or was granted to it.
    """

    attributes: tuple[str, ...]
    member_of: tuple[str, ...] = ()
    password: str | None = None
    used: bool = False


def table_differences(there: Mapping[str, Table], here: Mapping[str, Table]) -> Iterator[str]:
    """A sentence for each table that is not here what it is there, in the order of names."""
    for name in sorted(there.keys() | here.keys()):
        of_there, of_here = there.get(name), here.get(name)
        if of_here is None:
            yield f"table {name} is missing"
        elif of_there is None:
            yield f"table {name} is here, and not there"
        elif of_there.rows != of_here.rows:
            yield f"table {name} has {of_there.rows:,} rows there and {of_here.rows:,} here"
        elif of_there.checksum != of_here.checksum:
            yield f"table {name} has its {of_there.rows:,} rows, and something in them is different"


def sequence_differences(there: Mapping[str, Sequence], here: Mapping[str, int | None]) -> Iterator[str]:
    """The same of sequences: each must stand here somewhere from where it stood before to where it stood after."""
    for name in sorted(there.keys() | here.keys()):
        if name not in here:
            yield f"sequence {name} is missing"
        elif name not in there:
            yield f"sequence {name} is here, and not there"
        elif not there[name].cycles and not _between(there[name], here[name]):
            yield f"sequence {name} stands at {there[name].before} there and at {here[name]} here"


def schema_differences(there: Mapping[str, str], here: Mapping[str, str]) -> Iterator[str]:
    """The same of tables' columns, indexes, constraints, triggers, functions and their like: what → how it is made."""
    for name in sorted(there.keys() | here.keys()):
        if name not in here:
            yield f"{name} is missing"
        elif name not in there:
            yield f"{name} is here, and not there"
        elif there[name] != here[name]:
            yield f"{name} is {there[name]!r} there and {here[name]!r} here"


def _between(there: Sequence, here: int | None) -> bool:
    ends = [end for end in (there.before, there.after) if end is not None]
    if here is None or there.before is None:
        # it may have given out its first value meanwhile
        return there.before is None and (here is None or bool(ends))
    return min(ends) <= here <= max(ends)
