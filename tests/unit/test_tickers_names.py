"""Registered names to the names people use, and which paper speaks for a company."""

import pytest

from lib.domain.symbols import Listing
from lib.tickers.names import Share, company_key, key, share_of, shorter_keys


@pytest.mark.parametrize(
    ("name", "company"),
    [
        ("Apple Inc. Common Stock", "apple"),
        ("Samsung Electronics Co., Ltd.", "samsung electronics"),
        ("Alphabet Inc. Class C Capital Stock", "alphabet"),
        ("Berkshire Hathaway Inc. Class B", "berkshire hathaway"),
        ("Boeing Company (The) Common Stock", "boeing"),
        (
            "Alibaba Group Holding Limited American Depositary Shares each representing eight Ordinary share",
            "alibaba group holding",
        ),
        ("Armada Acquisition Corp. III Units", "armada acquisition corp iii"),
        ("AT&T Inc.", "at&t"),
        ("McDonald’s Corporation", "mcdonald's"),
        ("Nuveen Floating Rate Income Fund Common Stock", "nuveen floating rate income fund"),
        ("Korea Fund Inc. (The) New Common Stock", "korea fund"),
        ("HYUNDAI MOTOR CO.,LTD", "hyundai motor"),
        ("T.S. Investment Corporation", "ts investment"),
        ("Units", "units"),
    ],
)
def test_company_key(name: str, company: str) -> None:
    assert company_key(name) == company


def test_words_of_description_go_one_by_one() -> None:
    assert shorter_keys("palantir technologies") == ["palantir"]
    assert shorter_keys("apple") == []
    assert shorter_keys("group holdings") == ["group"]


def test_key_folds_accents_and_typographic_apostrophes() -> None:
    assert key("Nestlé S.A.") == "nestle sa"
    assert key("Macy’s") == "macy's"
    assert key("삼성 전자(주)") == "삼성 전자 주"


@pytest.mark.parametrize(
    ("symbol", "name", "share"),
    [
        ("AAPL", "Apple Inc. Common Stock", Share.COMMON),
        ("BABA", "Alibaba Group Holding Limited American Depositary Shares", Share.COMMON),
        ("BAC-PE", "Bank of America Corporation Depositary Sh repstg Perp Pfd Ser E", Share.PREFERRED),
        ("GJO", "Some Trust 5.10% Notes due 2033", Share.DEBT),
        ("AACIW", "Armada Acquisition Corp. III Warrant", Share.DERIVED),
        ("AACIU", "Armada Acquisition Corp. III Units", Share.DERIVED),
        ("005930.KS", "Samsung Electronics Co., Ltd.", Share.COMMON),
        ("005935.KS", "Samsung Electronics Co., Ltd.", Share.PREFERRED),
        ("00104K.KS", "CJ4우(전환)", Share.PREFERRED),
        ("UNT", "Unit Corporation", Share.COMMON),
    ],
)
def test_share_of(symbol: str, name: str, share: Share) -> None:
    assert share_of(Listing(symbol=symbol, name=name)) is share


def test_a_kind_that_the_importer_knew_goes_first() -> None:
    assert share_of(Listing(symbol="ABC", name="Abc Inc.", kind="warrant")) is Share.DERIVED
