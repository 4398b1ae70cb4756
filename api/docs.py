"""The page that shows the OpenAPI document. Everything it loads lies in static/docs: it asks no other host for
anything.
"""

from importlib import resources
from pathlib import Path
from typing import Any

from litestar import MediaType, Request, Response, Router, get
from litestar.datastructures import CacheControlHeader
from litestar.enums import OpenAPIMediaType
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.response import Redirect
from litestar.static_files import create_static_files_router

from api.document import openapi_json

# swagger-ui styles elements as it draws them, hence the one concession
DOCS_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class DocsPage(OpenAPIRenderPlugin):
    """Renders static/docs/index.html, which fetches /openapi.json by itself."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML, favicon="", style="")
        self._page = (_folder() / "index.html").read_bytes()

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page; it is the same for everyone."""
        return self._page


class DocumentFile(OpenAPIRenderPlugin):
    """The same document beside the page, where Litestar would put its own."""

    def __init__(self) -> None:
        super().__init__(path="/openapi.json", media_type=OpenAPIMediaType.OPENAPI_JSON, favicon="", style="")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The corrected document."""
        return openapi_json(request.app)


@get("/", include_in_schema=False, sync_to_thread=False)
def front_door() -> Redirect:
    """Leads to the documentation."""
    return Redirect("/docs")


@get("/openapi.json", include_in_schema=False, sync_to_thread=False)
def openapi_document(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The OpenAPI document."""
    return Response(openapi_json(request.app), media_type=OpenAPIMediaType.OPENAPI_JSON)


def docs_assets() -> Router:
    """The files that the page loads."""
    return create_static_files_router(
        path="/docs/assets", directories=[_folder() / "assets"], cache_control=CacheControlHeader(max_age=3600)
    )


def _folder() -> Path:
    return Path(str(resources.files("api"))) / "static" / "docs"
