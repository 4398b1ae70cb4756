"""Reddit through praw: submissions and comments of chosen subreddits, with the keys of an approved application.

`client` is the source. `asking` asks one question, `requestor` watches every request that praw makes, `verdicts` judges
answers, `listing` and `items` read them; `walking` goes from page to page, `reading` keeps account and cursor.
Terms and limits: docs/sources/reddit.md.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from lib.settings import Settings
from lib.sources.declared import Declaration, Opening
from lib.sources.posts import PostSource

_NEEDED = ("reddit_client_id", "reddit_client_secret", "reddit_username")


@asynccontextmanager
async def _open(opening: Opening) -> AsyncIterator[PostSource]:
    # praw is loaded by whoever asks, not by whoever only wants to know what there is
    from lib.sources.reddit.client import Reddit

    async with Reddit(opening.settings, opening.access) as source:
        yield source


def _missing(settings: Settings) -> Sequence[str]:
    return [f"INSITECHART_{name.upper()}" for name in _NEEDED if not getattr(settings, name)]


def _credential(settings: Settings) -> str:
    return settings.reddit_client_id or ""


DECLARATION = Declaration(
    name="reddit",
    title="Reddit",
    brings="submissions and comments of chosen subreddits",
    open=_open,
    missing=_missing,
    credential=_credential,
    poll=timedelta(minutes=1),
    # Reddit wants deletions followed within 48 hours
    verify_within=timedelta(hours=40),
    addresses=lambda settings: (settings.reddit_url, settings.reddit_oauth_url),
)
