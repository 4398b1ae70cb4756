"""`insitechart evaluate` measures any folder of labelled texts, publishes the same twice, and says what is wrong."""

import gzip
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deployments.cli import main as command
from lib.scoring.evaluation.page import page
from lib.scoring.evaluation.published import read
from lib.scoring.evaluation.readme import BEGIN, END
from tests.support.labelled import lay_out

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with everything that can be measured."""
    return lay_out(tmp_path / "data")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command with a folder and gives its exit code, output and errors; it publishes into `tmp_path`."""

    def call(folder: Path, *more: str) -> tuple[int, str, str]:
        arguments = ["--data", str(folder), "--figures", str(tmp_path / "figures.json"), "--docs", str(tmp_path), *more]
        monkeypatch.setattr(sys, "argv", ["insitechart", "evaluate", *arguments])
        with pytest.raises(SystemExit) as ended:
            command.main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call


def test_everything_is_published_and_the_same_twice(run: Run, data: Path, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", "utf-8")
    files = [tmp_path / "figures.json", tmp_path / "docs" / "accuracy.md", tmp_path / "README.md"]
    code, out, _ = run(data)
    assert code == 0
    first = [file.read_bytes() for file in files]
    assert run(data)[1] == out
    assert [file.read_bytes() for file in files] == first
    figures, text, readme = first
    assert page(read(figures)) == text.decode() == out
    assert readme.decode().startswith(f"before\n{BEGIN}\n\n| macro-F1 on | finance@1 | vader@1 | Loughran-McDonald |")
    assert readme.decode().endswith(f"|\n\n{END}\nafter\n")
    assert "| InsiteChart | 1 | 1.000 [" in out
    assert "| cashtags and upper-case words | 2 | 0.500 [" in out


def test_what_is_not_there_is_not_measured_and_says_so(run: Run, data: Path, tmp_path: Path) -> None:
    shutil.rmtree(data / "lexicons")
    (data / "us_symbols.csv.gz").unlink()
    code, out, _ = run(data, "--no-write")
    assert code == 0
    assert "- Loughran-McDonald was not measured: there was no lexicons/loughran_mcdonald_2018.csv.gz." in out
    assert "- Finding stocks was not measured: there was no us_symbols.csv.gz." in out
    assert "## Stocks in posts" not in out
    assert not (tmp_path / "figures.json").exists()
    assert not (tmp_path / "docs").exists()


def test_own_texts_need_nothing_else(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "sentiment_dev.jsonl").write_text('{"dataset":"mine","text":"I love it","label":"positive"}\n', "utf-8")
    code, out, _ = run(mine, "--no-write")
    assert code == 0
    assert "| mine | own texts | en | not stated | 1 texts |" in out


def test_a_readme_without_a_place_leaves_everything_as_it_was(run: Run, data: Path, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("no place\n", "utf-8")
    code, _, err = run(data)
    assert code == 1
    assert "README.md has no place for the figures" in err
    assert not (tmp_path / "figures.json").exists()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "sentiment_dev.jsonl.gz",
            b'{"dataset":"s","text":"x","label":"positive"}\nnonsense\n',
            "line 2, cannot be used",
        ),
        ("wsb_ticker_spans.jsonl.gz", b'{"text":"x","spans":[]}\n{"text":"x"}\n', "line 2, cannot be used"),
        ("us_symbols.csv.gz", b"symbol,name\nZZQX,Zebra\n", "line 2, cannot be used: no column yahoo_symbol"),
        ("us_symbols.csv.gz", b"yahoo_symbol,name\nZZQX,\xff\n", "cannot be used"),
        ("lexicons/loughran_mcdonald_2018.csv.gz", b"term\ngood\n", "is no word list"),
    ],
)
def test_a_bad_file_is_named_with_its_line(run: Run, data: Path, name: str, content: bytes, expected: str) -> None:
    (data / name).write_bytes(gzip.compress(content))
    code, out, err = run(data)
    assert (code, out) == (1, "")
    assert f"{data / name}" in err
    assert expected in err


def test_a_folder_without_texts_is_told_what_to_do(run: Run, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        code, _, err = run(folder)
        assert code == 1
        assert f"{folder} holds no sentiment_dev.jsonl.gz or sentiment_dev.jsonl." in err
        assert "--data" in err
