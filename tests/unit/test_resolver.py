"""Which stocks a text is about: one case a layer and a trap, and what must hold for every text."""

import pickle
import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.sentiment import Mention
from lib.domain.symbols import Former, Listing
from lib.tickers.resolver import Resolver
from tests.support.listings import KNOWN

RESOLVER = Resolver(KNOWN)


def symbols(text: str, *, at: date | None = None) -> set[str]:
    return {mention.symbol for mention in RESOLVER.resolve(text, at=at)}


FOUND = [
    # cashtags
    ("$AAPL is flying", {"AAPL"}),
    ("long $tsla and $Nvda", {"TSLA", "NVDA"}),
    ("($BRK.B) or $BRK/A", {"BRK-B", "BRK-A"}),
    ("I like $AAPL.It is good", {"AAPL"}),
    ("$005930 and $000660.KS", {"005930.KS", "000660.KS"}),
    ("＄ＡＡＰＬ to the moon", {"AAPL"}),
    ("$T, $V; $A!", {"T", "V", "A"}),
    ("$FB beat", {"META"}),
    ("shares of $FB jumped", {"META"}),
    ("“$AAPL”, $TSLA’s plan and $NVDA🚀", {"AAPL", "TSLA", "NVDA"}),
    ("$AAPL은 $TSLA가", {"AAPL", "TSLA"}),
    # names and aliases in Latin letters
    ("Microsoft Corp. wins a contract", {"MSFT"}),
    ("bought some nvidia today", {"NVDA"}),
    ("NVIDIA’s new chip", {"NVDA"}),
    ("Samsung Electronics Co. will build a plant", {"005930.KS"}),
    ("Bank of America raised its dividend", {"BAC"}),
    ("Berkshire Hathaway holds Apple shares", {"BRK-B", "AAPL"}),
    ("Apple soars while Intel sinks", {"AAPL", "INTC"}),
    ("I think Apple will do well", {"AAPL"}),
    ("Target earnings tomorrow", {"TGT"}),
    ("AT&T cuts its payout", {"T"}),
    ("Armada Acquisition Corp. III finds a partner", {"AACI"}),
    ("hynix and kakao", {"000660.KS", "035720.KS"}),
    # Hangul, particles, short forms, longest match
    ("삼성전자가 올랐다", {"005930.KS"}),
    ("삼성전자에서 카카오로 갈아탔다", {"005930.KS", "035720.KS"}),
    ("삼성전자우의 배당", {"005935.KS"}),
    ("삼성전자우선주 말고", {"005930.KS"}),
    ("삼전 하닉 네이버 중에 뭐 살까", {"005930.KS", "000660.KS", "035420.KS"}),
    ("SK하이닉스는 신고가", {"000660.KS"}),
    ("LG전자, 삼성전기·카카오게임즈", {"066570.KS", "009150.KS", "293490.KQ"}),
    ("현대차증권은 현대차를 추천했다", {"001500.KS", "005380.KS"}),
    ("기아 주가 상승", {"000270.KS"}),
    ("대상 실적 발표", {"001680.KS"}),
    ("사람인 목표가 상향", {"143240.KQ"}),
    ("KT 주가가 올랐다", {"030200.KS"}),
    ("\u1109\u1161\u11b7\u1109\u1165\u11bc\u110c\u1165\u11ab\u110c\u1161가 올랐다", {"005930.KS"}),
    # bare tickers
    ("MAXR seems like a good play", {"MAXR"}),
    ("Why is GME dropping so much", {"GME"}),
    ("sold my AMD calls", {"AMD"}),
    ("the carrier (NYSE: T) said", {"T"}),
    ("Gartner (NYSE:IT) and Allstate (NYSE: ALL)", {"IT", "ALL"}),
    ("BRK.B shares", {"BRK-B"}),
    ("삼성 (005930) 매수", {"005930.KS"}),
    ("005930.KS +2%", {"005930.KS"}),
    ("035720 매수 추천", {"035720.KS"}),
]

ABSTAINED = [
    "cost me $5, $5M or US$AAPL in $USD",
    "Share on $FB",
    "Share this: $FB $SNAP",
    "see https://example.com/$AAPL?q=$TSLA and a.b@apple.com, @Tesla, www.nvidia.com",
    "ca$h and $cash and lu$t and I$T",
    "$T€PH, $T@ND, $T∆R, $AÞ, $T$ and $V=3",
    "RT @somebody: the plan is to buy $AAP… http://example.com $A…",
    "long $A_F and $T_F",
    "$VOD.L $BTC.X",
    "an apple a day; the target of the gap; my visa ran out",
    "Price target raised. Target price cut, gap up",
    "Oracle of Omaha",
    "Here we go, people",
    "ALL IN ON A YOLO, CEO SAID IT. DD: USA EPS",
    "I AM SHOUTING ABOUT AMD AND MAXR ALL DAY",
    "OPEN the door",
    "EDIT: it is ON",
    "tamd amd1 xAMD AMD_x AMDs",
    "11.3m after 13.8m, and 3m more",
    "오늘 날씨가 좋다",
    "오늘이엔엠터",
    "대상을 받은 사람인 것 같다",
    "기아에 허덕이는 사람들",
    "조사 대상 기업의 실적은 좋았다",
    "카카오게임이 좋다",
    "신삼성전자아파트",
    "전화 005930 번, 2005930, 005930원",
    "KT is a band, SK too",
    "나스닥 nasdaq과 dow jones 하락, 거래소 NYSE",
    "",
    "🚀🚀🚀",
]


def test_a_ticker_by_itself_means_a_listing_of_the_day() -> None:
    assert RESOLVER.symbol_of(" $aapl ") == "AAPL"
    assert RESOLVER.symbol_of("FB") == "META"
    assert RESOLVER.symbol_of("005930") == "005930.KS"
    assert RESOLVER.symbol_of("GSX", at=date(2022, 1, 1)) is None
    assert RESOLVER.symbol_of("NOSUCH") is None


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_found(text: str, expected: set[str]) -> None:
    assert symbols(text) == expected


@pytest.mark.parametrize("text", ABSTAINED)
def test_abstained(text: str) -> None:
    assert symbols(text) == set()


def test_spans_count_code_points_of_the_text_as_given() -> None:
    text = "🚀 ＄ＡＡＰＬ, 삼성전자가 and \u1109\u1161\u11b7\u110c\u1165\u11ab"
    mentions = RESOLVER.resolve(text)
    assert [(m.symbol, text[m.start : m.end]) for m in mentions] == [("AAPL", "＄ＡＡＰＬ"), ("005930.KS", "삼성전자")]


def test_a_symbol_is_mentioned_once_with_its_strongest_evidence() -> None:
    (mention,) = RESOLVER.resolve("Apple shares: why $AAPL, AAPL calls?")
    assert mention == Mention("AAPL", "cashtag", 0.99, 18, 23)


def test_methods_are_told_apart() -> None:
    mentions = RESOLVER.resolve("$TSLA, Microsoft Corporation, 삼전, MAXR calls")
    assert {m.symbol: m.method for m in mentions} == {
        "TSLA": "cashtag", "MSFT": "alias", "005930.KS": "alias", "MAXR": "ticker"
    }  # fmt: skip


def test_a_listing_is_found_only_while_it_existed() -> None:
    assert symbols("$GSX", at=date(2020, 1, 1)) == {"GSX"}
    assert symbols("$GSX", at=date(2019, 6, 5)) == set()
    assert symbols("$GSX", at=date(2021, 6, 3)) == set()


def test_a_name_passes_to_who_has_it_on_the_day() -> None:
    old = Listing(symbol="OLDX", name="Zyvatron Inc.", delisted_on=date(2015, 1, 1))
    new = Listing(symbol="NEWX", name="Zyvatron Inc.", listed_on=date(2018, 1, 1))
    resolver = Resolver([old, new])
    assert [m.symbol for m in resolver.resolve("Zyvatron rises")] == ["NEWX"]
    assert [m.symbol for m in resolver.resolve("Zyvatron rises", at=date(2014, 1, 1))] == ["OLDX"]
    assert resolver.resolve("Zyvatron rises", at=date(2016, 1, 1)) == ()


def test_imported_aliases_count_and_a_former_ticker_is_marked_by_its_sign() -> None:
    resolver = Resolver([Listing(symbol="NEWT", name="Qorvex Inc.", aliases=("Zumbar Labs", "$OLDT", "큐벡스"))])
    for text in ("Zumbar Labs", "$OLDT", "큐벡스가 올랐다"):
        assert [m.symbol for m in resolver.resolve(text)] == ["NEWT"], text


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        # the old ticker in its days, and since, until another company takes it
        ("$FB calls", date(2015, 3, 2), "META"),
        ("$FB calls", date(2023, 3, 2), "META"),
        ("$FB calls", None, "META"),
        ("FB calls", date(2015, 3, 2), "META"),
        # the new one from its first day on, the company's names at any time
        ("$META calls", date(2015, 3, 2), None),
        ("$META calls", date(2022, 6, 8), None),
        ("$META calls", date(2022, 6, 9), "META"),
        ("Facebook shares rise", date(2015, 3, 2), "META"),
        # what became of companies is a chain, and who takes a ticker since has its own days
        ("$CBS", date(2016, 3, 2), "PSKY"),
        ("$VIAC", date(2020, 3, 2), "PSKY"),
        ("$PARA", date(2023, 3, 2), "PSKY"),
        ("$PARA", date(2025, 8, 7), "PARA"),
        ("$PARA $CBS", None, "PARA PSKY"),
        ("$FI", date(2024, 3, 2), "FISV"),
        ("$FISV", date(2020, 3, 2), "FISV"),
        ("$FISV", date(2024, 3, 2), "FISV"),
        # as an import says it
        ("$OLDX", date(2019, 12, 31), "NEWX"),
        ("$OLDER", date(2010, 1, 1), "NEWX"),
        ("$NEWX", date(2019, 12, 31), None),
        # in small letters it is a word
        ("the peak of interest in shares", None, None),
    ],
)
def test_a_ticker_means_who_had_it_on_the_day(text: str, at: date | None, expected: str | None) -> None:
    resolver = Resolver(
        [
            Listing(symbol="META", name="Meta Platforms Inc. Class A Common Stock"),
            Listing(symbol="PSKY", name="Paramount Skydance Corporation Class B Common Stock"),
            Listing(symbol="PARA", name="Banzai International Inc. Class A Common Stock"),
            Listing(symbol="FISV", name="Fiserv Inc. Common Stock"),
            Listing(symbol="DOC", name="Healthpeak Properties Inc. Common Stock"),
            Listing(
                symbol="NEWX",
                name="Zyvatron Inc.",
                # as lists have it that count from the latest change
                listed_on=date(2020, 1, 1),
                former=(Former("OLDX", date(2020, 1, 1)), Former("OLDER", date(2012, 1, 1))),
            ),
        ]
    )
    mentions = resolver.resolve(text, at=at)
    assert [mention.symbol for mention in mentions] == (expected or "").split()


def test_many_cashtags_are_weaker_evidence() -> None:
    few = RESOLVER.resolve("$AAPL $MSFT")
    many = RESOLVER.resolve("$AAPL $MSFT $TSLA $NVDA $AMD $INTC $META $GOOG $BAC $V $T $A")
    assert few[0].confidence > many[0].confidence


def test_a_listing_without_a_symbol_is_nobody() -> None:
    assert Resolver([Listing(symbol="", name="Zyvatron Inc.")]).resolve("$ Zyvatron $, ($)") == ()


def test_no_listings_no_mentions() -> None:
    assert Resolver([]).resolve("$AAPL Apple shares, 삼성전자, AAPL calls") == ()


PIECES = ["$AAPL", "Apple", "삼성전자", "가", "calls", " ", "\n", "GME", "005930", ".KS", "@", "http://", "🚀"]
PIECES += [
    "＄",
    "\u1109\u1161",
    "İ",
    "ﬁ",
    "\0",
    "\ud800",
    "<b>",
    "&amp;",
    "&",
    "\u202e",
    "שלום",
    "$BRK.",
    "BRK-B",
    "NYSE: ",
    "/",
]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join))


@settings(deadline=None)
@given(TEXTS)
def test_mentions_lie_in_the_text_in_order_and_once(text: str) -> None:
    mentions = RESOLVER.resolve(text)
    assert all(0 <= m.start < m.end <= len(text) and 0 < m.confidence <= 1 for m in mentions)
    assert list(mentions) == sorted(mentions, key=lambda m: m.start)
    assert len({m.symbol for m in mentions}) == len(mentions)


@settings(deadline=None)
@given(TEXTS, st.randoms(use_true_random=False))
def test_the_order_of_the_listings_does_not_matter(text: str, chance: random.Random) -> None:
    assert OTHERS[chance.randrange(len(OTHERS))].resolve(text) == RESOLVER.resolve(text)


OTHERS = [Resolver(random.Random(seed).sample(KNOWN, len(KNOWN))) for seed in range(3)]


@settings(deadline=None)
@given(TEXTS, st.sampled_from(["Nothing to see here.", "the end", "안녕하세요", "1 2 3", ""]))
def test_a_further_line_takes_no_cashtag_away(text: str, line: str) -> None:
    before = {m.symbol for m in RESOLVER.resolve(text) if m.method == "cashtag"}
    after = {m.symbol for m in RESOLVER.resolve(f"{text}\n{line}") if m.method == "cashtag"}
    assert before <= after


def test_a_pickled_resolver_resolves_the_same() -> None:
    copy = pickle.loads(pickle.dumps(RESOLVER))
    for text, _ in FOUND:
        assert copy.resolve(text) == RESOLVER.resolve(text)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 300_000,
        "$AAPL " * 30_000,
        "삼성전자 " * 30_000,
        "@" * 100_000,
        "Apple." * 20_000,
        "AMD " * 30_000,
        "＄" * 50_000,
        "카카오게임" * 9_000,
        "KT " * 20_000,
        "a/.b" * 20_000,
        "a." * 20_000 + "@",
        "NYSE: " * 20_000,
        "aapl " * 30_000,
        "Apple/" * 20_000,
        "BRK-" * 20_000,
        "\0" * 100_000,
        "<p>" * 50_000,
    ],
)
def test_long_texts_end(text: str) -> None:
    assert len(RESOLVER.resolve(text)) <= 1
