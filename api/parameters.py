"""Parameters that several routes share: how they are declared, and how text becomes moments and ranges. It does not
read data.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal, NamedTuple

from litestar import Request
from litestar.datastructures import MultiDict
from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter
from litestar.typing import FieldDefinition

from api.declared import query_parameters
from api.problems import BadParameter
from api.tables import MOST_ROWS, MOST_STREAMED
from lib.domain.sentiment import BUCKET
from lib.domain.symbols import parse_symbol
from lib.errors import UnknownSymbol

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ACCEPTED_MOMENT = "an RFC 3339 moment with its zone, such as 2026-03-02T14:30:00Z"
_ACCEPTED_BOUND = f"a date such as 2026-03-02 (UTC), or {_ACCEPTED_MOMENT}"

_MOMENT_OR_DAY = {"anyOf": [{"format": "date"}, {"format": "date-time"}]}

DEFAULT_ROWS = 1000

WindowName = Literal["1h", "24h", "7d"]

WINDOWS: dict[WindowName, timedelta] = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
}

SymbolPath = Annotated[
    str,
    PathParameter(
        description="A symbol as Yahoo writes it; small letters and a leading `$` are accepted.",
        examples=[
            Example(id="us", summary="A US stock", value="AAPL"),
            Example(id="kr", summary="삼성전자", value="005930.KS"),
        ],
    ),
]
AsOf = Annotated[
    str | None,
    QueryParameter(
        description="Answer with what was known at this moment (RFC 3339, with a zone, not in the future). Such "
        "an answer never changes, whatever is learned, corrected or deleted later.",
        schema_extra={"format": "date-time"},
        examples=[Example(summary="A moment in UTC", value="2026-03-02T14:30:00Z")],
    ),
]
Start = Annotated[
    str | None,
    QueryParameter(
        description="First moment of the range, included: RFC 3339 with a zone, or a bare date, which means its "
        "00:00 UTC.",
        schema_extra=_MOMENT_OR_DAY,
        examples=[Example(summary="A day", value="2014-01-01")],
    ),
]
End = Annotated[
    str | None,
    QueryParameter(
        description="End of the range: a moment (RFC 3339 with a zone) is itself excluded, a bare date is included as "
        "a whole (UTC).",
        schema_extra=_MOMENT_OR_DAY,
        examples=[Example(summary="A day, itself included", value="2016-03-31")],
    ),
]
ScorerName = Annotated[
    str | None,
    QueryParameter(
        description="The scorer whose verdicts count, as `GET /api/v1/sentiment/scorers` lists them; the "
        "installation's default where it is missing.",
        examples=[Example(summary="VADER, first version", value="vader@1")],
    ),
]
SourceName = Annotated[
    str | None,
    QueryParameter(
        description="Only posts from this source; all sources where it is missing.",
        max_length=60,
        examples=[Example(summary="One source", value="reddit")],
    ),
]
Rows = Annotated[
    int,
    QueryParameter(
        description="At most this many, the newest of the range. An answer that was cut says `truncated`, and `next` "
        "is the `end` with which the part before it is asked for.",
        ge=1,
        le=MOST_ROWS,
    ),
]
LongRows = Annotated[
    int,
    QueryParameter(
        description=f"At most this many, the newest of the range: to {MOST_ROWS} as JSON, to {MOST_STREAMED} with "
        "`Accept: text/csv`. JSON that was cut says `truncated`, and `next` is the `end` with which the part before it "
        "is asked for.",
        ge=1,
        le=MOST_STREAMED,
    ),
]

Cursor = Annotated[str | None, QueryParameter(description="The `next` of the page before.", max_length=200)]


class Range(NamedTuple):
    """[start, end) in UTC; None leaves a side open."""

    start: datetime | None
    end: datetime | None


class Window(NamedTuple):
    """[since, until) in UTC."""

    since: datetime
    until: datetime


def parse_moment(parameter: str, text: str, *, accepted: str = _ACCEPTED_MOMENT) -> datetime:
    """`text` as a moment in UTC. Raises BadParameter naming `parameter` for anything else, and for a moment without a
    zone.
    """
    # an unescaped + of a query arrives as a space
    text = re.sub(r" (\d\d:\d\d)$", r"+\1", text) if text.count(":") > 1 else text
    found = _MOMENT.fullmatch(text)
    if found and not found[3]:
        raise BadParameter(parameter, f"The parameter {parameter!r} has no time zone: {text!r}.", accepted=accepted)
    try:
        if found:
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadParameter(parameter, f"The parameter {parameter!r} is not a moment: {text[:60]!r}.", accepted=accepted)


def parse_range(start: str | None, end: str | None) -> Range:
    """The range between two texts. Raises BadParameter naming the one at fault; `end` where it is not after `start`."""
    since = _bound("start", start, timedelta(0)) if start is not None else None
    until = _bound("end", end, timedelta(days=1)) if end is not None else None
    if since is not None and until is not None and since >= until:
        raise BadParameter("end", f"The range is empty: {end} is not after {start}.", accepted="an end after the start")
    return Range(since, until)


def _bound(parameter: str, text: str, whole_day: timedelta) -> datetime | None:
    if not _DAY.fullmatch(text):
        return parse_moment(parameter, text, accepted=_ACCEPTED_BOUND)
    try:
        midnight = datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise BadParameter(
            parameter, f"The parameter {parameter!r} is not a day: {text!r}.", accepted=_ACCEPTED_BOUND
        ) from None
    try:
        return midnight + whole_day
    except OverflowError:
        return None


def window_until(moment: datetime, length: timedelta) -> Window:
    """The window of `length` whose last bucket holds `moment`: it ends where that bucket ends.

    >>> window_until(datetime(2026, 3, 2, 14, 31, tzinfo=UTC), timedelta(hours=1)).until.isoformat()
    '2026-03-02T14:35:00+00:00'
    """
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    until = epoch + ((moment - epoch) // BUCKET + 1) * BUCKET
    return Window(until - length, until)


def known_symbol(text: str) -> str:
    """`text` of a path as a symbol is written. What cannot be a symbol is none we know: raises UnknownSymbol."""
    try:
        return parse_symbol(text)
    except ValueError:
        raise UnknownSymbol(text[:40]) from None


async def refuse_unknown_parameters(request: Request[Any, Any, Any]) -> None:
    """Raises BadParameter for a query parameter that the route does not have, or that is given twice: a typing error
    must not change an answer in silence. It waits for nothing, but what is not async would run in a thread.
    """
    if request.scope["query_string"]:
        refuse_unknown(request.query_params, query_parameters(request.route_handler))


def refuse_unknown(given: MultiDict[str], declared: Mapping[str, FieldDefinition]) -> None:
    """The same for what is `given` to a route with the parameters `declared`."""
    for name in given:
        if name not in declared:
            accepted = ", ".join(sorted(declared)) or "no parameters"
            raise BadParameter(name[:60], f"There is no parameter {name[:60]!r} here.", accepted=accepted)
        if len(given.getall(name)) > 1:
            raise BadParameter(name, f"The parameter {name!r} is given more than once.", accepted="one value")
        if "\x00" in given[name]:
            raise BadParameter(name, f"The parameter {name!r} holds a null character.", accepted="text without it")
        if declared[name].is_optional and given[name].lower() == "null":
            # it would count as left out, and a client that writes its null into an address does not mean that
            raise BadParameter(name, f"The parameter {name!r} is null.", accepted="a value, or no such parameter")
