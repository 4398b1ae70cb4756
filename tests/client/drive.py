"""Drives a generated client against a running API: run by the client's own interpreter, which has nothing of ours.

Usage: drive.py ADDRESS PASSWORD. Every step checks what came by its type; the last line it prints is `ok`.
"""

import sys

from insitechart_client import AuthenticatedClient, Client
from insitechart_client.api.health import get_readiness
from insitechart_client.api.operations import get_sources
from insitechart_client.api.sentiment import analyze_text, get_posts, get_sentiment, get_sentiment_series, get_trending
from insitechart_client.api.stocks import get_bars, get_stock, search_stocks
from insitechart_client.api.users import (
    change_watchlist,
    delete_alert,
    delete_watchlist,
    get_alert_history,
    get_alerts,
    get_api_keys,
    get_me,
    get_token,
    get_watchlists,
    make_alert,
    make_api_key,
    make_watchlist,
    test_alert,
)
from insitechart_client.models import (
    AccountView,
    AlertList,
    AlertMade,
    AlertWanted,
    Analysis,
    AnalyzeRequest,
    BarsTable,
    FiringPage,
    KeyList,
    KeyMade,
    KeyWanted,
    PostPage,
    Problem,
    Readiness,
    Sentiment,
    SeriesTable,
    SourceList,
    Stock,
    StockPage,
    TestResult,
    TokenForm,
    TokenProblem,
    Tokens,
    Trending,
    WatchlistChange,
    WatchlistItem,
    Watchlists,
    WatchlistWanted,
)


def main(address: str) -> None:
    """Asks for everything once."""
    with Client(base_url=address, raise_on_unexpected_status=True) as client:
        find(client)
        read_bars(client)
        read_sentiment(client)
        analyze(client)
        be_refused(client)
        token = sign_in(client)
    with AuthenticatedClient(base_url=address, token=token, raise_on_unexpected_status=True) as known:
        key = have_an_account(known)
        keep_a_watchlist(known)
        be_alerted(known)
    with AuthenticatedClient(base_url=address, token=key, prefix="", auth_header_name="X-API-Key") as program:
        act_by_key(program)
    sys.stdout.write("ok\n")


def find(client: Client) -> None:
    """Search by name, page by page, and one listing in full."""
    found = search_stocks.sync(client=client, q="삼성전자")
    assert isinstance(found, StockPage)
    assert found.items[0].symbol == "005930.KS"
    assert found.items[0].match is not None
    first = search_stocks.sync(client=client, limit=2)
    assert isinstance(first, StockPage)
    assert isinstance(first.next_, str)
    second = search_stocks.sync(client=client, limit=2, cursor=first.next_)
    assert isinstance(second, StockPage)
    assert second.next_ is None
    assert {item.symbol for item in first.items + second.items} == {"AAPL", "NVDA", "005930.KS", "BRK-B"}
    stock = get_stock.sync("AAPL", client=client)
    assert isinstance(stock, Stock)
    assert stock.last_bar is not None
    assert stock.last_bar.start.tzinfo is not None
    assert stock.last_sentiment is not None
    ready = get_readiness.sync(client=client)
    assert isinstance(ready, Readiness)
    assert ready.parts["database"].state == "ok"


def read_bars(client: Client) -> None:
    """Columns of equal length; an answer that is known already is not sent again."""
    bars = get_bars.sync("AAPL", client=client, interval="1d", limit=5)
    assert isinstance(bars, BarsTable)
    assert len(bars.start) == len(bars.close) == 5
    assert bars.truncated
    answer = get_bars.sync_detailed("AAPL", client=client)
    again = client.with_headers({"If-None-Match": answer.headers["etag"]})
    assert get_bars.sync_detailed("AAPL", client=again).status_code == 304


def read_sentiment(client: Client) -> None:
    """The summary, the series, the ranking and the posts themselves."""
    summary = get_sentiment.sync("AAPL", client=client, window="7d")
    assert isinstance(summary, Sentiment)
    assert summary.label in ("positive", "neutral", "negative")
    assert summary.confidence in ("none", "low", "medium", "high")
    assert summary.by_source[0].source == "reddit"
    series = get_sentiment_series.sync("AAPL", client=client, interval="1h")
    assert isinstance(series, SeriesTable)
    assert len(series.start) == len(series.score) > 0
    trending = get_trending.sync(client=client, window="7d", market="KR")
    assert isinstance(trending, Trending)
    assert [item.symbol for item in trending.items] == ["005930.KS"]
    page = get_posts.sync("AAPL", client=client, limit=3, label="positive")
    assert isinstance(page, PostPage)
    assert len(page.items) == 3
    assert page.items[0].mentions[0].symbol == "AAPL"


def analyze(client: Client) -> None:
    """A text is read, with its reasons."""
    told = analyze_text.sync(client=client, body=AnalyzeRequest(text="$AAPL crushed it again, great quarter!"))
    assert isinstance(told, Analysis)
    assert told.label == "positive"
    assert told.mentions[0].symbol == "AAPL"
    assert abs(sum(term.weight for term in told.explanation) - told.raw) < 0.01


def be_refused(client: Client) -> None:
    """Problems are typed, too."""
    unknown = get_stock.sync("NOSUCH", client=client)
    assert isinstance(unknown, Problem)
    assert (unknown.status, unknown.type_) == (404, "urn:insitechart:unknown-symbol")
    bad = get_bars.sync("AAPL", client=client, start="yesterday")
    assert isinstance(bad, Problem)
    assert (bad.status, bad.parameter) == (400, "start")
    assert bad.hint
    empty = analyze_text.sync(client=client, body=AnalyzeRequest(text=""))
    assert isinstance(empty, Problem)
    assert empty.parameter == "text"


def sign_in(client: Client) -> str:
    """By the OAuth2 form; the access token."""
    form = TokenForm(grant_type="password", username="operator@example.com", password=sys.argv[2])
    tokens = get_token.sync(client=client, body=form)
    assert isinstance(tokens, Tokens)
    wrong = get_token.sync(client=client, body=TokenForm(grant_type="password", username="x@example.com", password="x"))
    assert isinstance(wrong, TokenProblem)
    assert wrong.error == "invalid_grant"
    nobody = get_me.sync(client=client)
    assert isinstance(nobody, Problem)
    assert nobody.status == 401
    return tokens.access_token


def have_an_account(known: AuthenticatedClient) -> str:
    """The account, and a key of it for programs."""
    me = get_me.sync(client=known)
    assert isinstance(me, AccountView)
    assert (me.email, me.role) == ("operator@example.com", "operator")
    made = make_api_key.sync(client=known, body=KeyWanted(name="a program", scopes=["read", "operations"]))
    assert isinstance(made, KeyMade)
    keys = get_api_keys.sync(client=known)
    assert isinstance(keys, KeyList)
    assert [key.name for key in keys.items] == ["a program"]
    return made.key


def keep_a_watchlist(known: AuthenticatedClient) -> None:
    """Made, listed, changed by the version that was read, deleted."""
    wanted = WatchlistWanted(name="Chips · 반도체", symbols=["005930.KS", "AAPL"], default=True)
    made = make_watchlist.sync(client=known, body=wanted)
    assert isinstance(made, WatchlistItem)
    lists = get_watchlists.sync(client=known)
    assert isinstance(lists, Watchlists)
    assert [(kept.id, kept.symbols, kept.default) for kept in lists.items] == [(made.id, ["005930.KS", "AAPL"], True)]
    change = WatchlistChange(version=made.version, symbols=["AAPL"])
    changed = change_watchlist.sync(made.id, client=known, body=change)
    assert isinstance(changed, WatchlistItem)
    assert changed.symbols == ["AAPL"]
    late = change_watchlist.sync(made.id, client=known, body=change)
    assert isinstance(late, Problem)
    assert late.status == 409
    assert delete_watchlist.sync_detailed(made.id, client=known).status_code == 204


def be_alerted(known: AuthenticatedClient) -> None:
    """A mail where a price rises above a threshold: made, listed, tried, and without firings so far."""
    wanted = AlertWanted(symbol="AAPL", measure="price", direction="above", threshold="250.5", channel="email")
    made = make_alert.sync(client=known, body=wanted)
    assert isinstance(made, AlertMade)
    assert (made.threshold, made.window, made.secret) == ("250.5", None, None)
    alerts = get_alerts.sync(client=known)
    assert isinstance(alerts, AlertList)
    assert [alert.id for alert in alerts.items] == [made.id]
    tried = test_alert.sync(made.id, client=known)
    assert isinstance(tried, TestResult)
    assert tried.outcome in ("delivered", "later")
    history = get_alert_history.sync(made.id, client=known)
    assert isinstance(history, FiringPage)
    assert (history.items, history.next_) == ([], None)
    assert delete_alert.sync_detailed(made.id, client=known).status_code == 204


def act_by_key(program: AuthenticatedClient) -> None:
    """A key opens what its scopes say, and nothing else."""
    assert isinstance(get_sources.sync(client=program), SourceList)
    refused = get_me.sync(client=program)
    assert isinstance(refused, Problem)
    assert refused.status == 403


if __name__ == "__main__":
    main(sys.argv[1])
