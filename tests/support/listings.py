"""Listings for tests: a few companies that everybody knows, with traps among them, and any number of made-up ones."""

import random
from datetime import date

from lib.domain.symbols import Listing

_US = {
    "AAPL": "Apple Inc. Common Stock",
    "MSFT": "Microsoft Corporation Common Stock",
    "TSLA": "Tesla Inc. Common Stock",
    "NVDA": "NVIDIA Corporation Common Stock",
    "AMD": "Advanced Micro Devices Inc. Common Stock",
    "INTC": "Intel Corporation Common Stock",
    "META": "Meta Platforms Inc. Class A Common Stock",
    "GOOG": "Alphabet Inc. Class C Capital Stock",
    "GOOGL": "Alphabet Inc. Class A Common Stock",
    "BRK-A": "Berkshire Hathaway Inc.",
    "BRK-B": "Berkshire Hathaway Inc.",
    "BAC": "Bank of America Corporation Common Stock",
    "BAC-PE": "Bank of America Corporation Depositary Sh repstg 1/1000th Perp Pfd Ser E",
    "TGT": "Target Corporation Common Stock",
    "GAP": "Gap Inc. (The) Common Stock",
    "V": "Visa Inc.",
    "ORCL": "Oracle Corporation Common Stock",
    "T": "AT&T Inc.",
    "A": "Agilent Technologies Inc. Common Stock",
    "IT": "Gartner Inc. Common Stock",
    "ON": "ON Semiconductor Corporation Common Stock",
    "ALL": "Allstate Corporation (The) Common Stock",
    "DD": "DuPont de Nemours Inc. Common Stock",
    "OPEN": "Opendoor Technologies Inc Common Stock",
    "CASH": "Pathward Financial Inc. Common Stock",
    "GME": "GameStop Corporation Common Stock",
    "MAXR": "Maxar Technologies Inc.",
    "HERE": "Here Group Limited American Depositary Shares",
    "AACI": "Armada Acquisition Corp. III Class A Ordinary Share",
    "AACIW": "Armada Acquisition Corp. III Warrant",
    "KT": "KT Corporation Common Stock",
}
_KOREAN = {
    "005930.KS": ("Samsung Electronics Co., Ltd.", "삼성전자"),
    "005935.KS": ("Samsung Electronics Co., Ltd.", "삼성전자우"),
    "009150.KS": ("Samsung Electro-Mechanics Co., Ltd.", "삼성전기"),
    "000660.KS": ("SK hynix Inc.", "SK하이닉스"),
    "034730.KS": ("SK Inc.", "SK"),
    "066570.KS": ("LG Electronics Inc.", "LG전자"),
    "035420.KS": ("NAVER Corporation", "NAVER"),
    "035720.KS": ("Kakao Corp.", "카카오"),
    "293490.KQ": ("Kakao Games Corp.", "카카오게임즈"),
    "005380.KS": ("Hyundai Motor Company", "현대차"),
    "001500.KS": ("현대차증권", "현대차증권"),
    "000270.KS": ("Kia Corporation", "기아"),
    "001680.KS": ("대상", "대상"),
    "192410.KQ": ("오늘이엔엠", "오늘이엔엠"),
    "143240.KQ": ("사람인", "사람인"),
    "030200.KS": ("KT Corporation", "KT"),
    "090430.KS": ("Amorepacific Corporation", "아모레퍼시픽"),
}

KNOWN: tuple[Listing, ...] = (
    *(Listing(symbol=symbol, name=name, exchange="NASDAQ", currency="USD") for symbol, name in _US.items()),
    *(
        Listing(symbol=symbol, name=name, name_ko=name_ko, exchange="KRX", currency="KRW")
        for symbol, (name, name_ko) in _KOREAN.items()
    ),
    Listing(symbol="GSX", name="GSX Techedu Inc.", listed_on=date(2019, 6, 6), delisted_on=date(2021, 6, 3)),
)

_SOUNDS = (
    "ba",
    "cor",
    "del",
    "fen",
    "gra",
    "hul",
    "jin",
    "kor",
    "lum",
    "mav",
    "nor",
    "pel",
    "qua",
    "rit",
    "sol",
    "tam",
    "vex",
    "zy",
)
_FORMS = (
    "Inc. Common Stock",
    "Corporation Common Stock",
    "Holdings Ltd. Ordinary Shares",
    "Corp. Warrant",
    "Therapeutics Inc.",
)
_SYLLABLES = "가나다라마바사아자차카타하고노도로모보소오조코토호구누두루무부수우주추"
_ENDINGS = ("전자", "화학", "제약", "바이오", "건설", "테크", "홀딩스", "우")


def made_up(count: int, *, seed: int = 7) -> list[Listing]:
    """`count` listings of companies that do not exist, half of them Korean; the same every time."""
    chance = random.Random(seed)
    found: dict[str, Listing] = {}
    while len(found) < count:
        if len(found) % 2:
            symbol = f"{chance.randrange(400_000, 990_000):06d}.{chance.choice(('KS', 'KQ'))}"
            name_ko = "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) + chance.choice(_ENDINGS)
            name = "".join(chance.choices(_SOUNDS, k=3)).capitalize() + " Co., Ltd."
            found[symbol] = Listing(symbol=symbol, name=name, name_ko=name_ko)
        else:
            symbol = "Z" + "".join(chance.choices("BCDFGHJKLMNPQRSTVWXZ", k=4))
            name = "".join(chance.choices(_SOUNDS, k=chance.randint(2, 4))).capitalize()
            found[symbol] = Listing(symbol=symbol, name=f"{name} {chance.choice(_FORMS)}")
    return list(found.values())
