"""A source of posts for tests of what surrounds one: it plays pages that a test wrote, and fails where told.

It can be looked at again: `there` maps external ids to how they read now, and what is missing from it is gone.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from lib.collect.gate import Gate
from lib.collect.opening import Opened
from lib.domain.posts import Post
from lib.errors import SourceError
from lib.sources.declared import Declaration
from lib.sources.posts import Cursor, Page, Verified, Volume
from tests.support.access import NotedAccess

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
    """Yields `script` in order: a page is given out, an error raised; where it is `endless`, a post a minute follows.
    `cursors` notes with which each reading began.
    """

    name = "played"
    concurrency = 2
    at_once = 3

    def __init__(self, *script: Page | SourceError, endless: bool = False) -> None:
        self.script = list(script)
        self.endless = endless
        self.cursors: list[Cursor | None] = []
        self.there: dict[str, Post] = {}
        self.unsure: set[str] = set()
        self.looks: list[list[str]] = []

    def streams(self) -> Sequence[str]:
        return ("posts/all",)

    async def pages(self, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page, None]:
        self.cursors.append(cursor)
        while self.script:
            step = self.script.pop(0)
            if isinstance(step, SourceError):
                raise step
            yield step
        minute = int(cursor["minute"]) if cursor else 0
        while self.endless:
            yield page(minute, minute + 1, f"p{minute}")
            minute += 1

    async def verify(self, external_ids: Sequence[str]) -> Verified:
        self.looks.append(list(external_ids))
        if self.script and isinstance(self.script[0], SourceError):
            raise self.script.pop(0)
        judged = [name for name in external_ids if name not in self.unsure]
        return Verified(
            posts=tuple(self.there[name] for name in judged if name in self.there),
            gone=tuple(name for name in judged if name not in self.there),
        )


class Remembering(Played):
    """The same, and it can be asked about its past: `history` holds posts by the minute at which they were published.

    It answers a window in pages of `minutes` each, from its end backwards, and notes every question in `asked`. What
    `script` holds for the past happens first: an error is raised, a page given out, None lets one of its own pass.
    """

    def __init__(self, history: Mapping[float, str] | None = None, *, minutes: float = 5) -> None:
        super().__init__()
        self.history = dict(history or {})
        self.minutes = minutes
        self.kept_for: timedelta | None = None
        self.past_script: list[Page | SourceError | None] = []
        self.asked: list[tuple[datetime, datetime, Cursor | None]] = []

    def reach(self, stream: str) -> timedelta | None:
        return self.kept_for

    def volume(self, stream: str, start: datetime, end: datetime) -> Volume:
        calls = -(-(end - start) // timedelta(minutes=self.minutes))
        return Volume(posts=None, calls=calls, dollars=f"{Decimal(calls) / 100:f}")

    async def past(
        self, stream: str, start: datetime, end: datetime, cursor: Cursor | None
    ) -> AsyncGenerator[Page, None]:
        self.asked.append((start, end, cursor))
        until = end if cursor is None else datetime.fromisoformat(cursor["until"])
        while until > start:
            step = self.past_script.pop(0) if self.past_script else None
            if isinstance(step, SourceError):
                raise step
            if step is not None:
                yield step
                continue
            since = max(start, until - timedelta(minutes=self.minutes))
            yield self._page(since, until)
            until = since

    def _page(self, since: datetime, until: datetime) -> Page:
        names = {name: at(minute) for minute, name in self.history.items() if since <= at(minute) < until}
        posts = tuple(
            Post(source=self.name, external_id=name, published_at=when, text=f"$AAPL {name}", author=f"by {name}")
            for name, when in names.items()
        )
        return Page(start=since, end=until, posts=posts, received=len(posts), cursor={"until": since.isoformat()})


@asynccontextmanager
async def _open(source: Played) -> AsyncIterator[Played]:
    yield source


def opened(source: Played, *, gate: Gate | None = None, poll: timedelta | None = timedelta(minutes=1)) -> Opened:
    """`source` as if it had been opened: looked at again every day, free of charge, asked every `poll`."""
    declared = Declaration(
        name=source.name,
        title="Played",
        brings="what a test wrote",
        open=lambda opening: _open(source),
        poll=poll,
        verify_within=timedelta(days=1),
    )
    return Opened(declared, source, gate or Gate(), NotedAccess())
