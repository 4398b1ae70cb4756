"""HTML becomes the text that a person would read, whatever the HTML is, and soon."""

from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.text.markup import plain_text, tidy


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain", "plain"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("a<b>b</b>c<br/>d", "abc\nd"),
        ("<ul><li>one<li>two</ul>", "one\ntwo"),
        ("AT&amp;T &lt;b&gt; &nbsp;&#8217;&#128640;", "AT&T <b> ’🚀"),
        ("5 < 6 and 7 > 6, <3", "5 < 6 and 7 > 6, <3"),
        ("<a href=\"x\" title='a > b'>link</a>", "link"),
        ("<!-- <p>no</p> -->yes", "yes"),
        ("<SCRIPT>if (a < b) x('</p>')</SCRIPT >yes<style>p{}</style>", "yes"),
        ("<![CDATA[in <i>side</i>]]>", "in side"),
        ("cut in the middle of <a href='https://exa", "cut in the middle of"),
        ("<!DOCTYPE html><?xml x?>yes", "yes"),
        ("\0a\ud800b\u200b\ufeff\r\nc\r\rd \t e", "ab\u200b\nc\nd e"),
        ("<p>삼성<b>전자</b>가</p>", "삼성전자가"),
        ("", ""),
    ],
)
def test_what_a_person_would_read(markup: str, text: str) -> None:
    assert plain_text(markup) == text


_PIECES = st.sampled_from(
    [
        "<",
        ">",
        "</",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<p",
        "<b>",
        "<script>",
        "</script",
        "'",
        '"',
        "=",
        "&",
        "&amp;",
    ]
)


@given(st.lists(_PIECES | st.text(max_size=5)).map("".join))
def test_whatever_comes_in_can_be_stored_and_is_tidy(markup: str) -> None:
    text = plain_text(markup)
    assert "\0" not in text
    text.encode()
    assert tidy(text) == text


@given(st.text(alphabet=st.characters(exclude_characters="<>&", exclude_categories=["C", "Z"])))
def test_words_without_markup_stay(words: str) -> None:
    assert plain_text(words) == words


@pytest.mark.parametrize("unit", ["<a b='", "<a", "<!--", "<![CDATA[", "<script>x</script", '<a b="x" ', "&", "<"])
def test_it_takes_no_longer_than_its_length_allows(unit: str) -> None:
    began = monotonic()
    plain_text(unit * 50_000)
    assert monotonic() - began < 5
