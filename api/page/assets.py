"""The files that pages load, each under an address that changes with its contents, so that browsers may keep it for
good. It does not know what is in them.

Modules import each other by plain names; an import map would be an inline script, which the content policy forbids.
So all files share one address prefix, the hash of all of them. Style sheets import nothing, so those of a page come as
one file.
"""

import gzip
import hashlib
from functools import cache, lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final, NamedTuple

from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "webmanifest": "application/manifest+json",
}
_SMALL: Final = 1024
_MOST_JOINED: Final = 8
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_FOR_NOW: Final = "no-cache"


class Asset(NamedTuple):
    """A file: as it is, and compressed, empty where that does not pay."""

    media_type: str
    plain: bytes
    squeezed: bytes


@cache
def assets() -> dict[str, Asset]:
    """Every file by its path below static/."""
    root = resources.files("api").joinpath("page", "static")
    return dict(sorted(_found(root, "")))


@cache
def version() -> str:
    """Changes whenever any file does."""
    digest = hashlib.sha256()
    for path, asset in assets().items():
        digest.update(path.encode() + b"\0" + asset.plain)
    return digest.hexdigest()[:12]


def address(path: str) -> str:
    """Where a page loads the file `path` from. Raises KeyError where there is none."""
    return f"/assets/{version()}/{path}" if assets()[path] else ""


def sheet(*names: str) -> str:
    """Where a page loads the style sheets `names`, joined in that order. Raises KeyError where there is none."""
    path = f"css/{'+'.join(names)}.css"
    return f"/assets/{version()}/{path}" if _joined(path) else ""


@get("/{version_asked:str}/{path:path}", include_in_schema=False, sync_to_thread=False)
def asset(request: Request[Any, Any, Any], version_asked: FromPath[str], path: FromPath[str]) -> Response[bytes]:
    """One file."""
    try:
        found = _joined(path.lstrip("/"))
    except KeyError:
        raise NotFoundException("There is no such file.") from None
    squeezed = bool(found.squeezed) and "gzip" in request.headers.get("accept-encoding", "")
    told = {
        "Cache-Control": _FOR_GOOD if version_asked == version() else _FOR_NOW,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if squeezed:
        told["Content-Encoding"] = "gzip"
    return Response(found.squeezed if squeezed else found.plain, media_type=found.media_type, headers=told)


def assets_router() -> Router:
    """The files that pages load."""
    return Router("/assets", route_handlers=[asset])


# anybody may ask for any of them in any order: only so many are kept
@lru_cache(maxsize=32)
def _joined(path: str) -> Asset:
    """The file `path`, or `css/ONE+OTHER.css` made of css/ONE.css and css/OTHER.css. Raises KeyError."""
    if path in assets() or not path.startswith("css/"):
        return assets()[path]
    names = path.removeprefix("css/").removesuffix(".css").split("+")
    if len(names) > _MOST_JOINED or len(set(names)) < len(names):
        raise KeyError(path)
    return _asset("css", b"".join(assets()[f"css/{name}.css"].plain for name in names))


def _asset(kind: str, plain: bytes) -> Asset:
    return Asset(_TYPES[kind], plain, gzip.compress(plain, 9, mtime=0) if len(plain) > _SMALL else b"")


def _found(folder: Traversable, prefix: str) -> list[tuple[str, Asset]]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _found(entry, f"{prefix}{entry.name}/")
        elif (kind := entry.name.rpartition(".")[2]) in _TYPES:
            found.append((prefix + entry.name, _asset(kind, entry.read_bytes())))
    return found
