"""How a route says that it will go: Deprecation (RFC 9745) and Sunset (RFC 8594) on every answer, and in the OpenAPI
document. It knows no route; docs/api.md has the rule that dates follow.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from typing import Any, TypedDict

from litestar import Response

LEAST_NOTICE = timedelta(days=180)

AfterRequest = Callable[[Response[Any]], Awaitable[Response[Any]]]


class Deprecated(TypedDict):
    """What Litestar's route decorators take of it."""

    deprecated: bool
    after_request: AfterRequest


def deprecated(*, since: date, sunset: date, instead: str) -> Deprecated:
    """Arguments of a route, `@get("/old", **deprecated(…))`, that is deprecated since one UTC day and ends on another,
    at least LEAST_NOTICE later; `instead` is the path that takes its place. Raises ValueError for less notice.
    """
    if sunset - since < LEAST_NOTICE:
        raise ValueError(f"{sunset} is less than {LEAST_NOTICE.days} days after {since}")
    begins, ends = (datetime.combine(day, time(), UTC) for day in (since, sunset))
    headers = {
        "Deprecation": f"@{int(begins.timestamp())}",
        "Sunset": format_datetime(ends, usegmt=True),
        "Link": f'<{instead}>; rel="successor-version", </docs>; rel="deprecation"',
    }

    async def announce(response: Response[Any]) -> Response[Any]:
        response.headers.update(headers)
        return response

    return Deprecated(deprecated=True, after_request=announce)
