"""The route of the stream: who may listen to what. It does not know how events are made or sent."""

from typing import Annotated, Any, get_args

from litestar import Controller, Request, Response, get
from litestar.openapi import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter

from api.catalogue import Catalogue
from api.deps import NamedDependency
from api.live.feed import Feed, Refused
from api.live.schemas import (
    DEFAULT_KINDS,
    KINDS,
    BarsEvent,
    CoverageEvent,
    ListingsEvent,
    PublicKind,
    ResetEvent,
    ResetReason,
    SentimentEvent,
    StatusEvent,
)
from api.live.stream import MEDIA_TYPE, EventStream
from api.openapi import problems
from api.parameters import ScorerName, known_symbol
from api.problems import PROBLEM_JSON, BadParameter, Problem, problem
from api.scorers import check_scorer
from lib.accounts.tokens import LASTS
from lib.db.changes.reads import Filter, Standing
from lib.domain.changes import NOWHERE, Position, parse_position
from lib.domain.networks import one_client
from lib.errors import UnknownSymbol
from lib.settings import Settings

MOST_SYMBOLS = 100
_RETRY_AFTER_S = 5
# where reads are closed, whoever listens proves anew who they are as often as with any other request
PROVEN_S = LASTS.total_seconds()

_EVENTS: Any = SentimentEvent | BarsEvent | ListingsEvent | CoverageEvent | StatusEvent | ResetEvent
_RESETS: dict[Standing, ResetReason | None] = {"kept": None, "pruned": "expired", "unknown": "unknown"}

Symbols = Annotated[
    str | None,
    QueryParameter(
        description=f"Only changes of these symbols, with commas between them, {MOST_SYMBOLS} at most; of all where it "
        "is missing or empty."
    ),
]
Kinds = Annotated[
    str | None,
    QueryParameter(
        description=f"Only changes of these kinds, with commas between them: {', '.join(KINDS)}. "
        f"Default: {', '.join(DEFAULT_KINDS)}."
    ),
]
LastEventId = Annotated[
    str | None,
    QueryParameter(
        description="The same as the header `Last-Event-ID`, for clients that cannot set it.", max_length=60
    ),
]
LastEventIdHeader = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID",
        description="The `id` that came last: the stream goes on behind it. It comes before `last_event_id`, for a "
        "client that reconnects by itself sends the same address again.",
    ),
]

_RESPONSES = {
    200: ResponseSpec(
        _EVENTS,
        media_type=MEDIA_TYPE,
        generate_examples=False,
        description="Events without end, framed as server-sent events. `event` names the kind, `data` is one of these "
        "objects as JSON on one line, and `id` is where to go on after a broken connection.",
    ),
    429: ResponseSpec(
        Problem,
        media_type=PROBLEM_JSON,
        generate_examples=False,
        description="Too many streams from this address; `Retry-After` says when to come again.",
    ),
}


class StreamController(Controller):
    """Changes as they happen."""

    path = "/sentiment"
    tags = ("sentiment",)

    @get(
        "/stream",
        operation_id="streamChanges",
        summary="Changes as they happen",
        responses={**_RESPONSES, **problems(400, 404, 503)},
    )
    async def stream(
        self,
        request: Request[Any, Any, Any],
        settings: NamedDependency[Settings],
        catalogue: NamedDependency[Catalogue],
        live: NamedDependency[Feed],
        symbols: Symbols = None,
        kinds: Kinds = None,
        scorer: ScorerName = None,
        last_event_id: LastEventId = None,
        last_event_id_header: LastEventIdHeader = None,
    ) -> Response[Any]:
        """Server-sent events: what changed, shortly after it was committed, in one order for every client and process.

        With `Last-Event-ID` it goes on where it broke off, days later too: nothing is lost, nothing comes twice. Where
        that cannot be promised, a `reset` event says so. A comment comes every 15 seconds. Where reads need a login
        or a key, a stream ends after 15 minutes, to be gone on with by one that is still good.
        """
        wanted = Filter(
            symbols=await _symbols(symbols, catalogue), kinds=_kinds(kinds), scorer=scorer or settings.scorer
        )
        check_scorer(wanted.scorer, known=wanted.scorer == settings.scorer)
        if not live.has_begun:
            return _later(request, 503, "changes-unavailable", "Changes cannot be heard of yet.")
        resume = _position(last_event_id_header or last_event_id)
        reset = _RESETS[await live.standing(resume)] if resume is not None else None
        try:
            listener = live.admit(wanted, one_client(request.client.host if request.client else ""))
        except Refused as refused:
            if refused.of_address:
                said = f"There are {refused.limit} streams from this address already."
                return _later(request, 429, "too-many-streams", said)
            return _later(request, 503, "too-many-streams", "This process has as many listeners as it takes.")
        lasts_s = None if settings.public_reads else PROVEN_S
        return EventStream(live, listener, resume=resume, reset=reset, lasts_s=lasts_s)


def _position(text: str | None) -> Position | None:
    """Where to go on; what no stream can have sent lies nowhere. None begins with what comes."""
    if not text:
        return None
    try:
        return parse_position(text)
    except ValueError:
        return NOWHERE


def _later(request: Request[Any, Any, Any], status: int, kind: str, detail: str) -> Response[bytes]:
    return problem(
        request, status, detail, kind=kind, hint="Try again later.", headers={"Retry-After": str(_RETRY_AFTER_S)}
    )


async def _symbols(text: str | None, catalogue: Catalogue) -> frozenset[str] | None:
    given = _words(text)
    if not given:
        return None
    if len(given) > MOST_SYMBOLS:
        raise BadParameter(
            "symbols", f"These are {len(given)} symbols.", accepted=f"{MOST_SYMBOLS} symbols at most, or none for all"
        )
    symbols = frozenset(map(known_symbol, given))
    for symbol in sorted(symbols - (await catalogue.by_symbol()).keys()):
        raise UnknownSymbol(symbol)
    return symbols


def _kinds(text: str | None) -> frozenset[Any]:
    given = _words(text)
    for kind in given:
        if kind not in get_args(PublicKind):
            raise BadParameter("kinds", f"There is no kind {kind[:40]!r}.", accepted=", ".join(KINDS))
    return frozenset(given or DEFAULT_KINDS)


def _words(text: str | None) -> list[str]:
    return [word for part in (text or "").split(",") if (word := part.strip())]
