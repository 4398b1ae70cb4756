"""The figures of the resolver are the usual ones, and those on posts that people marked are as good as promised."""

import hashlib

import pytest

from lib.tickers.baselines import RegexFinder
from lib.tickers.evaluation import MarkedPost, Span, evaluate, marked_posts
from lib.tickers.resolver import Resolver
from tests.support.listings import KNOWN
from tests.support.reference import read_lines, us_listings

RESOLVER = Resolver(KNOWN)


def post(text: str, *marks: tuple[str, str]) -> MarkedPost:
    spans = ((text.index(words), words, label) for words, label in marks)
    return MarkedPost(text, tuple(Span(start, start + len(words), label, words) for start, words, label in spans))


def test_figures_of_a_few_posts() -> None:
    found = evaluate(
        RESOLVER,
        [
            post("$AAPL beats", ("$AAPL", "ticker")),
            post("Apple shares rise", ("Apple", "company")),
            post("$MSFT falls"),
            post("IN ALL", ("ALL", "ticker")),
            post("BTC", ("BTC", "ticker")),
        ],
    )
    assert (found.posts, found.mentions, found.marked) == (5, 3, 2)
    assert (found.precision, found.recall) == (0.6667, 0.5)
    assert found.precision_interval[0] <= found.precision <= found.precision_interval[1]
    assert sum(band.mentions for band in found.bands) == 3
    assert found == evaluate(
        RESOLVER,
        marked_posts(
            [
                {"text": "$AAPL beats", "spans": [{"start": 0, "end": 5, "label": "ticker", "text": "$AAPL"}]},
                {"text": "Apple shares rise", "spans": [{"start": 0, "end": 5, "label": "company", "text": "Apple"}]},
                {"text": "$MSFT falls", "spans": []},
                {"text": "IN ALL", "spans": [{"start": 3, "end": 6, "label": "ticker", "text": "ALL"}]},
                {"text": "BTC", "spans": [{"start": 0, "end": 3, "label": "ticker", "text": "BTC"}]},
            ]
        ),
    )


def test_each_way_and_each_confidence_has_its_figures() -> None:
    posts = [post("$AAPL beats", ("$AAPL", "ticker")), post("Apple shares rise"), post("SPY", ("SPY", "ticker"))]
    found = evaluate(RESOLVER, posts)
    assert [(of.method, of.mentions, of.precision, of.recall) for of in found.methods] == [
        ("cashtag", 1, 1.0, 1.0),
        ("alias", 1, 0.0, 0.0),
    ]
    assert sum(band.mentions for band in found.bands) == 2
    assert found.bands[-1].precision_interval == (1.0, 1.0)
    assert (found.unlisted, found.recall, found.recall_of_all) == (1, 1.0, 0.5)


def test_what_trackers_do_is_measured_alike() -> None:
    posts = [
        post("$aapl is IT, $MSFT", ("$aapl", "ticker")),
        post("AAPL", ("AAPL", "ticker")),
        post("$AAPL AAPL $UNHEARD"),
    ]
    cashtags = evaluate(RESOLVER, posts, RegexFinder(RESOLVER.symbol_of, upper=False))
    upper = evaluate(RESOLVER, posts, RegexFinder(RESOLVER.symbol_of, upper=True))
    assert (cashtags.mentions, cashtags.precision, cashtags.recall) == (3, 0.3333, 0.5)
    assert (upper.mentions, upper.precision, upper.recall) == (5, 0.4, 1.0)


def test_nothing_to_measure_is_no_error() -> None:
    assert evaluate(RESOLVER, []).precision == 0.0


@pytest.mark.parametrize("half", [0, 1])
def test_marked_posts_are_read_as_well_as_promised(half: int) -> None:
    posts = [
        marked
        for marked in marked_posts(read_lines("wsb_ticker_spans.jsonl.gz"))
        if hashlib.sha256(marked.text.encode()).digest()[0] % 2 == half
    ]
    found = evaluate(Resolver(us_listings()), posts)
    assert found.precision >= 0.90
    assert found.recall >= 0.75
    sure = [band for band in found.bands if band.low >= 0.9]
    assert all(band.precision >= 0.95 for band in sure)
