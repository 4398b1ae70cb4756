"""Routes under /sentiment about what people said. It does not know how a text is read or how buckets are kept."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.params import QueryParameter

from api.answers import json_answer, table_answer
from api.cursors import read_cursor, write_cursor
from api.deps import Moment, NamedDependency
from api.openapi import problems
from api.parameters import (
    DEFAULT_ROWS,
    WINDOWS,
    Cursor,
    End,
    LongRows,
    ScorerName,
    SourceName,
    Start,
    SymbolPath,
    WindowName,
    known_symbol,
    parse_range,
    window_until,
)
from api.scorers import check_scorer
from api.sentiment.lines import series_lines
from api.sentiment.schemas import CoverageList, Sentiment, Series, SeriesTable, Trending
from api.sentiment.texts import PostPage
from api.sentiment.views import (
    SAMPLE,
    feed_view,
    post_view,
    sentiment_view,
    trending_view,
)
from api.tables import SLICE_ROWS, csv_stream, is_streamed
from lib.db.coverage_reads import coverage_of
from lib.db.pool import Pool
from lib.db.posts import posts_about
from lib.db.sentiment import sentiment_window
from lib.db.series import SeriesInterval, sentiment_series
from lib.db.series_spans import series_spans
from lib.db.trending import Market, talked_about
from lib.domain.sentiment import Label
from lib.settings import Settings

WindowLength = Annotated[WindowName, QueryParameter(description="How far back from now, or from `as_of`.")]


class SentimentController(Controller):
    """What people say: of one symbol, and of all."""

    path = "/sentiment"
    tags = ("sentiment",)

    @get("/{symbol:str}", operation_id="getSentiment", summary="One symbol now", responses=problems(400, 404, 503))
    async def summary(
        self,
        symbol: SymbolPath,
        pool: NamedDependency[Pool],
        settings: NamedDependency[Settings],
        moment: NamedDependency[Moment],
        window: WindowLength = "24h",
        source: SourceName = None,
        scorer: ScorerName = None,
    ) -> Response[Sentiment]:
        """Counts, mean score and buzz of one window that ends now, or at `as_of`, with all posts and without copies.
        No posts: zeros and a null score.
        """
        asked, name = known_symbol(symbol), scorer or settings.scorer
        span = window_until(moment.at or datetime.now(UTC), WINDOWS[window])
        counts, coverage = await asyncio.gather(
            sentiment_window(
                pool, asked, name, until=span.until, length=WINDOWS[window], source=source, moment=moment.at
            ),
            coverage_of(pool, since=span.since, until=span.until, source=source, without_feed="bars", moment=moment.at),
        )
        check_scorer(name, known=counts.scorer_known)
        return json_answer(
            sentiment_view(asked, window, span, moment, counts, scorer=name, source=source, coverage=coverage)
        )

    @get(
        "/{symbol:str}/series",
        operation_id="getSentimentSeries",
        summary="One symbol over time",
        responses=problems(400, 404, 503),
    )
    async def series(
        self,
        request: Request[Any, Any, Any],
        symbol: SymbolPath,
        pool: NamedDependency[Pool],
        settings: NamedDependency[Settings],
        moment: NamedDependency[Moment],
        interval: Annotated[SeriesInterval, QueryParameter(description="Length of one row.")] = "1h",
        start: Start = None,
        end: End = None,
        limit: LongRows = DEFAULT_ROWS,
        source: SourceName = None,
        scorer: ScorerName = None,
    ) -> Response[SeriesTable]:
        """Columns, oldest first, a row per interval with posts: at most `limit` intervals back from the newest.

        The raw series (`posts`, `score`, …) counts every post; the filtered one (`filtered_posts`, `filtered_score`, …)
        each text once. `author_concentration`, `new_account_share` and `burst` say how the raw one came about.
        `Accept: text/csv` answers the same as CSV, and more than 10,000 intervals as a stream.
        """
        since, until = parse_range(start, end)
        name = scorer or settings.scorer
        asked = known_symbol(symbol)
        if is_streamed(request, limit):
            spans = await series_spans(
                pool,
                asked,
                interval,
                name,
                start=since,
                end=until,
                limit=limit,
                span_intervals=SLICE_ROWS,
                source=source,
                moment=moment.at,
            )
            check_scorer(name, known=spans.scorer_known)
            lines = series_lines(
                pool, asked, interval, name, spans.spans, intervals=SLICE_ROWS, source=source, moment=moment.at
            )
            return await csv_stream(request, lines)
        table = await sentiment_series(
            pool,
            asked,
            interval,
            name,
            start=since,
            end=until,
            limit=limit,
            source=source,
            moment=moment.at,
            as_of=moment.text,
        )
        check_scorer(name, known=table.scorer_known)
        return table_answer(request, table.body)

    @get(
        "/{symbol:str}/posts",
        operation_id="getPosts",
        summary="The posts themselves",
        responses=problems(400, 404, 503),
    )
    async def posts(
        self,
        symbol: SymbolPath,
        pool: NamedDependency[Pool],
        settings: NamedDependency[Settings],
        limit: Annotated[int, QueryParameter(description="At most this many.", ge=1, le=200)] = 50,
        cursor: Cursor = None,
        source: SourceName = None,
        label: Annotated[Label | None, QueryParameter(description="Only posts that speak of this symbol so.")] = None,
        copies: Annotated[bool, QueryParameter(description="With copies of what was said before.")] = True,
        scorer: ScorerName = None,
    ) -> PostPage:
        """The latest first, with the reasons of each score. Deleted posts are gone, so there is no `as_of` here."""
        name = scorer or settings.scorer
        before = read_cursor(cursor, tuple[datetime, int]) if cursor else None
        page = await posts_about(
            pool, known_symbol(symbol), name, limit=limit, before=before, source=source, label=label, copies=copies
        )
        check_scorer(name, known=page.scorer_known)
        last = page.posts[-1] if page.more else None
        return PostPage(
            scorer=name,
            sample=any(post.source == SAMPLE for post in page.posts),
            items=[post_view(post) for post in page.posts],
            next=write_cursor((last.published_at, last.id)) if last else None,
        )

    @get("/trending", operation_id="getTrending", summary="What people speak of", responses=problems(400, 503))
    async def trending(
        self,
        pool: NamedDependency[Pool],
        settings: NamedDependency[Settings],
        moment: NamedDependency[Moment],
        window: WindowLength = "24h",
        limit: Annotated[int, QueryParameter(description="At most this many.", ge=1, le=100)] = 20,
        market: Annotated[Market | None, QueryParameter(description="Only Korean or only US symbols.")] = None,
        series: Annotated[
            Series, QueryParameter(description="Which posts decide the order: `filtered` counts no copies.")
        ] = "filtered",
    ) -> Response[Trending]:
        """The symbols with the most unusual number of posts, of the 500 with the most posts in the window."""
        length = WINDOWS[window]
        span = window_until(moment.at or datetime.now(UTC), length)
        talks, coverage = await asyncio.gather(
            talked_about(
                pool,
                settings.scorer,
                until=span.until,
                length=length,
                market=market,
                filtered=series == "filtered",
                moment=moment.at,
            ),
            coverage_of(pool, since=span.since, until=span.until, without_feed="bars", moment=moment.at),
        )
        return json_answer(
            Trending(
                window=window,
                since=span.since,
                until=span.until,
                as_of=moment.at,
                scorer=settings.scorer,
                series=series,
                items=trending_view(talks, limit, named=moment.at is None, filtered=series == "filtered"),
                coverage=[feed_view(feed) for feed in coverage],
            )
        )

    @get("/coverage", operation_id="getCoverage", summary="What the sources gave", responses=problems(400, 503))
    async def coverage(
        self,
        pool: NamedDependency[Pool],
        moment: NamedDependency[Moment],
        window: WindowLength = "24h",
        source: SourceName = None,
    ) -> CoverageList:
        """What every source was asked for in the window and what came: ok, empty, or why not."""
        span = window_until(moment.at or datetime.now(UTC), WINDOWS[window])
        feeds = await coverage_of(pool, since=span.since, until=span.until, source=source, moment=moment.at)
        return CoverageList(
            window=window,
            since=span.since,
            until=span.until,
            as_of=moment.at,
            items=[feed_view(feed) for feed in feeds],
        )
