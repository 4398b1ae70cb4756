"""The README's promises, kept by the platform as a person meets it: started, asked over HTTP, fed with files."""

import csv
import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from lib.scoring.evaluation.readme import BEGIN, END
from tests.acceptance.conftest import RunningPlatform

PROJECT = Path(__file__).parents[2]
START = datetime(2025, 3, 3, 14, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def ask(running_platform: RunningPlatform) -> Callable[..., Any]:
    """GET below /api/v1; the answer as JSON."""

    def get(path: str, **parameters: str) -> Any:
        answer = httpx.get(f"{running_platform.api_url}/api/v1{path}", params=parameters, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


@pytest.fixture(scope="module")
def imported(running_platform: RunningPlatform, tmp_path_factory: pytest.TempPathFactory) -> RunningPlatform:
    """The platform after a small archive of our own was imported and scored."""
    folder = tmp_path_factory.mktemp("archive")
    symbols, bars, posts = folder / "symbols.csv", folder / "bars.csv.gz", folder / "posts.jsonl"
    symbols.write_text(
        "symbol,name,name_ko,exchange,currency\nZZQX,Zebra Quill Works Inc.,얼룩깃펜,NYSE,USD\n", "utf-8"
    )
    with gzip.open(bars, "wt", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["symbol", "date", "open", "high", "low", "close", "adj_close", "volume"])
        rows.writerow(["ZZQX", "2025-03-03", "10.10", "11.00", "10.00", "10.70", "10.70", "1000"])
        rows.writerow(["ZZQX", "2025-03-04", "10.70", "10.90", "9.80", "9.90", "9.90", "2000"])
    lines = [
        {"source": "letters", "external_id": "1", "created_at": START.isoformat(), "author": "a",
         "text": "$ZZQX is great &amp; amazing"},
        {"source": "letters", "external_id": "2", "created_at": (START + timedelta(days=1)).isoformat(), "author": "b",
         "text": "얼룩깃펜은 급락, 결국 하한가"},
        {"source": "letters", "external_id": "3", "created_at": "not a time", "text": "$ZZQX"},
    ]  # fmt: skip
    posts.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    for kind, file_path in (("symbols", symbols), ("bars", bars), ("posts", posts)):
        done = running_platform.run("import", kind, str(file_path))
        assert done.returncode == 0, done.stderr
    scored = running_platform.run("score")
    assert scored.returncode == 0, scored.stderr
    return running_platform


@pytest.mark.parametrize("query", ["삼성전자", "ㅅㅅㅈㅈ", "samsnug electronics", "005930"])
def test_samsung_is_found_by_name_initials_typo_and_code(ask: Callable[..., Any], query: str) -> None:
    assert ask("/stocks", q=query)["items"][0]["symbol"] == "005930.KS"


def test_the_sample_shows_prices_and_mood_and_says_that_it_is_sample(ask: Callable[..., Any]) -> None:
    insight = ask("/stocks/005930.KS/insight", interval="1d")
    assert insight["sample"] is True
    assert any(close is not None for close in insight["close"])
    _until(lambda: ask("/sentiment/005930.KS", window="7d")["posts"] > 0, "the sample's posts are scored by schedule")
    assert ask("/sentiment/005930.KS", window="7d")["sample"] is True


def test_prices_and_mood_of_an_import_stand_on_one_axis(imported: RunningPlatform, ask: Callable[..., Any]) -> None:
    insight = ask("/stocks/ZZQX/insight", interval="1d", start="2025-03-03", end="2025-03-04")
    assert insight["start"] == [1740960000000, 1741046400000]
    assert insight["close"] == [10.7, 9.9]
    assert insight["posts"] == [1, 1]
    assert insight["score"][0] > 0.5 > -0.3 > insight["score"][1]
    assert insight["sample"] is False


def test_a_bad_line_goes_to_the_rejects_file_with_its_reason(imported: RunningPlatform, tmp_path: Path) -> None:
    posts = tmp_path / "more.jsonl"
    posts.write_text(
        '{"source":"letters","external_id":"9","created_at":"2025-03-05T00:00:00","text":"no zone"}\n', "utf-8"
    )
    done = imported.run("import", "posts", str(posts), "--rejects", str(tmp_path / "rejects.jsonl"))
    assert done.returncode == 0, done.stderr
    (reject,) = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text("utf-8").splitlines()]
    assert reject["line"] == 1
    assert "zone" in reject["reason"]


def test_an_as_of_answer_stays_the_same_to_the_byte(imported: RunningPlatform, tmp_path: Path) -> None:
    moment = datetime.now(UTC).isoformat()
    url = f"{imported.api_url}/api/v1/stocks/ZZQX/insight"
    parameters = {"interval": "1d", "start": "2025-03-03", "end": "2025-03-04", "as_of": moment}
    before = httpx.get(url, params=parameters, timeout=30)
    assert before.status_code == 200, before.text
    corrected = tmp_path / "corrected.csv"
    corrected.write_text("symbol,date,open,high,low,close\nZZQX,2025-03-03,10.10,11.00,10.00,10.99\n", "utf-8")
    assert imported.run("import", "bars", str(corrected)).returncode == 0
    now = httpx.get(url, params={**parameters, "as_of": datetime.now(UTC).isoformat()}, timeout=30)
    assert now.json()["close"][0] == 10.99
    assert httpx.get(url, params=parameters, timeout=30).content == before.content


def test_the_accuracy_that_the_readme_shows_is_served(ask: Callable[..., Any]) -> None:
    answer = ask("/sentiment/scorers")
    served = {
        scorer["name"]: {of["name"]: of for of in scorer["sets"]} for scorer in answer["items"] + answer["baselines"]
    }
    for name in ("README.md", "README.ko.md"):
        shown = (PROJECT / name).read_text("utf-8").split(BEGIN)[1].split(END)[0].strip()
        moods, stocks = ([row.strip("|").split("|") for row in part.splitlines()] for part in shown.split("\n\n"))
        scorers = [scorer.strip() for scorer in moods[0][1:]]
        for of, *cells in moods[2:]:
            for scorer, cell in zip(scorers, cells, strict=True):
                assert cell.split()[0] == f"{served[scorer][of.strip()]['macro_f1']:.3f}"
        for (_, precision, recall), found in zip(stocks[2:], answer["tickers"], strict=True):
            assert precision.split()[0] == f"{found['figures']['precision']:.3f}"
            assert recall.split()[0] == f"{found['figures']['recall']:.3f}"


def test_a_text_can_be_analysed_and_says_why(running_platform: RunningPlatform) -> None:
    answer = httpx.post(
        f"{running_platform.api_url}/api/v1/sentiment/analyze", json={"text": "$AAPL guidance is amazing"}, timeout=30
    )
    assert answer.json()["label"] == "positive"
    assert "amazing" in [term["text"] for term in answer.json()["explanation"]]
    assert [mention["symbol"] for mention in answer.json()["mentions"]] == ["AAPL"]


def test_operators_run_a_deployment_and_watch_it(running_platform: RunningPlatform) -> None:
    command = [str(Path(sys.executable).with_name("prefect")), "deployment", "run", "score-posts/default", "--watch"]
    environment = {
        **os.environ,
        "PREFECT_API_URL": f"{running_platform.prefect_url}/api",
        "PREFECT_HOME": str(running_platform.home / "me"),
    }
    done = subprocess.run(
        command, env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Completed" in done.stdout


def test_without_a_network_collection_says_unavailable_and_goes_on(ask: Callable[..., Any]) -> None:
    def told() -> bool:
        return any(row["source"] == "yahoo" for row in ask("/sentiment/coverage")["items"])

    _until(told, "the first scheduled collection has recorded what came of it")


def test_dropping_the_sample_leaves_only_what_was_imported(imported: RunningPlatform, ask: Callable[..., Any]) -> None:
    dropped = imported.run("sample", "drop", "--yes")
    assert dropped.returncode == 0, dropped.stderr
    insight = ask("/stocks/ZZQX/insight", interval="1d", start="2025-03-03", end="2025-03-04")
    assert insight["posts"] == [1, 1]
    left = ask("/stocks", limit="100")["items"]
    assert [item["symbol"] for item in left if item.get("sample")] == []


def _until(condition: Callable[[], bool], what: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(0.5)
