"""From what the database and the search know to what /stocks answers. It does not ask either of them."""

from decimal import Decimal

from api.stocks.schemas import LastBar, LastSentiment, Match, Stock, StockItem
from lib.db.stocks import Detail
from lib.domain.confidence import confidence
from lib.domain.symbols import Listing
from lib.scoring.verdict import label_of


def stock_item(listing: Listing, kind: str | None = None, score: float = 0.0) -> StockItem:
    """One row of a list; `kind` and `score` say how it was found, where it was searched."""
    return StockItem(
        symbol=listing.symbol,
        name=listing.name,
        name_ko=listing.name_ko,
        exchange=listing.exchange,
        currency=listing.currency,
        kind=listing.kind,
        sample=listing.sample,
        match=Match(kind, round(score, 4)) if kind is not None else None,
    )


def stock_view(detail: Detail, scorer: str) -> Stock:
    """One stock in full; `scorer` is the one whose sentiment `detail` holds."""
    listing, bar, said = detail
    return Stock(
        symbol=listing.symbol,
        name=listing.name,
        name_ko=listing.name_ko,
        aliases=list(listing.aliases),
        exchange=listing.exchange,
        currency=listing.currency,
        kind=listing.kind,
        listed_on=listing.listed_on,
        delisted_on=listing.delisted_on,
        sample=listing.sample,
        last_bar=bar
        and LastBar(
            start=bar.start,
            open=_number(bar.open),
            high=_number(bar.high),
            low=_number(bar.low),
            close=_number(bar.close),
            adj_close=_number(bar.adj_close),
            volume=bar.volume,
            source=bar.source,
            observed_at=bar.observed_at,
        ),
        last_sentiment=said
        and LastSentiment(
            day=said.day,
            scorer=scorer,
            score=said.score,
            label=label_of(said.score),
            confidence=confidence(said.posts, said.authors),
            posts=said.posts,
            authors=said.authors,
            positive=said.positive,
            negative=said.negative,
        ),
    )


def _number(price: Decimal | None) -> float | None:
    return None if price is None else float(price)
