"""The sample archive: written by its generator alone, whole, consistent, and lively whenever a person starts."""

import csv
import json
import re
from bisect import bisect
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from statistics import correlation, mean
from typing import Any

import pytest

from deployments.local.sample import phrases_en, phrases_ko
from deployments.local.sample.clock import LANGS, occasions
from deployments.local.sample.dice import Dice
from deployments.local.sample.generate import generate
from deployments.local.sample.grammar import Word, expand
from deployments.local.sample.market import Prices, tick
from deployments.local.sample.story import DAY, EVENTS, SESSION
from deployments.local.sample.talk import Speaker
from lib.domain.symbols import parse_symbol
from lib.settings.platform import DEFAULT_WATCHLIST

FOLDER = Path(__file__).parents[2] / "deployments" / "local" / "sample"
FILES = ("manifest.json", "symbols.csv", "bars_1d.csv", "bars_1m.csv", "posts.jsonl")
LARGEST = 1_500_000
REFERENCE = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = timedelta(days=7)


def _table(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def posts() -> list[dict[str, Any]]:
    lines = (FOLDER / "posts.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) | {"at": datetime.fromisoformat(json.loads(line)["published_at"])} for line in lines]


@pytest.fixture(scope="module")
def daily() -> list[dict[str, str]]:
    return _table("bars_1d.csv")


@pytest.fixture(scope="module")
def minutes() -> list[dict[str, str]]:
    return _table("bars_1m.csv")


def _market(symbol: str) -> Any:
    return "KR" if symbol.endswith(".KS") else "US"


def test_the_generator_writes_the_committed_bytes(tmp_path: Path) -> None:
    generate(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)
    for name in FILES:
        same = (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
        assert same, f"{name} is not what the generator writes: run python -m deployments.local.sample.generate"


def test_the_archive_is_small() -> None:
    assert sum((FOLDER / name).stat().st_size for name in FILES) <= LARGEST


def test_the_manifest_names_the_reference_and_the_files() -> None:
    manifest = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    assert datetime.fromisoformat(manifest["reference"]) == REFERENCE
    assert manifest["what"]
    assert manifest["licence"]
    assert {"manifest.json", *manifest["files"]} == set(FILES)


def test_the_symbols_are_the_default_watchlist() -> None:
    rows = _table("symbols.csv")
    assert tuple(row["symbol"] for row in rows) == DEFAULT_WATCHLIST
    for row in rows:
        assert parse_symbol(row["symbol"]) == row["symbol"]
        assert row["name"]
        assert row["name_ko"]
        aliases = [alias for alias in row["aliases"].split("|") if alias]
        assert len(aliases) == len(set(aliases))
        assert row["currency"] == {"US": "USD", "KR": "KRW"}[_market(row["symbol"])]


def test_daily_bars_are_two_years_of_weekdays_and_a_week(daily: list[dict[str, str]]) -> None:
    days = defaultdict(list)
    for row in daily:
        days[row["symbol"]].append(date.fromisoformat(row["date"]))
    assert set(days) == set(DEFAULT_WATCHLIST)
    for found in days.values():
        assert all(before < after for before, after in pairwise(found))
        assert all(day.weekday() < 5 for day in found)
        assert found[0] <= REFERENCE.date() - timedelta(days=727)
        after = [day for day in found if day >= REFERENCE.date()]
        assert len(after) == 5
        assert after[-1] < (REFERENCE + WEEK).date()


@pytest.mark.parametrize("table", ["bars_1d.csv", "bars_1m.csv"])
def test_prices_are_consistent_and_on_their_markets_ticks(table: str) -> None:
    for row in _table(table):
        prices = {name: Decimal(row[name]) for name in ("open", "high", "low", "close", "adj_close")}
        assert 0 < prices["low"] <= min(prices["open"], prices["close"])
        assert prices["high"] >= max(prices["open"], prices["close"])
        assert prices["adj_close"] == prices["close"]
        assert int(row["volume"]) > 0
        market = _market(row["symbol"])
        for price in prices.values():
            units = price * 100 if market == "US" else price
            assert units % tick(market, float(units)) == 0


def test_minute_bars_lie_in_their_sessions_and_add_up_to_the_day(
    daily: list[dict[str, str]], minutes: list[dict[str, str]]
) -> None:
    days = {(row["symbol"], row["date"]): row for row in daily}
    sessions = defaultdict(list)
    for row in minutes:
        sessions[row["symbol"], row["start"][:10]].append(row)
    assert len(minutes) <= 6_000
    for (symbol, label), rows in sessions.items():
        starts = [datetime.fromisoformat(row["start"]) for row in rows]
        opening, closing = (
            datetime.fromisoformat(f"{label}T00:00:00Z") + timedelta(minutes=at) for at in SESSION[_market(symbol)]
        )
        assert starts == sorted(set(starts))
        assert starts[0] == opening
        assert starts[-1] == (closing if _market(symbol) == "KR" else closing - timedelta(minutes=1))
        day = days[symbol, label]
        assert Decimal(day["open"]) == Decimal(rows[0]["open"])
        assert Decimal(day["close"]) == Decimal(rows[-1]["close"])
        assert Decimal(day["high"]) == max(Decimal(row["high"]) for row in rows)
        assert Decimal(day["low"]) == min(Decimal(row["low"]) for row in rows)
        assert int(day["volume"]) == sum(int(row["volume"]) for row in rows)


def test_every_post_is_whole_and_in_its_place(posts: list[dict[str, Any]]) -> None:
    assert 1_500 <= len(posts) <= 2_600
    assert [post["external_id"] for post in posts] == [f"sample-{n:06d}" for n in range(1, len(posts) + 1)]
    assert all(before["at"] <= after["at"] for before, after in pairwise(posts))
    assert posts[0]["at"] >= REFERENCE - timedelta(days=60)
    assert posts[-1]["at"] < REFERENCE + WEEK
    for post in posts:
        assert post["source"] == "sample"
        assert post["lang"] in {"en", "ko"}
        assert re.fullmatch(r"(reader|독자)-\d+", post["author"])
        assert datetime.fromisoformat(post["author_since"]) < post["at"]
        assert post["reach"] >= 0
        assert post["url"] is None
        assert post["text"].strip() == post["text"] != ""
        assert not re.search(r"[{}\[\]|]", f"{post['title']} {post['text']}"), post["text"]
        assert bool(re.search("[가-힣]", post["text"])) == (post["lang"] == "ko"), post["text"]


def test_one_author_has_one_past(posts: list[dict[str, Any]]) -> None:
    pasts = defaultdict(set)
    for post in posts:
        pasts[post["author"]].add((post["author_since"], post["reach"]))
    assert all(len(past) == 1 for past in pasts.values())


def test_few_texts_repeat_and_some_are_long(posts: list[dict[str, Any]]) -> None:
    texts = [post["text"] for post in posts]
    assert len(set(texts)) > 0.97 * len(texts)
    assert len(set(texts)) < len(texts), "somebody always pastes"
    assert sum(len(text) > 300 for text in texts) >= 20
    assert sum(post["title"] is not None for post in posts) >= 50


@pytest.mark.parametrize("hours", [6, 24, 168])
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_whenever_one_starts_the_last_hours_speak_both_languages(
    posts: list[dict[str, Any]], lang: str, hours: int
) -> None:
    moments = [post["at"] for post in posts if post["lang"] == lang]
    for step in range(7 * 24 * 2):
        now = REFERENCE + timedelta(minutes=30 * step)
        assert bisect(moments, now) > bisect(moments, now - timedelta(hours=hours)), f"silent before {now}"


def test_events_are_heard(posts: list[dict[str, Any]]) -> None:
    """In the six hours after an event more is said than in the six hours before it, for nine events of ten."""
    louder = 0
    for event in EVENTS:
        at, span = REFERENCE + timedelta(minutes=event.at), timedelta(hours=6)
        before = sum(at - span <= post["at"] < at for post in posts)
        after = sum(at <= post["at"] < at + span for post in posts)
        louder += after > before
    assert louder >= 0.9 * len(EVENTS)


def test_talk_and_price_move_together() -> None:
    prices = Prices()
    speakers = {lang: Speaker(lang, prices) for lang in LANGS}
    tones: dict[tuple[str, int], list[int]] = defaultdict(list)
    for occasion in occasions():
        _, said = speakers[occasion.lang].speak(occasion)
        for symbol in said.about:
            tones[symbol, occasion.second // 86_400].append({"up": 1, "flat": 0, "down": -1}[said.tone])
    evening = 22 * 60  # both markets have had their session
    known = [
        (mean(found), prices.move(symbol, day * DAY + evening))
        for (symbol, day), found in tones.items()
        if len(found) >= 3 and prices.traded(symbol, day * DAY + evening)
    ]
    assert correlation(*zip(*known, strict=True)) > 0.5


@pytest.mark.parametrize("book", [phrases_en.BOOK, phrases_ko.BOOK])
def test_every_kind_of_event_has_words(book: Any) -> None:
    assert {event.kind for event in EVENTS} <= set(book.events)


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("삼전", "삼전은 삼전이 삼전을 삼전과 삼전으로"),
        ("카카오", "카카오는 카카오가 카카오를 카카오와 카카오로"),
        ("구글", "구글은 구글이 구글을 구글과 구글로"),
        ("NAVER", "NAVER는 NAVER가 NAVER를 NAVER와 NAVER로"),
    ],
)
def test_a_korean_name_takes_the_right_particle(name: str, spoken: str) -> None:
    word = Word(name)
    assert f"{word:은} {word:이} {word:을} {word:과} {word:으로}" == spoken


def test_a_choice_may_hold_a_choice() -> None:
    said = {expand("[a|b [c|d]]!", Dice(str(seed))) for seed in range(60)}
    assert said == {"a!", "b c!", "b d!"}
