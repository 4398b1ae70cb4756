"""What tests of the stream ask for, and in which shape its events come."""

from datetime import UTC, datetime
from typing import Any

from api.live import schemas
from tests.support.sse import Listening

STREAM = "/api/v1/sentiment/stream"
DAY = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
SHAPES: dict[str, Any] = {
    "sentiment": schemas.SentimentEvent,
    "bars": schemas.BarsEvent,
    "listings": schemas.ListingsEvent,
    "coverage": schemas.CoverageEvent,
    "status": schemas.StatusEvent,
    "reset": schemas.ResetEvent,
}


def told(heard: Listening) -> list[tuple[str, str]]:
    """Kind and symbol of what is about data."""
    return [(event.name, event.data.get("symbol", "")) for event in heard.data]
