"""Problems that are answered before Litestar sees the request, in the shape of api/problems.py. It decides nothing."""

from collections.abc import Iterable

from litestar.types import Scope, Send
from msgspec import json

from api.problems import PROBLEM_JSON, problem_of
from lib.errors import InsiteChartError

Headers = Iterable[tuple[bytes, bytes]]


class Refused(InsiteChartError):
    """A request that a wall does not let through: the status, the kind of problem, and what to do."""

    def __init__(self, status: int, kind: str, detail: str, *, hint: str = "", headers: Headers = ()) -> None:
        super().__init__(detail, hint=hint)
        self.status = status
        self.kind = kind
        self.headers = tuple(headers)


async def answer_refused(scope: Scope, send: Send, refused: Refused, *, close: bool = False) -> None:
    """Answers `refused`; with `close` the connection ends with it, for what is on its way is not to be read."""
    body = json.encode(
        problem_of(
            refused.status,
            str(refused),
            kind=refused.kind,
            hint=refused.hint or None,
            path=scope["path"],
            request_id=str(scope.get("state", {}).get("request_id", "")),
        )
    )
    headers = [
        (b"content-type", PROBLEM_JSON.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *refused.headers,
    ]
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
