"""X through tweepy: posts about watched listings, their edits and deletions, and their number. Every post is paid.

`client` asks, `session` bounds what tweepy does, `verdicts` and `answers` read what comes back, `queries` words the
searches, `reading` turns pages, `position` remembers how far, `counting` counts, `source` is the whole. Prices, limits
and terms: docs/sources/x.md.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal

from lib.domain.spend import Budget
from lib.settings import Settings
from lib.sources.declared import Declaration, Opening, user_agent
from lib.sources.posts import PostSource


def _missing(settings: Settings) -> Sequence[str]:
    needed = {
        "INSITECHART_X_BEARER_TOKEN": _token(settings),
        "INSITECHART_X_BUDGET_DAY": settings.x_budget_day,
        "INSITECHART_X_BUDGET_MONTH": settings.x_budget_month,
        "INSITECHART_X_POSTS_MONTH": settings.x_posts_month,
    }
    return [name for name, value in needed.items() if not value]


def _token(settings: Settings) -> str:
    token = settings.x_bearer_token.get_secret_value().strip() if settings.x_bearer_token else ""
    # what no header can hold would be quoted in the errors of libraries
    return token if token.isascii() and token.isprintable() and " " not in token else ""


def _prices(settings: Settings) -> Mapping[str, Decimal]:
    return {"posts": settings.x_price_post, "counts": settings.x_price_counts}


def _budget(settings: Settings) -> Budget:
    return Budget(
        day=settings.x_budget_day, month=settings.x_budget_month, units_month={"posts": settings.x_posts_month}
    )


@asynccontextmanager
async def _open(opening: Opening) -> AsyncIterator[PostSource]:
    # tweepy takes a third of a second to load
    from lib.sources.x.client import Client, Manners
    from lib.sources.x.source import X

    settings, manners = opening.settings, Manners()
    async with Client(_token(settings), user_agent(settings), opening.access, manners) as client:
        yield X(client, opening.interest.watched, settings, manners)


DECLARATION = Declaration(
    name="x",
    title="X",
    brings="posts about watched listings, paid for by the post",
    open=_open,
    missing=_missing,
    credential=_token,
    poll=timedelta(minutes=15),
    prices=_prices,
    budget=_budget,
    # X wants deletions followed within 24 hours
    verify_within=timedelta(hours=20),
    verify_for=lambda settings: timedelta(days=settings.x_verify_days),
    addresses=lambda settings: ("https://api.twitter.com",),
)
