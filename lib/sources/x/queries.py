"""What X is asked to search for, one listing at a time. It does not ask.

A US ticker is searched as its cashtag alone: the name of a company finds mostly talk about its products, and every
post found is paid. X knows no cashtags of other markets, so their listings are searched by name, in Korean and English,
and by the code.
"""

import re

from lib.domain.symbols import Listing
from lib.tickers.names import company_key

# the longest query that X takes from who pays as he goes
LONGEST = 512

_US = re.compile(r"([A-Z]{1,6})(?:-([A-Z]{1,2}))?")
_ELSEWHERE = re.compile(r"(\w+)\.[A-Z]{1,4}")
_NO_RETWEETS = " -is:retweet"


def query(listing: Listing) -> str:
    """The search that finds what is said of `listing`, originals only: a retweet repeats what is already there.

    >>> query(Listing(symbol="BRK-B", name="Berkshire Hathaway Inc."))
    '$BRK.B -is:retweet'
    >>> query(Listing(symbol="005930.KS", name="Samsung Electronics Co., Ltd.", name_ko="삼성전자"))
    '("삼성전자" OR "samsung electronics" OR "005930") -is:retweet'
    """
    ticker = _US.fullmatch(listing.symbol)
    if ticker:
        tag, share = ticker.groups()
        return f"${tag}.{share}{_NO_RETWEETS}" if share else f"${tag}{_NO_RETWEETS}"
    either = ""
    for phrase in _phrases(listing):
        longer = f"{either} OR {phrase}" if either else phrase
        if len(longer) + len(f"(){_NO_RETWEETS}") > LONGEST:
            break
        either = longer
    return (f"({either})" if " OR " in either else either) + _NO_RETWEETS


def _phrases(listing: Listing) -> list[str]:
    code = _ELSEWHERE.fullmatch(listing.symbol)
    named = [listing.name_ko or "", company_key(listing.name) if listing.name != listing.symbol else ""]
    spellings = [*named, code[1] if code else listing.symbol, *listing.aliases]
    # a quotation mark would end the phrase, and case does not matter
    plain = (re.sub(r'["\s]+', " ", spelling).strip()[:100] for spelling in spellings)
    return [f'"{phrase}"' for phrase in {phrase.casefold(): phrase for phrase in plain if phrase}.values()]
