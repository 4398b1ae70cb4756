"""How fast texts become scores and waiting posts rows, beside NLTK alone. It does not know the other benchmarks."""

import csv
import gzip
import json
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from benchmarks.support import empty_database, plain_nltk
from deployments.cli.scoring_workers import ScoringProcesses
from lib.db.ingest.posts import store_posts
from lib.db.ingest.symbols import store_listings
from lib.db.pool import Pool, open_pool
from lib.db.scoring import waiting
from lib.domain.posts import Post
from lib.domain.symbols import Listing
from lib.scoring.labelled import read_labelled
from lib.scoring.registry import get_scorer
from lib.scoring.vader_words import BOOSTERS, lexicon
from tests.support.data import data_folder

_DATA = data_folder()
_POSTS = "stocknet_posts.jsonl.gz"
_LISTINGS = "us_symbols.csv.gz"
_LABELLED = "sentiment_train.jsonl.gz"
_GENERATED = 50_000
_SAMPLE = 20_000
_SLICE = 500
_LONG = 100_000

_FORGET_READINGS = "TRUNCATE mentions, mention_scores, scores, sentiment_buckets, sentiment_bucket_revisions"
_QUEUE_ALL = "INSERT INTO score_queue (post_id) SELECT id FROM posts"

_KOREAN = (
    "깃펜 주식회사는 3분기 영업이익이 전년 동기 대비 12% 증가했다고 밝혔다.",
    "실적 발표 후 주가가 급락했지만 적자 폭은 줄었다.",
    "다음 주주총회는 서울에서 열린다.",
)


async def main() -> list[tuple[str, float, float, str]]:
    """Rows of (what, ours, baseline, unit). Texts and characters are by the CPU time of one core, characters of long
    texts beside those of posts; posts are by the wall clock, from the first process's start to the last commit, with
    mentions and buckets, beside NLTK that only scores them.
    """
    posts, listings, where = _world()
    texts = [post.text for post in posts]
    nltk = plain_nltk()
    sample = texts[:_SAMPLE]
    rows: list[tuple[str, float, float, str]] = []
    for name in ("vader@1", "finance@1"):
        ours = get_scorer(name)
        for text in texts:
            ours.score(text)
        cpu, cpu_nltk = _side_by_side(ours.score, nltk.polarity_scores, sample)
        rows.append((f"{name} with its reasons, {where}", cpu, cpu_nltk, "texts/CPU s"))
        rows.append(
            (
                f"{name}, a text of {_LONG:,} characters beside posts",
                *_by_length(ours.score, sample),
                "characters/CPU s",
            )
        )
    begun = time.perf_counter()
    for text in sample:
        nltk.polarity_scores(text)
    bare = len(sample) / (time.perf_counter() - begun)
    korean, what = _korean_texts()
    cpu, cpu_nltk = _side_by_side(get_scorer("korean@1").score, nltk.polarity_scores, korean)
    rows.append((f"korean@1 with its reasons, {what}", cpu, cpu_nltk, "texts/CPU s"))
    async with empty_database() as url, open_pool(url, application="insitechart-bench") as pool:
        await _fill(pool, posts, listings)
        for processes in (1, 2):
            rate = await _scored(pool, url, processes)
            rows.append((f"scored and stored, {processes} process(es)", rate, bare, "posts/s"))
    return rows


def _side_by_side(
    ours: Callable[[str], object], theirs: Callable[[str], object], texts: Sequence[str]
) -> tuple[float, float]:
    """Texts per CPU second of both, a slice of the texts in turn, so that a busy machine slows both alike."""
    spent = [0.0, 0.0]
    for first in range(0, len(texts), _SLICE):
        for which, score in enumerate((ours, theirs)):
            begun = time.process_time()
            for text in texts[first : first + _SLICE]:
                score(text)
            spent[which] += time.process_time() - begun
    return len(texts) / spent[0], len(texts) / spent[1]


def _by_length(score: Callable[[str], object], posts: Sequence[str]) -> tuple[float, float]:
    """Characters per CPU second of texts of 100,000, made of `posts`, and of the posts one by one, each at its best of
    five rounds.
    """
    whole = "\n".join(posts)
    parts = [whole[first : first + _LONG] for first in range(0, len(whole) - _LONG, _LONG)]
    spent = [0.0, 0.0]
    for part in parts:
        rounds: tuple[list[float], list[float]] = ([], [])
        for _ in range(5):
            for taken, texts in zip(rounds, ([part], part.split("\n")), strict=True):
                begun = time.process_time()
                for text in texts:
                    score(text)
                taken.append(time.process_time() - begun)
        spent = [spent[0] + min(rounds[0]), spent[1] + min(rounds[1])]
    characters = sum(map(len, parts))
    return characters / spent[0], characters / spent[1]


async def _fill(pool: Pool, posts: Sequence[Post], listings: Sequence[Listing]) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await store_listings(conn, listings)
        for first in range(0, len(posts), 5000):
            await store_posts(conn, posts[first : first + 5000])


async def _scored(pool: Pool, url: str, processes: int) -> float:
    await pool.execute(_FORGET_READINGS)
    if not await waiting(pool):
        await pool.execute(_QUEUE_ALL)
    begun = time.perf_counter()
    scoring = ScoringProcesses(url, ["vader@1"], total=await waiting(pool), processes=processes)
    done = sum(result.taken for result in scoring.results())
    seconds = time.perf_counter() - begun
    assert await waiting(pool) == 0
    return done / seconds


def _world() -> tuple[list[Post], list[Listing], str]:
    if not ((_DATA / _POSTS).exists() and (_DATA / _LISTINGS).exists()):
        print(f"no real data in {_DATA} (set INSITECHART_TEST_DATA): generated texts instead")
        return _generated(), [Listing(symbol=f"S{letter}X", name=f"S{letter}X") for letter in "ABCDEFGH"], "generated"
    with gzip.open(_DATA / _LISTINGS, "rt", encoding="utf-8", newline="") as lines:
        names = {row["yahoo_symbol"].upper(): row["name"] for row in csv.DictReader(lines)}
    with gzip.open(_DATA / _POSTS, "rt", encoding="utf-8") as lines:
        posts = [
            Post(
                source=row["source"],
                external_id=str(row["external_id"]),
                author=row["author"],
                published_at=datetime.fromisoformat(row["created_at"]),
                text=row["text"],
            )
            for row in map(json.loads, lines)
        ]
    return posts, [Listing(symbol=symbol, name=name) for symbol, name in names.items()], "StockNet"


def _korean_texts() -> tuple[list[str], str]:
    """Korean texts, and what they are; NLTK finds no word of its own in them, and so has the least to do."""
    file = _DATA / _LABELLED
    if not file.exists():
        return list(_KOREAN) * 1000, "generated"
    return [text.text for text in read_labelled(file) if text.lang == "ko"], "Korean news"


def _generated() -> list[Post]:
    dice = random.Random(20260302)
    plain = [f"word{n}" for n in range(4000)]
    strong = sorted(lexicon()) + sorted(BOOSTERS)
    posts = []
    for n in range(_GENERATED):
        words = [*dice.choices(plain, k=14), f"$S{dice.choice('ABCDEFGH')}X", dice.choice((dice.choice(strong), "it"))]
        dice.shuffle(words)
        moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=n * 97)
        author = f"reader{dice.randrange(9_000)}"
        posts.append(Post(source="x", external_id=str(n), author=author, published_at=moment, text=" ".join(words)))
    return posts
