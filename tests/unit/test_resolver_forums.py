"""How people in forums write of stocks: small letters, short forms, marks in between; and what only looks like it."""

import pytest

from lib.domain.symbols import Listing
from lib.tickers.resolver import Resolver
from tests.support.listings import KNOWN

FORUM = Resolver(
    (
        *KNOWN,
        Listing(symbol="BBBY", name="Bed Bath & Beyond Inc. Common Stock"),
        Listing(symbol="HOOD", name="Robinhood Markets Inc. Class A Common Stock"),
        Listing(symbol="RDDT", name="Reddit Inc. Class A Common Stock"),
        Listing(symbol="SNAP", name="Snap Inc. Class A Common Stock"),
        Listing(symbol="SAVE", name="Spirit Airlines Inc. Common Stock"),
        Listing(symbol="AXSM", name="Axsome Therapeutics Inc. Common Stock"),
        Listing(symbol="MOMO", name="Hello Group Inc. American Depositary Shares"),
        Listing(symbol="SPY", name="SPDR S&P 500 ETF Trust"),
        Listing(symbol="PDFS", name="PDF Solutions Inc. Common Stock"),
        Listing(symbol="377300.KS", name="Kakaopay Corp.", name_ko="카카오페이"),
    )
)

IN_FORUMS = [
    # small letters, where a ticker can be no word or everybody knows it
    ("bbby is holding", {"BBBY"}),
    ("or are you stuck in bbby?", {"BBBY"}),
    ("Axsm got approval for its drug", {"AXSM"}),
    ("sold my tsla and gme", {"TSLA", "GME"}),
    ("buying a million spy 1dte call contracts", {"SPY"}),
    ("snap puts are printing", {"SNAP"}),
    ("Any suggestions on SNAP? BUY, HOLD or SELL?", {"SNAP"}),
    ("the robinhood stock and reddit shares", {"HOOD", "RDDT"}),
    # what may stand beside a ticker
    ("AMD/NVDA calls", {"AMD", "NVDA"}),
    ("my bag of (tsla/gme/amd)", {"TSLA", "GME", "AMD"}),
    ("my GME-related losses", {"GME"}),
    ("AAPL은 내렸고 TSLA가 올랐다", {"AAPL", "TSLA"}),
    ("$AAPL&$TSLA and $MSFT&amp; more", {"AAPL", "TSLA", "MSFT"}),
    # Koreans on US stocks
    ("엔비 테슬라 애플 중에 뭐가 나을까", {"NVDA", "TSLA", "AAPL"}),
    ("마이크로소프트가 구글을", {"MSFT", "GOOG"}),
    ("카페이 매수", {"377300.KS"}),
]

NOT_IN_FORUMS = [
    "robinhood is down again, as reddit says",
    "in the likely hood that we save it",
    "Save the screen",
    "momo of my dog",
    "see the PDF of the presentation",
    "he calls for calm",
    "BAC.pe at home",
    "I spy with my little eye",
    "카페에서 커피를 마셨다",
    "bbby.com and x@bbby.com",
]


@pytest.mark.parametrize(("text", "expected"), IN_FORUMS)
def test_found_in_forums(text: str, expected: set[str]) -> None:
    assert {mention.symbol for mention in FORUM.resolve(text)} >= expected


@pytest.mark.parametrize("text", NOT_IN_FORUMS)
def test_abstained_in_forums(text: str) -> None:
    assert FORUM.resolve(text) == ()
