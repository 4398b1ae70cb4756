"""What no request may bring, whichever route it is for: parameters that are not there, and null characters, which no
database text can hold. It does not know any route.
"""

from typing import Any

from litestar import Request
from litestar.enums import HttpMethod, MediaType
from litestar.exceptions import SerializationException

from api.parameters import refuse_unknown_parameters
from api.problems import BadParameter

_ESCAPED_NULL = b"\\u0000"


async def check_request(request: Request[Any, Any, Any]) -> None:
    """Raises BadParameter. To be called before the handler's own reading of the request, which it costs nothing."""
    await refuse_unknown_parameters(request)
    if request.scope["method"] == HttpMethod.GET:
        return
    if request.content_type[0] == MediaType.JSON and _ESCAPED_NULL in await request.body():
        try:
            body = await request.json()
        except SerializationException:
            # whoever reads it for the handler says what is wrong with it
            return
        if holds_null(body):
            members = body.items() if isinstance(body, dict) else ()
            name = next((name for name, member in members if holds_null(member)), "body")[:60]
            raise BadParameter(name, f"{name!r} holds a null character.", accepted="text without it")


def holds_null(value: object) -> bool:
    """Whether any text in `value`, as JSON has it, names of members too, holds a null character."""
    match value:
        case str():
            return "\x00" in value
        case dict():
            return any(holds_null(name) or holds_null(member) for name, member in value.items())
        case list():
            return any(map(holds_null, value))
    return False
