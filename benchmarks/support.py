"""What several benchmarks need: an empty database of their own, and NLTK as it comes. It measures nothing."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from nltk.sentiment.vader import SentimentIntensityAnalyzer, VaderConstants

from lib.db.databases import create_database
from lib.db.migrate import migrate
from lib.postgres.server import running_server
from lib.scoring.vader_words import lexicon


@asynccontextmanager
async def empty_database() -> AsyncIterator[str]:
    """The URL of a migrated, empty database on a server of its own, with durability as the platform has it."""
    with tempfile.TemporaryDirectory(prefix="insitechart-bench-") as folder:
        async with running_server(Path(folder) / "postgres") as server:
            await create_database(server.url("postgres"), "bench")
            await migrate(server.url("bench"))
            yield server.url("bench")


def plain_nltk() -> SentimentIntensityAnalyzer:
    """NLTK's analyzer on our lexicon; made without its constructor, which wants to load one that NLTK does not ship."""
    analyzer = SentimentIntensityAnalyzer.__new__(SentimentIntensityAnalyzer)
    analyzer.lexicon, analyzer.constants = lexicon(), VaderConstants()
    return analyzer
