"""What OPTIONS says that a path answers to. It does not know any route.

Where one path has several handlers, Litestar's answer names the methods of the first of them alone.
"""

from collections.abc import Callable, Mapping

from litestar import Litestar
from litestar.enums import HttpMethod, ScopeType
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Message, Receive, Scope, Send


class TrueAllow:
    """Puts all methods of a route into the Allow of its answer to OPTIONS; `routes` has them by path."""

    def __init__(self, app: ASGIApp, routes: Callable[[], Mapping[str, bytes]]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != HttpMethod.OPTIONS:
            await self._app(scope, receive, send)
            return

        async def corrected(message: Message) -> None:
            allowed = self._routes().get(str(scope.get("path_template")))
            if message["type"] == "http.response.start" and allowed is not None:
                headers = [(name, value) for name, value in message["headers"] if name.lower() != b"allow"]
                message["headers"] = [*headers, (b"allow", allowed)]
            await send(message)

        await self._app(scope, receive, corrected)


def methods_by_path(app: Litestar) -> Mapping[str, bytes]:
    """What each path of `app` answers to, as Allow writes it."""
    routes = [route for route in app.routes if isinstance(route, HTTPRoute)]
    return {route.path_format: ", ".join(sorted(route.methods)).encode() for route in routes}
