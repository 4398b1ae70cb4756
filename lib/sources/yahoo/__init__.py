"""Yahoo Finance through yfinance, without a key: daily, hourly and minute bars, dividends and splits, headlines, and
listings by what people write.

`client` is the source; `asking` puts one question, `session` watches every request that yfinance makes of it, and
`verdicts` tells what an answer is worth. `answers`, `articles` and `listings` turn answers into what the project keeps,
`numbers` floats into decimals; `windows` knows how far back Yahoo answers, `cache` finds yfinance a folder. Terms and
limits: docs/sources/yahoo.md.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from lib.sources.declared import Declaration, Opening
from lib.sources.posts import PostSource

__all__ = ["DECLARATION"]


@asynccontextmanager
async def _open(opening: Opening) -> AsyncIterator[PostSource]:
    # pandas takes seconds and 80 MB to load: whoever merely lists the sources must not pay for it
    from lib.sources.yahoo.client import Manners, Yahoo

    settings = opening.settings
    spacing_s, concurrency = 60 / settings.yahoo_calls_per_minute, settings.yahoo_concurrency
    # at a very low rate the own threads alone make each other wait
    patience_s = max(20.0, 2 * concurrency * spacing_s)
    manners = Manners(concurrency=concurrency, spacing_s=spacing_s, patience_s=patience_s)
    watched = [listing.symbol for listing in opening.interest.watched]
    folder = settings.home / "cache" / "yfinance"
    async with Yahoo(folder, opening.access, manners, watched=watched) as yahoo:
        yield yahoo


DECLARATION = Declaration(
    name="yahoo",
    title="Yahoo Finance",
    brings="bars, dividends, splits and headlines of the watchlist; listings for unknown cashtags",
    open=_open,
    poll=timedelta(minutes=10),
    addresses=lambda settings: ("https://query2.finance.yahoo.com", "https://finance.yahoo.com"),
)
