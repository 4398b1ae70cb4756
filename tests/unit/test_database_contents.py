"""What is said of two databases that are compared: nothing where they are equal, and each thing that is not."""

from hypothesis import given
from hypothesis import strategies as st

from lib.domain.contents import Sequence, Table, schema_differences, sequence_differences, table_differences

NAMES = st.text("abc.", min_size=1, max_size=3)
TABLES = st.dictionaries(NAMES, st.builds(Table, st.integers(0, 3), st.sampled_from(["0", "7"])), max_size=5)
MADE = st.dictionaries(NAMES, st.sampled_from(["r p", "r u"]), max_size=5)


@given(TABLES, TABLES)
def test_every_table_that_differs_is_named_once(there: dict[str, Table], here: dict[str, Table]) -> None:
    said = list(table_differences(there, here))
    wrong = sorted(name for name in there.keys() | here.keys() if there.get(name) != here.get(name))
    assert [line.split()[1] for line in said] == wrong


@given(MADE, MADE)
def test_every_thing_that_differs_is_named_once(there: dict[str, str], here: dict[str, str]) -> None:
    said = list(schema_differences(there, here))
    wrong = sorted(name for name in there.keys() | here.keys() if there.get(name) != here.get(name))
    assert [line.split()[0] for line in said] == wrong


@given(st.none() | st.integers(-9, 9), st.none() | st.integers(-9, 9), st.none() | st.integers(-9, 9))
def test_a_sequence_may_stand_where_it_stood_in_between(
    before: int | None, after: int | None, here: int | None
) -> None:
    said = list(sequence_differences({"s": Sequence(before, after)}, {"s": here}))
    if before is None:
        # it gave out its first value after it was looked at, or none at all
        fits = here is None or after is not None
    else:
        fits = here is not None and min(before, before if after is None else after) <= here
        fits = fits and here is not None and here <= max(before, before if after is None else after)
    assert (said == []) == fits


def test_a_sequence_that_begins_anew_is_only_looked_for() -> None:
    there = {"s": Sequence(3, 1, cycles=True)}
    assert list(sequence_differences(there, {"s": 2})) == []
    assert list(sequence_differences(there, {})) == ["sequence s is missing"]


def test_what_is_said_is_for_people() -> None:
    there = {"a": Table(1000, "1"), "b": Table(2, "1"), "c": Table(1, "1")}
    here = {"a": Table(999, "0"), "b": Table(2, "2"), "d": Table(0, "0")}
    assert list(table_differences(there, here)) == [
        "table a has 1,000 rows there and 999 here",
        "table b has its 2 rows, and something in them is different",
        "table c is missing",
        "table d is here, and not there",
    ]
