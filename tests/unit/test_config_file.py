"""The file of settings: what its keys mean, what is wrong with one, and the file that `insitechart config` prints."""

import json
import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployments.cli.config_text import config_text
from lib.config_file import Entry, key_in_file, read_config, table_of
from lib.config_places import variable
from lib.errors import ConfigurationError
from lib.settings import Settings

FIELDS = ("home", "feeds", "reddit_id", "reddit_url", "x_price", "x_price_counts", "bluesky_hosts")

_VALUES = st.one_of(
    st.text(min_size=1, alphabet=st.characters(blacklist_categories=["Cs", "Cc"])),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9),
)


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "insitechart.toml"
    file.write_text(text, encoding="utf-8")
    return file


def as_toml(value: object) -> str:
    if isinstance(value, str | bool):
        return json.dumps(value, ensure_ascii=False)
    return format(value, "f") if isinstance(value, Decimal) else str(value)


@given(values=st.dictionaries(st.sampled_from(FIELDS), _VALUES), in_tables=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_in_a_table_or_not(tmp_path: Path, values: dict[str, Any], in_tables: bool) -> None:
    tables: dict[str, dict[str, str]] = {}
    for field, value in values.items():
        table = table_of(field, FIELDS) if in_tables else ""
        tables.setdefault(table, {})[field.removeprefix(f"{table}_")] = as_toml(value)
    lines = [f"{key} = {value}" for key, value in tables.pop("", {}).items()]
    for table, entries in tables.items():
        lines += [f"[{table}]", *(f"{key} = {value}" for key, value in entries.items())]
    found = read_config(write(tmp_path, "\n".join(lines)), FIELDS)
    assert {field: entry.value for field, entry in found.items()} == values
    assert all(type(entry.value) is type(values[field]) for field, entry in found.items())
    if in_tables:
        assert all(entry.key == key_in_file(field, FIELDS) for field, entry in found.items())


def test_tables_are_for_words_that_fields_share() -> None:
    assert [table_of(field, FIELDS) for field in FIELDS] == ["", "", "reddit", "reddit", "x", "x", ""]
    # a field of that name leaves no room for the table
    assert table_of("feeds_url", (*FIELDS, "feeds_url", "feeds_rate")) == ""


def test_a_table_of_a_single_field_is_understood(tmp_path: Path) -> None:
    found = read_config(write(tmp_path, '[bluesky]\nhosts = ["a"]\n'), FIELDS)
    assert found == {"bluesky_hosts": Entry("[bluesky] hosts", ["a"])}


def test_no_file_sets_nothing(tmp_path: Path) -> None:
    assert read_config(tmp_path / "none.toml", FIELDS) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("home", "cannot be read: Expected '='"),
        ("[reddit]\nidd = 1", r"sets what does not exist: \[reddit\] idd \(did you mean \[reddit\] id\?\)"),
        ("hoem = 1\n[mars]\nfoo = 1", r"does not exist: hoem, \[mars\] foo\.$"),
        ("reddit_id = 1\n[reddit]\nid = 2", r"sets the same twice: reddit_id and \[reddit\] id"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        read_config(write(tmp_path, text), FIELDS)


def test_a_folder_and_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        read_config(tmp_path, FIELDS)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_config(tmp_path / "bytes.toml", FIELDS)


def test_the_printed_file_changes_nothing(tmp_path: Path) -> None:
    text = config_text()
    assert read_config(write(tmp_path, text), Settings.model_fields) == {}
    assert all(len(line) <= 120 for line in text.splitlines())


def test_the_printed_file_names_every_setting_with_its_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(Settings, field), raising=False)
    monkeypatch.setenv("INSITECHART_CONFIG", str(write(tmp_path, re.sub(r"(?m)^#(?! \S|$)", "", config_text()))))
    entries = read_config(tmp_path / "insitechart.toml", Settings.model_fields)
    written = tomllib.loads((tmp_path / "insitechart.toml").read_text(encoding="utf-8"))
    named = {f"{key}_{name}" for key, value in written.items() if isinstance(value, dict) for name in value}
    assert named | written.keys() >= set(Settings.model_fields)
    # an empty text is how a setting without a default is written
    unset = {field for field in Settings.model_fields if Settings.model_fields[field].default in (None, "")}
    assert entries.keys() == Settings.model_fields.keys() - unset
    found = Settings()
    # a relative path starts from the file's folder
    assert found.home == tmp_path / ".insitechart"
    for name, field in Settings.model_fields.items():
        assert getattr(found, name) == field.default or name == "home"
