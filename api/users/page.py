"""The page that mailed links lead to. It does not know what a link holds: that stands behind the # and never reaches a
server.
"""

from typing import Any

from litestar import Request, Response, Router, get

from api.page.rendering import page


@get("/", include_in_schema=False, sync_to_thread=False)
def account_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The page; it is the same for everyone."""
    answer = page(request, "account.html")
    # a mailed link says nothing to whatever is opened from here
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def account_pages() -> Router:
    """The page."""
    return Router("/account", route_handlers=[account_page])
