"""The page that mailed links lead to. It loads nothing from elsewhere, and does not know what a link holds: that stands
behind the # and never reaches the server.
"""

from importlib import resources

from litestar import MediaType, Response, Router, get

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


@get("/", include_in_schema=False, sync_to_thread=False)
def account_page() -> Response[bytes]:
    """The page; it is the same for everyone."""
    return _answer("index.html", MediaType.HTML)


@get("/account.js", include_in_schema=False, sync_to_thread=False)
def account_script() -> Response[bytes]:
    """What it does."""
    return _answer("account.js", "text/javascript; charset=utf-8")


@get("/account.css", include_in_schema=False, sync_to_thread=False)
def account_style() -> Response[bytes]:
    """How it looks."""
    return _answer("account.css", MediaType.CSS)


def account_pages() -> Router:
    """The page and what it loads."""
    return Router("/account", route_handlers=[account_page, account_script, account_style])


def _answer(name: str, media_type: str) -> Response[bytes]:
    body = resources.files("api").joinpath("static", "account", name).read_bytes()
    return Response(body, media_type=media_type, headers=_HEADERS)
