"""Who may ask for what: every route of the application with every kind of caller. A route that is not in the table, or
is there no more, fails.
"""

from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple, cast

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from api.auth.identify import UNPROVEN
from lib.domain.users import ROLES, SCOPES, Role, Scope
from lib.postgres.server import PostgresServer
from tests.support.accounts import House, api_key, known, open_house

NOBODY = "00000000-0000-0000-0000-000000000009"


class Rule(NamedTuple):
    """What a route needs; a role of None is nobody's in particular."""

    role: Role | None = None
    scope: Scope = "read"
    login: bool = False


PUBLIC = Rule()
READ = Rule()
ACCOUNT = Rule("user", "account")
LOGIN = Rule("user", "account", login=True)
WATCHLISTS = Rule("user", "watchlists")
ALERTS = Rule("user", "alerts")
OPERATOR = Rule("operator", "operations")
ADMIN = Rule("admin", "operations")
ADMIN_LOGIN = Rule("admin", "operations", login=True)

TABLE: dict[str, Rule] = {
    "GET /": PUBLIC,
    "GET /account": PUBLIC,
    "GET /analyze": PUBLIC,
    "GET /assets/{version_asked}/{path}": PUBLIC,
    "GET /compare": PUBLIC,
    "GET /language/{language}": PUBLIC,
    "GET /me": PUBLIC,
    "GET /status": PUBLIC,
    "GET /stocks/{symbol}": PUBLIC,
    "GET /docs": PUBLIC,
    "GET /docs/openapi.json": PUBLIC,
    "GET /docs/{path}": PUBLIC,
    "GET /docs/assets/{file_path}": PUBLIC,
    "GET /openapi.json": PUBLIC,
    "GET /health": PUBLIC,
    "GET /health/live": PUBLIC,
    "GET /health/ready": PUBLIC,
    "GET /metrics": PUBLIC,
    "GET /api/v1/health": PUBLIC,
    "GET /api/v1/health/live": PUBLIC,
    "GET /api/v1/health/ready": PUBLIC,
    "GET /api/v1/metrics": PUBLIC,
    "GET /api/v1/stocks": READ,
    "GET /api/v1/stocks/{symbol}": READ,
    "GET /api/v1/stocks/{symbol}/bars": READ,
    "GET /api/v1/stocks/{symbol}/insight": READ,
    "POST /api/v1/sentiment/analyze": READ,
    "GET /api/v1/sentiment/coverage": READ,
    "GET /api/v1/sentiment/gaps": READ,
    "GET /api/v1/sentiment/scorers": READ,
    "GET /api/v1/sentiment/stream": READ,
    "GET /api/v1/sentiment/trending": READ,
    "GET /api/v1/sentiment/{symbol}": READ,
    "GET /api/v1/sentiment/{symbol}/posts": READ,
    "GET /api/v1/sentiment/{symbol}/series": READ,
    "POST /api/v1/users": PUBLIC,
    "POST /api/v1/users/verify": PUBLIC,
    "POST /api/v1/users/verify/resend": PUBLIC,
    "POST /api/v1/users/password/reset": PUBLIC,
    "POST /api/v1/users/password/reset/confirm": PUBLIC,
    "POST /api/v1/users/token": PUBLIC,
    "POST /api/v1/users/token/refresh": PUBLIC,
    "POST /api/v1/users/token/revoke": PUBLIC,
    "GET /api/v1/users/me": ACCOUNT,
    "PATCH /api/v1/users/me": ACCOUNT,
    "DELETE /api/v1/users/me": LOGIN,
    "GET /api/v1/users/me/export": LOGIN,
    "POST /api/v1/users/me/password": LOGIN,
    "POST /api/v1/users/me/email": LOGIN,
    "GET /api/v1/users/me/sessions": ACCOUNT,
    "DELETE /api/v1/users/me/sessions": LOGIN,
    "DELETE /api/v1/users/me/sessions/{session_id}": LOGIN,
    "GET /api/v1/users/me/api-keys": ACCOUNT,
    "POST /api/v1/users/me/api-keys": LOGIN,
    "GET /api/v1/users/me/api-keys/{key_id}": ACCOUNT,
    "PATCH /api/v1/users/me/api-keys/{key_id}": LOGIN,
    "DELETE /api/v1/users/me/api-keys/{key_id}": LOGIN,
    "GET /api/v1/users/me/watchlists": WATCHLISTS,
    "POST /api/v1/users/me/watchlists": WATCHLISTS,
    "GET /api/v1/users/me/watchlists/{watchlist_id}": WATCHLISTS,
    "PATCH /api/v1/users/me/watchlists/{watchlist_id}": WATCHLISTS,
    "DELETE /api/v1/users/me/watchlists/{watchlist_id}": WATCHLISTS,
    "GET /api/v1/users/me/alerts": ALERTS,
    "POST /api/v1/users/me/alerts": ALERTS,
    "GET /api/v1/users/me/alerts/{alert_id}": ALERTS,
    "PATCH /api/v1/users/me/alerts/{alert_id}": ALERTS,
    "DELETE /api/v1/users/me/alerts/{alert_id}": ALERTS,
    "GET /api/v1/users/me/alerts/{alert_id}/history": ALERTS,
    "POST /api/v1/users/me/alerts/{alert_id}/pause": ALERTS,
    "POST /api/v1/users/me/alerts/{alert_id}/resume": ALERTS,
    "POST /api/v1/users/me/alerts/{alert_id}/test": ALERTS,
    "POST /api/v1/users/me/alerts/{alert_id}/secret": ALERTS,
    "GET /api/v1/operations/sources": OPERATOR,
    "GET /api/v1/operations/coverage": OPERATOR,
    "GET /api/v1/operations/spend": OPERATOR,
    "GET /api/v1/operations/cursors": OPERATOR,
    "GET /api/v1/operations/gaps": OPERATOR,
    "GET /api/v1/operations/backups": OPERATOR,
    "GET /api/v1/operations/drills": OPERATOR,
    "GET /api/v1/operations/users": ADMIN,
    "PATCH /api/v1/operations/users/{user_id}": ADMIN_LOGIN,
    "GET /api/v1/operations/audit": ADMIN,
}


class Caller(NamedTuple):
    """Somebody who asks: their headers, and what they ought to be able to do."""

    name: str
    headers: dict[str, str]
    role: Role | None = None
    scopes: tuple[Scope, ...] = ()
    key: bool = False

    def status(self, rule: Rule) -> int | None:
        """What they must be refused with; None where they must be let through."""
        if rule.role is None:
            return None
        if self.role is None:
            return 401
        allowed = ROLES.index(self.role) >= ROLES.index(rule.role) and rule.scope in self.scopes
        return None if allowed and not (rule.login and self.key) else 403


@pytest.fixture(scope="module")
async def callers(house: House) -> list[Caller]:
    """Anonymous, a token of each role, and of each role a key with each scope, sent in either header."""
    return await callers_of(house)


async def callers_of(house: House) -> list[Caller]:
    found = [Caller("anonymous", {})]
    for role in ROLES:
        person = await known(house, role)
        found.append(Caller(f"{role} token", person.bearer, role, SCOPES))
        for number, scope in enumerate(SCOPES):
            if (role, scope) == ("user", "operations"):
                continue
            key = await api_key(house, person, scope)
            headers = {"X-API-Key": key} if number % 2 else {"Authorization": f"Bearer {key}"}
            found.append(Caller(f"{role} key {scope}", headers, role, (scope,), key=True))
    return found


@pytest.fixture(scope="module")
async def closed(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[House, list[Caller]]]:
    """An installation where nobody reads without being known."""
    async with open_house(postgres, tmp_path_factory.mktemp("closed"), public_reads=False) as opened:
        yield opened, await callers_of(opened)


def routes_of(app: Litestar) -> Iterator[str]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                    yield f"{method} {route.path_format}"


def concrete(path: str) -> str:
    # let through, it would never end: asked for wrongly, it is refused by itself and not for who asks
    path = f"{path}?kinds=none" if path.endswith("/stream") else path
    for name, value in (("symbol", "AAPL"), ("path", "x"), ("file_path", "docs.js")):
        path = path.replace(f"{{{name}}}", value)
    for name in ("session_id", "key_id", "user_id", "watchlist_id", "alert_id"):
        path = path.replace(f"{{{name}}}", NOBODY)
    return path


def test_the_table_has_every_route_and_no_other(house: House) -> None:
    assert sorted(routes_of(cast("Litestar", house.client.app))) == sorted(TABLE)


@pytest.mark.parametrize("route", TABLE)
async def test_each_caller_is_let_through_or_refused(house: House, callers: list[Caller], route: str) -> None:
    await check(house, callers, route, TABLE[route])


@pytest.mark.parametrize("route", [route for route, rule in TABLE.items() if (rule is READ and "/sentiment" in route)
                                   or "/api/v1/stocks" in route])  # fmt: skip
async def test_where_reads_are_closed_they_need_the_scope(closed: tuple[House, list[Caller]], route: str) -> None:
    house, callers = closed
    await check(house, callers, route, Rule("user", "read"))


async def check(house: House, callers: list[Caller], route: str, rule: Rule) -> None:
    method, path = route.split(" ")
    for caller in callers:
        answer = await house.client.request(method, concrete(path), headers=caller.headers, follow_redirects=False)
        wanted = caller.status(rule)
        if wanted is None:
            assert answer.status_code not in (401, 403, 500), (caller.name, answer.text)
        else:
            assert answer.status_code == wanted, (caller.name, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
            assert (answer.status_code == 401) == ("www-authenticate" in answer.headers) or wanted == 403


async def test_answers_to_the_known_are_kept_by_nobody_else(closed: tuple[House, list[Caller]], house: House) -> None:
    opened, callers = closed
    token = next(caller.headers for caller in callers if caller.name == "user token")
    answer = await opened.client.get("/api/v1/stocks?as_of=2020-01-01T00:00:00Z", headers=token)
    answer = answer if answer.status_code == 200 else await opened.client.get("/api/v1/stocks", headers=token)
    assert answer.headers["cache-control"].startswith("private")
    assert "X-API-Key" in ",".join(answer.headers.get_list("vary"))
    operator = await known(house, "operator")
    sources = await house.client.get("/api/v1/operations/sources", headers=operator.bearer)
    assert sources.headers["cache-control"] == "private, no-cache"


async def test_paths_around_a_closed_read_are_closed_as_well(closed: tuple[House, list[Caller]]) -> None:
    house, _ = closed
    for path in (
        "/api/v1/stocks/",
        "/api/v1//stocks",
        "//api/v1/stocks",
        "/api/v1/stocks/AAPL/",
        "/api/v1/stocks%2FAAPL",
        "/api/v1/users/../stocks/AAPL",
        "/api/v1/sentiment//AAPL",
        "/api/v1/STOCKS",
    ):
        assert (await house.client.get(path, follow_redirects=False)).status_code in (400, 401, 404), path


def test_where_nothing_is_proved_there_is_a_route_that_needs_nothing() -> None:
    paths = {route.split(" ")[1]: rule for route, rule in TABLE.items()}
    assert all(paths[path] == PUBLIC for path in UNPROVEN)


async def test_each_operation_declares_what_it_needs(house: House) -> None:
    document = (await house.client.get("/openapi.json")).json()
    assert set(document["components"]["securitySchemes"]) == {"oauth2", "bearer", "apiKey"}
    for route, rule in TABLE.items():
        method, path = route.split(" ")
        operation = document["paths"].get(path, {}).get(method.lower())
        if operation is None:
            continue
        ways = {name: scopes for way in operation.get("security", []) for name, scopes in way.items()}
        if rule.role is None:
            assert not ways, route
        else:
            assert ways.keys() == ({"oauth2", "bearer"} if rule.login else {"oauth2", "bearer", "apiKey"}), route
            assert ways["oauth2"] == [rule.scope]
            assert {"401", "403"} <= operation["responses"].keys()
