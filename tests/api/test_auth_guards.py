"""Guards and identification on a small application: what is let through, and how refusals look."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar, get
from litestar.di import NamedDependency, Provide
from litestar.testing import AsyncTestClient

from api.auth.guards import needs, needs_of
from api.auth.identify import Identify, refused
from api.deps import provide_principal
from api.problems import EXCEPTION_HANDLERS
from lib.domain.users import SCOPES, Principal
from lib.errors import DatabaseUnavailable

REALM = 'Bearer realm="insitechart"'
REFUSED = f'{REALM}, error="invalid_token"'

KNOWN = {
    "user": Principal(UUID(int=1), "user", frozenset(SCOPES), "token"),
    "operator": Principal(UUID(int=2), "operator", frozenset(SCOPES), "token"),
    "reading-key": Principal(UUID(int=2), "operator", frozenset({"read"}), "api-key"),
}


@get("/open")
async def open_route() -> str:
    return "anyone"


@get("/closed", guards=[needs("operator", "operations")])
async def closed_route(principal: NamedDependency[Principal]) -> str:
    return str(principal.user_id)


async def authenticate(proof: str) -> Principal:
    if proof == "away":
        raise DatabaseUnavailable("PostgreSQL cannot be reached.", hint="Try again shortly.")
    if proof not in KNOWN:
        raise refused()
    return KNOWN[proof]


@pytest.fixture
async def client() -> AsyncIterator[AsyncTestClient[Any]]:
    app = Litestar(
        [open_route, closed_route],
        dependencies={"principal": Provide(provide_principal, sync_to_thread=False)},
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=None,
        logging_config=None,
    )
    async with AsyncTestClient(Identify(app, authenticate, unproven=frozenset({"/open"}))) as opened:
        yield opened


async def test_who_may_is_let_through(client: AsyncTestClient[Any]) -> None:
    for headers in (
        {"X-API-Key": "operator"},
        {"Authorization": "Bearer operator"},
        {"Authorization": "bearer  operator "},
    ):
        answer = await client.get("/closed", headers=headers)
        assert (answer.status_code, answer.text) == (200, str(UUID(int=2)))


@pytest.mark.parametrize(
    ("headers", "status", "kind", "challenge"),
    [
        ({}, 401, "unauthorized", REALM),
        ({"Authorization": "Basic b3BlcmF0b3I6"}, 401, "unauthorized", REALM),
        ({"Authorization": "Bearer stranger"}, 401, "invalid-credentials", REFUSED),
        ({"Authorization": "Bearer "}, 401, "invalid-credentials", REFUSED),
        ({"X-API-Key": "a" * 2049}, 401, "invalid-credentials", REFUSED),
        ({"X-API-Key": "user", "Authorization": "Bearer user"}, 401, "invalid-credentials", REFUSED),
        ({"X-API-Key": "user"}, 403, "forbidden", None),
        ({"X-API-Key": "reading-key"}, 403, "forbidden", f'{REALM}, error="insufficient_scope", scope="operations"'),
        ({"X-API-Key": "away"}, 503, "database-unavailable", None),
    ],
)  # fmt: skip
async def test_a_refusal_is_a_problem(
    client: AsyncTestClient[Any], headers: dict[str, str], status: int, kind: str, challenge: str | None
) -> None:
    answer = await client.get("/closed", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["type"] == f"urn:insitechart:{kind}"
    assert answer.headers.get("www-authenticate") == challenge
    assert answer.headers["cache-control"] == "no-store"


async def test_a_header_that_is_no_ascii_is_refused(client: AsyncTestClient[Any]) -> None:
    answer = await client.get("/closed", headers={"X-API-Key": "é".encode()})  # type: ignore[dict-item]
    assert answer.status_code == 401


async def test_wrong_credentials_do_not_pass_where_nobody_is_needed_but_at_unproven_paths(
    client: AsyncTestClient[Any],
) -> None:
    assert (await client.get("/nothing", headers={"X-API-Key": "stranger"})).status_code == 401
    assert (await client.get("/open", headers={"X-API-Key": "stranger"})).text == "anyone"


def test_what_a_route_needs_can_be_read_from_it() -> None:
    app = Litestar([closed_route], dependencies={"principal": Provide(provide_principal, sync_to_thread=False)})
    handler = next(route for route in app.routes if route.path == "/closed").route_handlers[0]  # type: ignore[union-attr]
    assert [(need.role, need.scope) for need in needs_of(handler)] == [("operator", "operations")]
