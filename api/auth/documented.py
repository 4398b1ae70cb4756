"""What the OpenAPI document says of who may do what: read from the guards, so that it is true. It knows no route."""

from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import OAuthFlow, OAuthFlows, SecurityScheme
from litestar.routes import HTTPRoute

from api.auth.guards import Needs, needs_of
from api.auth.identify import UNPROVEN
from lib.domain.users import Scope

_SCOPES: dict[Scope, str] = {
    "read": "Stocks and sentiment.",
    "watchlists": "Your watchlists.",
    "alerts": "Your alerts.",
    "account": "Your account, without changing how one gets into it.",
    "operations": "What operators and admins do.",
}

SECURITY_SCHEMES = {
    "oauth2": SecurityScheme(
        type="oauth2",
        description="E-mail address and password for an access token. It carries every scope.",
        flows=OAuthFlows(
            password=OAuthFlow(
                token_url="/api/v1/users/token",  # noqa: S106 - it is a path
                refresh_url="/api/v1/users/token/refresh",
                scopes={str(scope): text for scope, text in _SCOPES.items()},
            )
        ),
    ),
    "bearer": SecurityScheme(
        type="http", scheme="bearer", description="An access token, or an API key, in Authorization."
    ),
    "apiKey": SecurityScheme(
        type="apiKey", name="X-API-Key", security_scheme_in="header", description="An API key with scopes of its own."
    ),
}

_REFUSALS = {
    "401": "Nobody has proved who asks, or the proof does not hold; `WWW-Authenticate` says which proof is wanted.",
    "403": "Who asks is known, and may not do this.",
}


def tell_security(app: Litestar, document: dict[str, Any]) -> None:
    """Writes into `document` what each operation needs, and how it refuses."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            for method in handler.http_methods:
                operation = document["paths"].get(route.path_format, {}).get(method.lower())
                if operation is not None:
                    _tell(operation, route.path_format, handler)


def _tell(operation: dict[str, Any], path: str, handler: HTTPRouteHandler) -> None:
    needed = list(needs_of(handler))
    if path not in UNPROVEN:
        _declare(operation, "401")
    if not needed:
        return
    _declare(operation, "403")
    operation["security"] = _security(needed)
    roles = {need.role for need in needed} - {"user"}
    if roles:
        told = " or ".join(sorted(roles))
        operation["description"] = f"{operation.get('description', '')}\n\nFor the role {told}.".strip()


def _security(needed: list[Needs]) -> list[dict[str, list[str]]]:
    scopes = sorted({need.scope for need in needed})
    ways: list[dict[str, list[str]]] = [{"oauth2": [*scopes]}, {"bearer": []}]
    return ways if any(need.login for need in needed) else [*ways, {"apiKey": []}]


def _declare(operation: dict[str, Any], status: str) -> None:
    schema = {"$ref": "#/components/schemas/Problem"}
    operation["responses"].setdefault(
        status, {"description": _REFUSALS[status], "content": {"application/problem+json": {"schema": schema}}}
    )
