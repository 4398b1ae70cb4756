"""What the OpenAPI document says beyond the routes themselves. It does not know any route."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.spec import Components, Example, Tag
from litestar.router import Router

from api.auth.documented import SECURITY_SCHEMES
from api.docs import DOCS_HEADERS, DocsPage, DocumentFile
from api.problems import PROBLEM_JSON, Problem
from lib.domain.services import Service

_DESCRIPTION = """
What people say about a stock beside what its price does.

**Times** are RFC 3339 in UTC, in tables milliseconds since 1970. **Tables** are columns of equal length;
`Accept: text/csv` answers them as CSV. **Lists** answer `items` and `next`, the `cursor` of the following page.

**As of**: every read of bars and sentiment takes `as_of=`, and then answers with what was known at that moment.
Such an answer never changes again, byte for byte, whatever is corrected, rescored or deleted later.

**Caching**: reads carry an `ETag`; send it back in `If-None-Match` and an unchanged answer is `304`.

**Problems** are `application/problem+json` (RFC 9457): `type` tells kinds apart, `detail` says what is wrong, `hint`
what to do. Every answer carries `X-Request-ID`, the client's own where it sent one.
"""

_SERVICES: dict[Service, str] = {
    "stocks": "Listings, bars, and bars beside sentiment · 종목, 시세, 그리고 반응",
    "sentiment": "What people say: counts, mean scores, the posts themselves · 사람들의 반응",
    "users": "Accounts, tokens, keys, watchlists and alerts · 계정",
    "operations": "How the sources stand: accounts, money, gaps · 운영",
}

_PROBLEMS: dict[int, tuple[str, Problem]] = {
    400: (
        "A parameter cannot be used; `parameter` names it, `hint` says what is accepted.",
        Problem(
            type="urn:insitechart:bad-parameter",
            title="Bad parameter",
            status=400,
            detail="The parameter 'interval' cannot be used: invalid enum value '2d'.",
            instance="/api/v1/stocks/AAPL/bars",
            request_id="0f8fad5bd9cb469fa16570867728950e",
            parameter="interval",
            hint="Accepted: one of 1d, 1h, 1m.",
        ),
    ),
    401: (
        "Nobody has proved who asks, or the proof does not hold; `WWW-Authenticate` says which proof is wanted.",
        Problem(
            type="urn:insitechart:unauthorized",
            title="Unauthorized",
            status=401,
            detail="This needs to know who asks.",
            instance="/api/v1/users/me",
            request_id="0f8fad5bd9cb469fa16570867728950e",
            hint="Send an access token in Authorization: Bearer …, or an API key in X-API-Key.",
        ),
    ),
    403: (
        "Who asks is known, and may not do this.",
        Problem(
            type="urn:insitechart:forbidden",
            title="Forbidden",
            status=403,
            detail="This needs the role 'operator'.",
            instance="/api/v1/operations/sources",
            request_id="0f8fad5bd9cb469fa16570867728950e",
            hint="An admin gives roles.",
        ),
    ),
    404: (
        "No stock has this symbol.",
        Problem(
            type="urn:insitechart:unknown-symbol",
            title="Unknown symbol",
            status=404,
            detail="No stock has the symbol 'AAPPL'.",
            instance="/api/v1/stocks/AAPPL",
            request_id="0f8fad5bd9cb469fa16570867728950e",
            parameter="symbol",
            hint="Find one by name: GET /api/v1/stocks?q=…",
        ),
    ),
    409: (
        "It cannot be done as things are now.",
        Problem(
            type="urn:insitechart:conflict",
            title="Conflict",
            status=409,
            detail="This is the last admin.",
            instance="/api/v1/operations/users/00000000-0000-0000-0000-000000000001",
            request_id="0f8fad5bd9cb469fa16570867728950e",
            hint="Make another one first.",
        ),
    ),
    413: (
        "The body is larger than this path accepts.",
        Problem(
            type="urn:insitechart:request-entity-too-large",
            title="Request entity too large",
            status=413,
            detail="The body is larger than this path accepts.",
            instance="/api/v1/sentiment/analyze",
            request_id="0f8fad5bd9cb469fa16570867728950e",
            hint="Send less at once.",
        ),
    ),
    429: (
        "Tried too often; `Retry-After` says when to try again.",
        Problem(
            type="urn:insitechart:too-many-attempts",
            title="Too many attempts",
            status=429,
            detail="There were too many attempts.",
            instance="/api/v1/users/me/password",
            request_id="0f8fad5bd9cb469fa16570867728950e",
            hint="Wait, or ask for a new password by mail: POST /api/v1/users/password/reset",
        ),
    ),
    503: (
        "PostgreSQL cannot be reached, or took too long; `Retry-After` says when to ask again.",
        Problem(
            type="urn:insitechart:database-unavailable",
            title="Database unavailable",
            status=503,
            detail="PostgreSQL cannot be reached.",
            instance="/api/v1/stocks/AAPL",
            request_id="0f8fad5bd9cb469fa16570867728950e",
            hint="Try again shortly.",
        ),
    ),
}


class _Shared(ResponseSpec):
    """One that nobody changes: Litestar copies handlers with all that they hold several times over, and a third of the
    start went into copying these.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Shared":
        return self


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """The problems that a route answers with, by status."""
    return {status: _spec(*_PROBLEMS[status]) for status in statuses}


def not_there(what: str, instance: str) -> dict[int, ResponseSpec]:
    """The 404 of a route that looks for `what` by its id, with the path of an example."""
    example = Problem(
        type="urn:insitechart:not-found",
        title="Not found",
        status=404,
        detail=f"There is no such {what}.",
        instance=instance,
        request_id="0f8fad5bd9cb469fa16570867728950e",
    )
    return {404: _spec(f"There is no such {what}, or it is somebody else's.", example)}


def _spec(description: str, example: Problem) -> ResponseSpec:
    return _Shared(
        data_container=Problem,
        description=description,
        media_type=PROBLEM_JSON,
        generate_examples=False,
        examples=[Example(id=example.type.rsplit(":", 1)[-1], value=example)],
    )


def openapi_config(services: Sequence[Service]) -> OpenAPIConfig:
    """The document of `services`, and where it is shown. Litestar's own pages load from elsewhere, so ours is the only
    one.
    """
    headers: Any = DOCS_HEADERS
    return OpenAPIConfig(
        title="InsiteChart",
        version=version("insitechart"),
        description=_DESCRIPTION.strip(),
        use_handler_docstrings=True,
        tags=[
            *(Tag(name=service, description=_SERVICES[service]) for service in services),
            Tag(name="health", description="For probes and Prometheus · 상태"),
        ],
        openapi_router=Router("/docs", route_handlers=[], include_in_schema=False, response_headers=headers),
        render_plugins=[DocsPage(), DocumentFile()],
        components=Components(security_schemes={**SECURITY_SCHEMES}),
    )
