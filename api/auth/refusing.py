"""Answers a request that is refused before it is routed. It does not know why it was."""

from typing import Any

from litestar import Request
from litestar.types import Receive, Scope, Send

from api.problems import of_database, of_refusal
from lib.errors import DatabaseError, Forbidden, Unauthorized


async def answer_refusal(
    error: Unauthorized | Forbidden | DatabaseError, scope: Scope, receive: Receive, send: Send
) -> None:
    """401, 403 or 503, each a problem."""
    request: Request[Any, Any, Any] = Request(scope, receive)
    answer = of_database(request, error) if isinstance(error, DatabaseError) else of_refusal(request, error)
    await answer.to_asgi_response(None, request)(scope, receive, send)
