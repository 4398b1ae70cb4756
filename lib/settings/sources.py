"""Which sources are asked, with which credentials, how often and for how much. It does not know what they answer."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr, field_validator

from lib.settings.kinds import Dollars, Words

DEFAULT_FEEDS = (
    "sec=https://www.sec.gov/news/pressreleases.rss",
    "fed=https://www.federalreserve.gov/feeds/press_all.xml",
    "globenewswire=https://www.globenewswire.com/RssFeed/orgclass/1/feedTitle/GlobeNewswire",
    "hankyung=https://www.hankyung.com/feed/finance",
    "yonhap=https://www.yna.co.kr/rss/economy.xml",
)


class SourceSettings(BaseModel):
    """Part of Settings."""

    sources_off: Annotated[Words, Field(description="Sources that are not asked, though they could be.")] = ()
    contact: Annotated[
        str, Field(description="Where providers can reach you (an address or a page); part of the User-Agent.")
    ] = ""
    yahoo_calls_per_minute: Annotated[
        int, Field(ge=1, le=6000, description="Calls to Yahoo at most, all workers together.")
    ] = 240
    yahoo_concurrency: Annotated[int, Field(ge=1, le=64, description="Calls to Yahoo under way at once.")] = 4
    reddit_client_id: Annotated[str | None, Field(description="Client id of your approved Reddit application.")] = None
    reddit_client_secret: Annotated[SecretStr | None, Field(description="Its secret.")] = None
    reddit_username: Annotated[
        str | None, Field(description="Your Reddit name, which Reddit wants in the User-Agent.")
    ] = None
    reddit_subreddits: Annotated[Words, Field(description="Subreddits whose submissions and comments are read.")] = (
        "wallstreetbets", "stocks", "investing",
    )  # fmt: skip
    reddit_url: Annotated[str, Field(description="Where Reddit answers.")] = "https://www.reddit.com"
    reddit_oauth_url: Annotated[str, Field(description="Where Reddit answers with a token.")] = (
        "https://oauth.reddit.com"
    )
    x_bearer_token: Annotated[SecretStr | None, Field(description="App-only bearer token of your X project.")] = None
    x_budget_day: Annotated[Dollars, Field(description="Dollars that X may cost a UTC day; 0 asks nothing.")] = Decimal(
        0
    )
    x_budget_month: Annotated[Dollars, Field(description="Dollars that X may cost a month; 0 asks nothing.")] = Decimal(
        0
    )
    x_posts_month: Annotated[int, Field(ge=0, description="Posts that X may deliver a month at most.")] = 2_000_000
    x_price_post: Annotated[Dollars, Field(description="Dollars for a post that X delivers.")] = Decimal("0.005")
    x_price_counts: Annotated[Dollars, Field(description="Dollars for a question about counts.")] = Decimal("0.005")
    x_verify_days: Annotated[
        int, Field(ge=1, description="Days for which posts of X are looked at again daily; each look is paid.")
    ] = 7
    x_counts: Annotated[bool, Field(description="Ask X for the hourly number of posts of each symbol, too.")] = False
    bluesky_hosts: Annotated[Words, Field(description="Jetstream servers of Bluesky, tried in this order.")] = (
        "jetstream2.us-east.bsky.network", "jetstream1.us-east.bsky.network", "jetstream2.us-west.bsky.network",
    )  # fmt: skip
    feeds: Annotated[Words, Field(description="RSS and Atom feeds that are read, as name=address.")] = DEFAULT_FEEDS

    @field_validator("feeds", mode="before")
    @classmethod
    def _table(cls, value: object) -> object:
        # in a file they read best as a table: name = "address"
        return [f"{name}={address}" for name, address in value.items()] if isinstance(value, dict) else value

    @field_validator("feeds", mode="after")
    @classmethod
    def _named_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for feed in value:
            name, _, address = feed.partition("=")
            if not name.replace("-", "").isalnum() or not address.startswith(("https://", "http://")):
                raise ValueError(f"{feed[:60]!r} is not name=https://…")
        if len({feed.partition("=")[0] for feed in value}) < len(value):
            raise ValueError("two feeds have the same name")
        return value
