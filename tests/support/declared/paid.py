"""A paid source with a token, whose deletions must be followed. Settings: those of X, but for the address."""

from datetime import timedelta

from lib.domain.spend import Budget
from lib.settings import Settings
from lib.sources.declared import Declaration
from tests.support.declared.free import opened_by_nobody


def _token(settings: Settings) -> str:
    return settings.x_bearer_token.get_secret_value() if settings.x_bearer_token else ""


DECLARATION = Declaration(
    name="paid",
    title="Paid",
    brings="posts for money",
    open=opened_by_nobody,
    missing=lambda settings: () if _token(settings) else ("INSITECHART_X_BEARER_TOKEN",),
    credential=_token,
    poll=timedelta(minutes=1),
    prices=lambda settings: {"posts": settings.x_price_post},
    budget=lambda settings: Budget(
        day=settings.x_budget_day, month=settings.x_budget_month, units_month={"posts": settings.x_posts_month}
    ),
    verify_within=timedelta(hours=24),
    addresses=lambda settings: (settings.reddit_oauth_url,),
)
