"""Hot reads without Litestar's way to them: the route's own handler, called with what it declares. It does not know any
route by name.

Routing, dependency injection and two response objects cost more than many of these answers. Here the declaration that
Litestar reads is read as well, so nothing is said twice: the types and bounds of the parameters are those of the
handler's signature. Whatever is odd about a question (an unknown, repeated or unusable parameter) is left to Litestar,
which answers, and explains, exactly what it always did.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from litestar import Litestar, Request, Response
from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send
from litestar.typing import FieldDefinition

from api.answers import CSV, JSON
from api.auth.closed import DeclaresRead
from api.conditional import is_guarded, policy_of, tag_of
from api.declared import query_parameters
from api.deps import AT_HAND, NOW, at_hand, provide_moment
from api.hot.reads import asks_for_many, hot_read
from api.parameters import refuse_unknown
from api.problems import BadParameter, answer_to
from lib.errors import NotSettled
from lib.settings import Settings

_CONTENT_TYPES = {JSON: (b"content-type", b"application/json"), CSV: (b"content-type", b"text/csv; charset=utf-8")}
_VARY = (b"vary", b"Accept")
_OF_THE_REQUEST = ("request", "symbol", "moment")


class Direct(NamedTuple):
    """A handler, and what it is called with: its own parameters, which `question` decodes out of the `declared` ones,
    what is at hand (`given`), and what comes of the request itself (`wants`).
    """

    handler: HTTPRouteHandler
    question: type[msgspec.Struct]
    declared: Mapping[str, FieldDefinition]
    given: tuple[str, ...]
    wants: frozenset[str]
    guarded: bool


class DirectReads:
    """An ASGI callable around the application `app` that answers plain hot reads by itself; `inner` gets the rest."""

    def __init__(self, inner: ASGIApp, app: Litestar, settings: Settings) -> None:
        self._inner = inner
        self._app = app
        self._settings = settings
        self._routes = direct_routes(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        read = hot_read(scope["path"]) if scope["type"] == ScopeType.HTTP and scope["method"] == "GET" else None
        route = None if read is None else self._routes.get(read.template)
        if read is None or route is None or _is_conditional(scope) or asks_for_many(scope["query_string"]):
            await self._inner(scope, receive, send)
            return
        scope["litestar_app"] = self._app
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        try:
            arguments = await self._arguments(route, request, read.symbol)
        except (BadParameter, NotSettled, msgspec.ValidationError):
            await self._inner(scope, receive, send)
            return
        scope["path_template"] = read.template
        try:
            answer: Response[Any] = await route.handler.fn(**arguments)
        except Exception as error:  # noqa: BLE001  whatever it is, Litestar would answer it too
            wrong = answer_to(request, error)
            await wrong.to_asgi_response(app=None, request=request)(scope, receive, send)
            return
        body: bytes = answer.content
        headers = [
            _CONTENT_TYPES[str(answer.media_type)],
            (b"content-length", b"%d" % len(body)),
            (b"etag", tag_of(body)),
            (b"cache-control", policy_of(scope["query_string"], guarded=route.guarded)),
            _VARY,
        ]
        await send({"type": "http.response.start", "status": answer.status_code or 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _arguments(self, route: Direct, request: Request[Any, Any, Any], symbol: str) -> dict[str, Any]:
        asked = _asked(request, route.declared)
        as_of = asked.pop("as_of", None)
        arguments = msgspec.structs.asdict(msgspec.convert(asked, route.question, strict=False))
        for name in route.given:
            arguments[name] = at_hand(name, self._app.state, self._settings)
        if "symbol" in route.wants:
            arguments["symbol"] = symbol
        if "request" in route.wants:
            arguments["request"] = request
        if "moment" in route.wants:
            arguments["moment"] = NOW if as_of is None else await provide_moment(request, self._settings, as_of)
        return arguments


def direct_routes(app: Litestar) -> Mapping[str, Direct]:
    """The handlers of `app` that can be called so, by the template of their path. One with guards that hold, with a
    hook behind it, or with a dependency that is not known here is not among them.
    """
    gets = [route for route in app.routes if isinstance(route, HTTPRoute) and "GET" in route.route_handler_map]
    found = {route.path_format: _direct(route.route_handler_map["GET"][0]) for route in gets}
    return {template: direct for template, direct in found.items() if direct is not None}


def _direct(handler: HTTPRouteHandler) -> Direct | None:
    parameters = handler.parsed_fn_signature.parameters
    declared = query_parameters(handler)
    known = {*declared, *AT_HAND, *_OF_THE_REQUEST}
    holds = any(not isinstance(guard, DeclaresRead) for guard in handler.resolve_guards())
    if holds or any(getattr(layer, "after_request", None) for layer in handler.ownership_layers):
        return None
    if not known.issuperset(parameters) or handler.has_sync_callable:
        return None
    types = handler.signature_model.__annotations__
    fields = [
        (name, types[name], field.default) if field.has_default else (name, types[name])
        for name, field in parameters.items()
        if name in declared
    ]
    return Direct(
        handler,
        msgspec.defstruct("Question", fields, kw_only=True),
        declared,
        tuple(name for name in AT_HAND if name in parameters),
        frozenset(_OF_THE_REQUEST).intersection(parameters),
        is_guarded(handler),
    )


def _is_conditional(scope: Scope) -> bool:
    return any(name == b"if-none-match" for name, _ in scope["headers"])


def _asked(request: Request[Any, Any, Any], declared: Mapping[str, FieldDefinition]) -> dict[str, str]:
    """The parameters by name. Raises BadParameter for what Litestar is to refuse."""
    if not request.scope["query_string"]:
        return {}
    refuse_unknown(request.query_params, declared)
    return dict(request.query_params)
