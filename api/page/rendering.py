"""Renders a template in the language of whoever asks. It does not know what the pages show.

The content policy lets a page load only our own files: no inline script or style, nothing from elsewhere.
"""

import json
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from litestar import MediaType, Request, Response

from api.page.assets import address
from api.page.language import COOKIE, Language, choose_language, words_of

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Language, Cookie",
}


def page(request: Request[Any, Any, Any], template: str, *, status: int = 200, **values: Any) -> Response[str]:
    """The page that `template` makes of `values`, in the language of `request`."""
    language = language_of(request)
    theme = request.cookies.get("theme")
    text = (
        _environment()
        .get_template(template)
        .render(**values, **_always(language, request.url.path), theme=theme if theme in ("light", "dark") else None)
    )
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=HEADERS)


def language_of(request: Request[Any, Any, Any]) -> Language:
    """The language in which `request` is answered."""
    return choose_language(request.cookies.get(COOKIE), request.headers.get("accept-language"))


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("api.page", "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _always(language: Language, path: str) -> dict[str, Any]:
    words = words_of(language)
    return {
        "language": language,
        "other_language": "en" if language == "ko" else "ko",
        "words": words,
        "words_json": _json_block(language),
        "address": address,
        "path": path,
    }


@cache
def _json_block(language: Language) -> str:
    # inside <script type="application/json"> nothing may look like the end of it
    return json.dumps(words_of(language), ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
