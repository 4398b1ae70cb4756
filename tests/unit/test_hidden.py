"""What no line may hold is taken out, and the rest of the text stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.hidden import HIDDEN, hidden, hidden_in

SECRETS = {
    "database": ("cannot reach postgresql://insite:s3cr3t-pw@db:5432/x", "s3cr3t-pw", "db:5432/x"),
    "redis": ("redis://:s3cr3t-pw@cache:6379/0 is away", "s3cr3t-pw", "cache:6379"),
    "query": ("GET https://api.example.com/v1?api_key=s3cr3t&x=1 failed", "s3cr3t", "failed"),
    "hook": ("POST https://hooks.slack.com/services/T000/B000/s3cr3t", "s3cr3t", "hooks.slack.com"),
    "row": ("duplicate key\nDETAIL:  Key (email)=(kim@example.com) already exists.", "kim@", "duplicate key"),
    "parameters": ("[SQL: INSERT]\n[parameters: ('s3cr3t', 1)]", "s3cr3t", "INSERT"),
    "bearer": ("Authorization: Bearer c2VjcmV0LXRva2Vu", "c2VjcmV0LXRva2Vu", "Authorization"),
    "api key": ("used ick_abc-DEF_123 here", "abc-DEF_123", "here"),
    "refresh": ("icr_abcDEF123 was used twice", "abcDEF123", "twice"),
    "jwt": ("token eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln ended", "eyJhbGci", "ended"),
    "assignment": ("password='tram seven coal' is short", "tram seven", "is short"),
    "json": ('{"client_secret": "s3cr3t-x", "n": 1}', "s3cr3t-x", '"n": 1'),
    "address": ("mail to kim.lee+x@sub.example.co.kr bounced", "kim.lee", "bounced"),
    "identity": ("AGE-SECRET-KEY-1QQQQQQ is no key", "1QQQQQQ", "is no key"),
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_goes_and_the_rest_stays(name: str) -> None:
    text, secret, rest = SECRETS[name]
    shown = hidden(text)
    assert secret not in shown
    assert rest in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bars stored",
        "/api/v1/stocks/005930.KS/bars",
        "$AAPL to the moon",
        "https://feeds.example.com/rss.xml was not modified",
        "SELECT id FROM users WHERE email = $1",
        "Check that it is running and that INSITECHART_DATABASE_URL is right.",
        "삼성전자 8만원",
    ],
)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert hidden(text) == text


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_value_can_be_looked_at(value: object) -> None:
    assert hidden_in(hidden_in(value)) == hidden_in(value)
