"""Litestar with ASGI callables around it, which see a request before it is routed. It does not know any of them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from litestar import Litestar
from litestar.enums import ScopeType

from api.at_once import AtOnce, at_once_of, never

if TYPE_CHECKING:
    from litestar.types import ASGIApp, LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send

Layer = Callable[["ASGIApp"], "ASGIApp"]


class LayeredLitestar(Litestar):
    """What middleware would see too late, if at all: unknown paths, wrong methods, answers that need no route."""

    _outermost: "ASGIApp | None" = None
    at_once: AtOnce = staticmethod(never)

    def surround(self, layers: Sequence[Layer]) -> None:
        """Puts `layers` around the application, the first of them outermost."""
        app = cast("ASGIApp", super().__call__)
        for layer in reversed(layers):
            app = layer(app)
        self._outermost = app
        self.at_once = at_once_of(app)

    async def __call__(
        self,
        scope: "Scope | LifeSpanScope",
        receive: "Receive | LifeSpanReceive",
        send: "Send | LifeSpanSend",
    ) -> None:
        if scope["type"] == ScopeType.HTTP and self._outermost is not None:
            await self._outermost(cast("Scope", scope), cast("Receive", receive), cast("Send", send))
        else:
            await super().__call__(scope, receive, send)
