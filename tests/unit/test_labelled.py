"""Labelled texts are read from plain and gzipped lines, and what cannot be read is named with its line."""

import gzip
from pathlib import Path

import pytest

from lib.errors import ConfigurationError
from lib.scoring.labelled import LabelledText, read_labelled

_GOOD = '{"dataset": "mine", "text": "Apple soars", "label": "positive"}'


def test_lines_are_read_plain_or_gzipped(tmp_path: Path) -> None:
    text = f'{_GOOD}\n\n{{"dataset":"s","text":"A up, B down","label":"mixed","entities":{{"A":"positive"}},"x":1}}\n'
    (tmp_path / "a.jsonl").write_text(text, "utf-8")
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    found = read_labelled(tmp_path / "a.jsonl")
    assert found == read_labelled(tmp_path / "a.jsonl.gz")
    assert found[0] == LabelledText(dataset="mine", text="Apple soars", label="positive")
    assert (found[1].label, found[1].entities) == ("mixed", {"A": "positive"})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"not json", "JSON is malformed"),
        (b'{"dataset": "mine", "text": "x"}', "missing required field `label`"),
        (b'{"dataset": "mine", "text": "x", "label": "bullish"}', r"\$\.label"),
        (b'{"dataset": "mine", "text": 7, "label": "positive"}', r"\$\.text"),
        (b'{"dataset": "mine", "text": "x", "label": "mixed", "entities": {"A": "mixed"}}', r"\$\.entities"),
        (b'{"dataset": "mine", "text": "\xff", "label": "positive"}', "utf-8"),
        (b'["mine"]', "Expected `object`"),
    ],
)
def test_a_bad_line_is_named_with_its_number_and_reason(tmp_path: Path, line: bytes, reason: str) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(_GOOD.encode() + b"\n\n" + line + b"\n")
    with pytest.raises(ConfigurationError, match=reason) as caught:
        read_labelled(file)
    assert f"{file}, line 3" in str(caught.value)
    assert "label is positive" in caught.value.hint


def test_a_file_that_is_absent_empty_or_cut_off_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"absent\.jsonl cannot be read"):
        read_labelled(tmp_path / "absent.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(ConfigurationError, match="holds no labelled text"):
        read_labelled(tmp_path / "empty.jsonl")
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress((_GOOD + "\n").encode())[:-12])
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_labelled(tmp_path / "cut.jsonl.gz")
    (tmp_path / "plain.jsonl.gz").write_text(_GOOD)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_labelled(tmp_path / "plain.jsonl.gz")
