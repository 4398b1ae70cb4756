"""A local Reddit: tokens, listings and /api/info over real HTTP, with what goes wrong written beforehand. It does not
know the client.

    with running_reddit(folder) as reddit:
        name = reddit.submit("stocks", title="TSLA to the moon 🚀")
        reddit.script.then("submissions/stocks", TooMany("2"))
        … os.environ | reddit.environment …

Faults are scripted per stream (`submissions/stocks`, `comments/stocks`), or under "info" and "token". Over plain HTTP:
`served(reddit.app())` (tests/servers/plain.py) is both reddit_url and reddit_oauth_url.
"""

import base64
import contextlib
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any, NamedTuple

from aiohttp import web

from tests.servers.faults import Script, misbehave
from tests.servers.proxy import stand_in
from tests.servers.reddit_books import Books, Feed

HOSTS = ("reddit.com", "*.reddit.com")

CLIENT_ID, CLIENT_SECRET = "local-client", "local-secret"

_REFUSALS = {
    "private": (403, "Forbidden"), "quarantined": (403, "Forbidden"), "banned": (404, "Not Found"),
}  # fmt: skip


class Call(NamedTuple):
    """One request as it arrived; `key` is what faults are scripted under."""

    key: str
    query: dict[str, str]
    user_agent: str
    at: datetime


class LocalReddit:
    """The books, the script and the log of one server. A subreddit exists from its first thing on, or by `refusals`,
    which say why one does not let itself be read: private, quarantined, banned.

    `clock` is the server's own time, `allowance` how many calls are left of it, `reset_s` when it is renewed.
    `recorded` answers, by path without a last slash, come before the books'.
    """

    def __init__(self, *, most: int = 100, cap: int = 1000) -> None:
        self.script = Script()
        self.books = Books(most=most, cap=cap)
        self.subreddits: set[str] = set()
        self.refusals: dict[str, str] = {}
        self.recorded: dict[str, Any] = {}
        self.calls: list[Call] = []
        self.environment: dict[str, str] = {}
        self.clock: Callable[[], datetime] = _now
        self.allowance = 1000.0
        self.reset_s = 600
        self._tokens: set[str] = set()

    def submit(self, subreddit: str, **given: Any) -> str:
        """Publishes a submission, now unless `given` has other fields of Thing; returns its fullname."""
        return self._publish("submissions", subreddit, given)

    def comment(self, subreddit: str, text: str = "A comment", **given: Any) -> str:
        """Publishes a comment."""
        return self._publish("comments", subreddit, {"text": text, **given})

    def edit(self, name: str, text: str) -> None:
        """Its author says it otherwise."""
        thing = self.books.thing(name)
        thing.text, thing.edited = text, float(int(self.clock().timestamp()))

    def delete(self, name: str) -> None:
        """Its author takes it back."""
        self.books.thing(name).state = "deleted"

    def remove(self, name: str) -> None:
        """A moderator removes it."""
        self.books.thing(name).state = "removed"

    def purge(self, name: str) -> None:
        """Nobody can see any more that it ever was."""
        self.books.thing(name).state = "purged"

    def expire_tokens(self) -> None:
        """No token that was given out is accepted any more."""
        self._tokens.clear()

    def reset(self) -> None:
        """Empty books, no faults, no log."""
        self.script.clear()
        self.books.clear()
        self.subreddits.clear()
        self.refusals.clear()
        self.recorded.clear()
        self.calls.clear()
        self.expire_tokens()
        self.clock, self.allowance, self.reset_s = _now, 1000.0, 600

    def asked(self, key: str) -> list[Call]:
        """The requests under `key`, in order."""
        return [call for call in self.calls if call.key == key]

    def app(self) -> web.Application:
        """The server's routes, for both hosts."""
        app = web.Application()
        app.router.add_post("/api/v1/access_token", self._token)
        for end in ("", "/"):
            app.router.add_get(f"/api/info{end}", self._info)
            app.router.add_get(f"/r/{{subreddit}}/new{end}", self._submissions)
            app.router.add_get(f"/r/{{subreddit}}/comments{end}", self._comments)
        return app

    def _publish(self, feed: Feed, subreddit: str, given: dict[str, Any]) -> str:
        self.subreddits.add(subreddit.lower())
        return self.books.add(feed, subreddit, self.clock(), **given).name

    async def _token(self, request: web.Request) -> web.StreamResponse:
        self._note("token", request)
        form = await request.post()
        right = "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("Authorization") != right:
            answer = self._refusal(401, "Unauthorized")
        elif form.get("grant_type") != "client_credentials":
            answer = self._answer({"error": "unsupported_grant_type"})
        else:
            token = secrets.token_urlsafe(12)
            self._tokens.add(token)
            answer = self._answer({"access_token": token, "token_type": "bearer", "expires_in": 86_400, "scope": "*"})
        return await misbehave(self.script.next("token"), request, answer)

    async def _info(self, request: web.Request) -> web.StreamResponse:
        self._note("info", request)
        names, fault = request.query.get("id", "").split(","), self.script.next("info")
        answer = self._beforehand(request) or self._answer(self.books.info(names, oddity=fault))
        return await misbehave(fault, request, answer)

    async def _submissions(self, request: web.Request) -> web.StreamResponse:
        return await self._listing("submissions", request)

    async def _comments(self, request: web.Request) -> web.StreamResponse:
        return await self._listing("comments", request)

    async def _listing(self, feed: Feed, request: web.Request) -> web.StreamResponse:
        subreddit, query = request.match_info["subreddit"].lower(), request.query
        key = f"{feed}/{subreddit}"
        self._note(key, request)
        fault = self.script.next(key)
        answer = self._beforehand(request) or self._closed(subreddit)
        if answer is None:
            after, before, limit = query.get("after", ""), query.get("before", ""), int(query.get("limit", "25"))
            page = self.books.page(feed, subreddit, after=after, before=before, limit=limit, oddity=fault)
            answer = self._answer(page)
        return await misbehave(fault, request, answer)

    def _beforehand(self, request: web.Request) -> web.Response | None:
        """The answer, where it does not depend on the books."""
        if request.headers.get("Authorization", "").removeprefix("bearer ") not in self._tokens:
            answer = self._refusal(401, "Unauthorized")
            answer.headers["WWW-Authenticate"] = 'Bearer realm="reddit", error="invalid_token"'
            return answer
        if self.allowance < 1:
            return self._refusal(429, "Too Many Requests")
        self.allowance -= 1
        recorded = self.recorded.get(request.path.rstrip("/"))
        return None if recorded is None else self._answer(recorded)

    def _closed(self, subreddit: str) -> web.Response | None:
        reason = self.refusals.get(subreddit)
        if reason is not None:
            return self._refusal(*_REFUSALS[reason], reason)
        if subreddit in self.subreddits:
            return None
        return web.Response(status=302, headers={"Location": f"/subreddits/search?q={subreddit}"})

    def _answer(self, body: dict[str, Any], status: int = 200) -> web.Response:
        limits = {
            "x-ratelimit-remaining": f"{max(self.allowance, 0):.1f}",
            "x-ratelimit-used": f"{1000 - max(self.allowance, 0):.0f}",
            "x-ratelimit-reset": str(self.reset_s),
        }
        return web.json_response(
            body, status=status, headers={"Date": format_datetime(self.clock().astimezone(UTC), usegmt=True), **limits}
        )

    def _refusal(self, status: int, message: str, reason: str = "") -> web.Response:
        return self._answer({"message": message, "error": status} | ({"reason": reason} if reason else {}), status)

    def _note(self, key: str, request: web.Request) -> None:
        self.calls.append(Call(key, dict(request.query), request.headers.get("User-Agent", ""), _now()))


def _now() -> datetime:
    return datetime.now(UTC)


@contextlib.contextmanager
def running_reddit(folder: Path) -> Iterator[LocalReddit]:
    """A LocalReddit that is reached by whoever runs under its `environment`. `folder` receives the certificate."""
    reddit = LocalReddit()
    with stand_in(reddit.app(), HOSTS, folder) as environment:
        reddit.environment = environment
        yield reddit
