"""A source of posts for tests of what surrounds one: it plays pages that a test wrote, and fails where told."""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta

from lib.domain.posts import Post
from lib.errors import SourceError
from lib.sources.posts import Cursor, Page

START = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def at(minute: float) -> datetime:
    """`minute` minutes into the tests' day."""
    return START + timedelta(minutes=minute)


def page(first: float, last: float, *names: str, **values: object) -> Page:
    """A page for [first, last) minutes with a post per name, each published at its beginning; its cursor is `last`."""
    posts = tuple(
        Post(source="played", external_id=name, published_at=at(first), text=f"$AAPL {name}", author=f"by {name}")
        for name in names
    )
    fields = {"cursor": {"minute": last}, "received": len(posts)} | values
    return Page(start=at(first), end=at(last), posts=posts, **fields)  # type: ignore[arg-type]


class Played:
    """Yields `script` in order: a page is given out, an error raised. `cursors` notes with which each reading began."""

    name = "played"
    concurrency = 2

    def __init__(self, *script: Page | SourceError) -> None:
        self.script = list(script)
        self.cursors: list[Cursor | None] = []

    def streams(self) -> Sequence[str]:
        return ("posts/all",)

    async def pages(self, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page, None]:
        self.cursors.append(cursor)
        while self.script:
            step = self.script.pop(0)
            if isinstance(step, SourceError):
                raise step
            yield step
