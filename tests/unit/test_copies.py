"""Which texts are copies of each other, by their keys."""

import doctest
from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import lib.text.copies
import lib.text.telling
from lib.text.copies import text_keys, words_of

SHORT = "$AAPL up 5% after hours, great quarter"
LONG = (
    "$AAPL the new phone is a wonder of design and everyone in the shop wanted to see it at once, so the shares will "
    "surely gain 5% by the end of the week"
)
WORDS = st.sampled_from(
    ["apple", "shop", "phone", "people", "think", "new", "market", "share", "is", "the", "of", "in", "design", "chart"]
)

texts = st.text(max_size=300)
sentences = st.lists(WORDS, min_size=12, max_size=40).map(" ".join)


def keys(text: str, *, stocks: Sequence[int] = (1,), author: str | None = "ann") -> list[int]:
    return text_keys(text, stocks, author=author, secret=b"secret")


def share(some: Sequence[int], others: Sequence[int]) -> bool:
    return not set(some).isdisjoint(others)


def copies(one: str, other: str) -> bool:
    return share(keys(one), keys(other))


@pytest.mark.parametrize("module", [lib.text.copies, lib.text.telling])
def test_examples(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


@given(texts)
def test_a_text_is_a_copy_of_itself_and_so_is_its_repost(text: str) -> None:
    assume(words_of(text))
    assert copies(text, text)
    assert copies(f"RT @someone: {text}", text)
    assert copies(text, f"RT @someone: {text}")


@pytest.mark.parametrize("text", [SHORT, LONG])
@pytest.mark.parametrize(
    "copy",
    [
        "RT @ann: {}",
        "RT @bob: RT @ann: {}",
        "{} https://t.co/abcdef",
        "{} http://other.example.com/page?x=1",
        "@carol {}",
        "{} via @dave",
        "{} #stocks #trading",
        "{} #stocks https://t.co/x #money",
        "  {}  !!",
        '"{}"',
    ],
)
def test_what_copiers_change_changes_nothing(text: str, copy: str) -> None:
    assert copies(copy.format(text), text)
    assert copies(copy.format(text.upper()), text)


def test_entities_quotes_and_widths_are_one_spelling() -> None:
    assert copies("$T AT&amp;T doesn’t look good here", "$T AT&T doesn't look good here")
    assert copies("＄ＡＡＰＬ is looking great", "$AAPL is looking great")


@pytest.mark.parametrize("text", [SHORT, LONG])
@pytest.mark.parametrize(
    ("said", "instead"),
    [("5%", "6%"), ("5%", "-5%"), ("5%", "5"), ("$AAPL", "$MSFT"), ("$AAPL", "$AAPL not"), ("the", "?")],
)
def test_a_number_a_negation_a_question_or_a_stock_makes_another_text(text: str, said: str, instead: str) -> None:
    assert not copies(text.replace(said, instead, 1) if said in text else text + instead, text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AAPL up 5%", "AAPL up 6%"),
        ("AAPL up 5%", "AAPL down 5%"),
        ("buy $AAPL right now", "sell $AAPL right now"),
        ("buy $AAPL right now", "do not buy $AAPL right now"),
        ("$AAPL looks good to me #bullish", "$AAPL looks good to me #bearish"),
        ("$AAPL 📈 looks like a plan", "$AAPL 📉 looks like a plan"),
        ("삼성전자 오늘 주가 상승 전망", "삼성전자 오늘 주가 하락 전망"),
        ("삼성전자 오늘 안 오를 것 같다", "삼성전자 오늘 오를 것 같다"),
        (LONG, LONG.replace("gain", "lose")),
        (LONG, LONG.replace("will surely", "will not surely")),
        (LONG, LONG.replace("week", "month") + " isn't it"),
    ],
)
def test_the_opposite_is_no_copy(one: str, other: str) -> None:
    assert not copies(one, other)


def test_a_template_about_another_stock_is_no_copy() -> None:
    template = "{} hits a new 52-week high on heavy volume, here is the chart that every trader should look at today"
    one, other = template.format("$AAPL"), template.format("$MSFT")
    assert not share(keys(one, stocks=[1]), keys(other, stocks=[2]))
    assert not share(keys(template.format("Apple"), stocks=[1]), keys(template.format("Microsoft"), stocks=[2]))
    assert not share(keys("Apple beats Google", stocks=[1, 2]), keys("Google beats Apple", stocks=[2, 1]))


@given(sentences, st.integers(0, 100), WORDS)
def test_one_word_more_at_the_end_of_a_long_text_is_little(text: str, place: int, word: str) -> None:
    assume(len(set(zip(text.split(), text.split()[1:], strict=False))) >= 20)
    assert copies(f"{text} {word}", text)


@given(st.lists(WORDS, min_size=1, max_size=9), WORDS)
def test_short_texts_agree_in_every_word(words: list[str], word: str) -> None:
    assert not copies(" ".join(["great", "stuff", *words, word]), " ".join(["great", "stuff", *words]))


@given(sentences, sentences)
def test_long_texts_with_little_in_common_are_no_copies(one: str, other: str) -> None:
    first, second = (set(zip(t.split(), t.split()[1:], strict=False)) for t in (one, other))
    assume(len(first & second) < 0.3 * len(first | second))
    # three parts, each of which must agree in full
    assert not copies(one, other) or len(first & second) >= 3


@pytest.mark.parametrize("link", ["https://t.co/abc", ""])
def test_a_repost_that_was_cut_off_in_its_last_word_or_link_is_a_copy(link: str) -> None:
    said = LONG.replace("5%", "much") + " then"
    assert copies(f"RT @ann: {said[:-2]}…", said)
    assert copies(f"RT @ann: {said} {link[:9]}…", f"{said} {link}")


def test_an_ellipsis_at_the_end_of_a_short_text_is_a_way_of_speaking() -> None:
    assert not copies("$AAPL going up…", "$AAPL going down…")


def test_a_text_without_words_of_its_own_is_copied_by_its_author_alone() -> None:
    assert share(keys("$AAPL http://a.example", author="ann"), keys("$AAPL http://b.example", author="ann"))
    assert not share(keys("$AAPL http://a.example", author="ann"), keys("$AAPL http://b.example", author="bob"))
    assert keys("$AAPL", author=None) == []
    assert share(keys("buy $AAPL now", author="ann"), keys("buy $AAPL now", author="bob"))


def test_keys_tell_nothing_without_the_secret() -> None:
    assert not set(text_keys(LONG, [1], author=None, secret=b"one")) & set(keys(LONG))


@pytest.mark.parametrize(
    "text", ["", " ", "🚀" * 100, "a" * 1_000_000, "\ud800 broken", "#a #b", "&amp;" * 9, "RT @a", "?" * 9, "١٢٣ مرحبا"]
)
def test_every_text_has_an_answer(text: str) -> None:
    assert len(keys(text)) <= 5
    assert all(-(1 << 63) <= key < 1 << 63 for key in keys(text))


def test_keys_stay_what_they_are() -> None:
    """They are stored: another way to make them would find no copies of what was said before."""
    assert keys(SHORT) == [-7140337653363578794]
    assert sorted(keys(LONG)) == [-6196707257828669108, -5013497050936154132, -3695751493430687546]
