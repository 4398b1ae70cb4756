"""Renders a template in the language of whoever asks. It does not know what the pages show.

The content policy lets a page load only our own files: no inline script or style, nothing from elsewhere. What a page
sends is compressed: it holds nothing secret that could be guessed from its length.
"""

import json
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from litestar import MediaType, Request, Response

from api.hot.encodings import IDENTITY, compressed, preferred_encoding
from api.page.assets import address, sheet
from api.page.language import COOKIE, Language, choose_language, words_of
from api.page.scripts import modules_of, words_for

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding, Accept-Language, Cookie",
}


def page(request: Request[Any, Any, Any], template: str, *, status: int = 200, **values: Any) -> Response[bytes]:
    """The page that `template` makes of `values`, in the language of `request`."""
    language = language_of(request)
    theme = request.cookies.get("theme")
    text = (
        environment()
        .get_template(template)
        .render(
            **values,
            **_always(template, language, request.url.path),
            theme=theme if theme in ("light", "dark") else None,
        )
    )
    encoding = preferred_encoding(request.headers.get("accept-encoding", "").encode("latin-1"))
    if encoding == IDENTITY:
        return Response(text.encode(), status_code=status, media_type=MediaType.HTML, headers=HEADERS)
    headers = {**HEADERS, "Content-Encoding": encoding.decode()}
    return Response(compressed(text.encode(), encoding), status_code=status, media_type=MediaType.HTML, headers=headers)


def language_of(request: Request[Any, Any, Any]) -> Language:
    """The language in which `request` is answered."""
    return choose_language(request.cookies.get(COOKIE), request.headers.get("accept-language"))


@cache
def environment() -> Environment:
    """The templates."""
    return Environment(
        loader=PackageLoader("api.page", "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _always(template: str, language: Language, path: str) -> dict[str, Any]:
    words = words_of(language)
    return {
        "language": language,
        "other_language": "en" if language == "ko" else "ko",
        "words": words,
        "words_json": _json_block(template, language),
        "modules": modules_of(environment(), template),
        "address": address,
        "sheet": sheet,
        "path": path,
    }


@cache
def _json_block(template: str, language: Language) -> str:
    # inside <script type="application/json"> nothing may look like the end of it
    said = words_for(environment(), template, language)
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
