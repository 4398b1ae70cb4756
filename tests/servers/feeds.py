"""Local publishers of feeds over real HTTPS, under any host names, with what goes wrong written beforehand. They do not
know the client.

    with running_feeds(folder) as feeds:
        feeds.publish("https://news.example/rss", Feed(items=[Item(title="Hello", guid="1")]))
        feeds.script.then("news.example/rss", TooMany("2"))
        … os.environ | feeds.environment …

Faults are scripted per host and path.
"""

import contextlib
import gzip
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple

from aiohttp import web

from tests.servers.faults import Script, misbehave
from tests.servers.feed_documents import Feed, document
from tests.servers.proxy import stand_in

HOSTS = ("news.example", "other.example", "*.news.example")


class Call(NamedTuple):
    """One question as it arrived: host and path, the validators that it carried, and who says to ask."""

    place: str
    etag: str | None
    modified: str | None
    user_agent: str
    status: int


class LocalFeeds:
    """The feeds by host and path, the script and the log of one server."""

    def __init__(self) -> None:
        self.script = Script()
        self.feeds: dict[str, Feed] = {}
        self.calls: list[Call] = []
        self.environment: dict[str, str] = {}
        self._versions: dict[str, tuple[bytes, str]] = {}

    def publish(self, address: str, feed: Feed) -> Feed:
        """Puts `feed` at an address that begins with https://, in the place of what was there."""
        self.feeds[address.removeprefix("https://")] = feed
        return feed

    def reset(self) -> None:
        """No feeds, no faults, no log."""
        self.script.clear()
        self.feeds.clear()
        self.calls.clear()
        self._versions.clear()

    def app(self) -> web.Application:
        """Every path of every host."""
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        place = f"{request.host}{request.path_qs}"
        right = self._right(place, request)
        asked = request.headers
        given = asked.get("If-None-Match"), asked.get("If-Modified-Since"), asked.get("User-Agent", "")
        self.calls.append(Call(place, *given, right.status))
        return await misbehave(self.script.next(place), request, right)

    def _right(self, place: str, request: web.Request) -> web.Response:
        feed = self.feeds.get(place)
        if feed is None:
            return web.Response(status=404, text="Not Found")
        if feed.moved is not None:
            return web.Response(status=feed.moved[0], headers={"Location": feed.moved[1]})
        body = document(feed)
        headers = {} if feed.max_age is None else {"Cache-Control": f"public, max-age={feed.max_age}"}
        if feed.validators:
            etag, modified = f'"{hashlib.sha256(body).hexdigest()[:16]}"', self._modified(place, body)
            headers |= {"ETag": etag, "Last-Modified": modified}
            if request.headers.get("If-None-Match", "") == etag:
                return web.Response(status=304, headers=headers, body=b"")
        if feed.gzip and "gzip" in request.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body)
            headers["Content-Encoding"] = "gzip"
        headers["Content-Type"] = feed.content_type or f"application/xml; charset={feed.encoding}"
        return web.Response(body=body, headers=headers)

    def _modified(self, place: str, body: bytes) -> str:
        known, since = self._versions.get(place, (b"", ""))
        if known != body:
            since = format_datetime(datetime.now(UTC), usegmt=True)
            self._versions[place] = (body, since)
        return since


@contextlib.contextmanager
def running_feeds(folder: Path, hosts: tuple[str, ...] = HOSTS) -> Iterator[LocalFeeds]:
    """LocalFeeds that are reached by whoever runs under their `environment`. `folder` receives the certificate."""
    feeds = LocalFeeds()
    with stand_in(feeds.app(), hosts, folder) as environment:
        feeds.environment = environment
        yield feeds
