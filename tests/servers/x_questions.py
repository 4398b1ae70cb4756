"""What a local X answers to a question that is well put, and why it refuses one that is not. It does not know HTTP.

The bounds are X's: ids and times are not to be mixed, nothing older than seven days, an end at least ten seconds ago.
"""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from tests.servers.x_posts import Timeline, Tweet, snowflake
from tests.servers.x_query import BadQuery, Match, compiled

_REACH = timedelta(days=7)
_SETTLED = timedelta(seconds=10)
_IDS, _TIMES = ("since_id", "until_id"), ("start_time", "end_time")
_AT_ONCE = 100
_PROBLEMS = "https://api.twitter.com/2/problems/"


class Refused(ValueError):
    """The question cannot be answered with 200, for what it says of `parameter`."""

    def __init__(self, parameter: str, why: str) -> None:
        super().__init__(why)
        self.parameter = parameter


class Bounds(NamedTuple):
    """What is asked for: matching posts with above < id < under."""

    match: Match
    above: int
    under: int
    start: datetime
    end: datetime

    def below(self, tweet_id: int) -> Self:
        """The same, but older than `tweet_id`."""
        return self._replace(under=tweet_id)

    def token(self) -> str:
        """What leads on to here as next_token."""
        return f"b26v89c19zqg8o3f{self.under:x}"


def problem(title: str, kind: str, detail: str) -> bytes:
    """The body of an answer that refuses everything."""
    type_ = kind if kind.startswith("about:") else _PROBLEMS + kind
    return json.dumps({"title": title, "detail": detail, "type": type_}).encode()


def refusal(asked: dict[str, str], refused: Refused) -> dict[str, Any]:
    """The body of an answer that refuses one question."""
    said = [asked.get(refused.parameter, "")]
    return {
        "errors": [{"parameters": {refused.parameter: said}, "message": str(refused)}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": _PROBLEMS + "invalid-request",
    }


def bounds(asked: dict[str, str], now: datetime, lag: timedelta) -> Bounds:
    """What `asked` asks for at `now`, where nothing younger than `lag` is found yet. Raises Refused."""
    try:
        match = compiled(asked.get("query", ""))
    except BadQuery as error:
        raise Refused("query", str(error)) from None
    if any(name in asked for name in _IDS) and any(name in asked for name in _TIMES):
        raise Refused(
            "since_id", "Invalid use of 'since_id' or 'until_id' in conjunction with 'start_time' or 'end_time'."
        )
    oldest = (now - _REACH).replace(second=0, microsecond=0)
    start = _time(asked, "start_time", oldest)
    end = _time(asked, "end_time", now - _SETTLED)
    if start < oldest:
        raise Refused("start_time", f"'start_time' must be on or after {oldest:%Y-%m-%dT%H:%MZ}.")
    if end > now - _SETTLED:
        raise Refused("end_time", "'end_time' must be a minimum of 10 seconds prior to the request time.")
    above = _number(asked, "since_id", snowflake(start) - 1)
    if above < snowflake(oldest) - 1:
        raise Refused(
            "since_id",
            f"'since_id' must be a tweet id created after {oldest:%Y-%m-%dT%H:%MZ}. "
            f"Please use a 'since_id' that is larger than {snowflake(oldest) - 1}",
        )
    under = min(_number(asked, "until_id", snowflake(end)), snowflake(now - lag))
    if "next_token" in asked:
        under = min(under, int(asked["next_token"][16:], 16))
    return Bounds(match, above, under, start, end)


def page(posts: Timeline, asked: dict[str, str], given: Bounds) -> dict[str, Any]:
    """The newest of what is asked for, and the token that leads on where there is more. Raises Refused."""
    most = _number(asked, "max_results", 10)
    if not 10 <= most <= _AT_ONCE:
        raise Refused(
            "max_results", f"The `max_results` query parameter value [{most}] is not between 10 and {_AT_ONCE}"
        )
    fields = frozenset(asked.get("tweet.fields", "").split(","))
    found: list[Tweet] = []
    for tweet in posts.matching(given.match, given.above, given.under):
        if len(found) == most:
            more: dict[str, Any] = {"next_token": given.below(found[-1].id).token()}
            break
        found.append(tweet)
    else:
        more = {}
    if not found:
        return {"meta": {"result_count": 0}}
    meta = {"newest_id": str(found[0].id), "oldest_id": str(found[-1].id), "result_count": len(found), **more}
    answer = {"data": [posts.wire(tweet, fields) for tweet in found], "meta": meta}
    if "author_id" in asked.get("expansions", "").split(","):
        authors = dict.fromkeys(str(tweet.author) for tweet in found)
        answer["includes"] = {"users": [{"id": author, "name": "-", "username": f"u{author}"} for author in authors]}
    return answer


def counted(posts: Timeline, asked: dict[str, str], given: Bounds) -> dict[str, Any]:
    """How many posts there are in each hour, oldest first, broken hours at both ends."""
    hours: Counter[datetime] = Counter(
        tweet.at.replace(minute=0, second=0, microsecond=0)
        for tweet in posts.matching(given.match, given.above, given.under)
    )
    rows, at = [], given.start
    while at < given.end:
        hour = at.replace(minute=0, second=0, microsecond=0)
        until = min(hour + timedelta(hours=1), given.end)
        rows.append({"start": _wire(at), "end": _wire(until), "tweet_count": hours[hour]})
        at = until
    return {"data": rows, "meta": {"total_tweet_count": hours.total()}}


def looked_up(posts: Timeline, asked: dict[str, str], *, latest: bool) -> dict[str, Any]:
    """The posts of these ids as they are now, and which of them cannot be seen. Raises Refused."""
    ids = asked.get("ids", "").split(",")
    if not 1 <= len(ids) <= _AT_ONCE or not all(name.isdecimal() and len(name) <= 19 for name in ids):
        raise Refused("ids", f"The `ids` query parameter must hold 1 to {_AT_ONCE} ids.")
    fields = frozenset(asked.get("tweet.fields", "").split(","))
    data: dict[int, dict[str, Any]] = {}
    errors = []
    for name in ids:
        if posts.seen(int(name)):
            tweet = posts.current(int(name)) if latest else posts.versions[int(name)]
            data[tweet.id] = posts.wire(tweet, fields)
        else:
            errors.append(_unseen(name, known=posts.exists(int(name))))
    return {**({"data": list(data.values())} if data else {}), **({"errors": errors} if errors else {})}


def _unseen(name: str, *, known: bool) -> dict[str, str]:
    title, kind, said = (
        (
            "Authorization Error",
            "not-authorized-for-resource",
            "Sorry, you are not authorized to see the Tweet with ids",
        )
        if known
        else ("Not Found Error", "resource-not-found", "Could not find tweet with ids")
    )
    return {"value": name, "detail": f"{said}: [{name}].", "title": title, "resource_type": "tweet",
            "parameter": "ids", "resource_id": name, "type": _PROBLEMS + kind}  # fmt: skip


def _number(asked: dict[str, str], name: str, default: int) -> int:
    value = asked.get(name, str(default))
    if not value.isdecimal():
        raise Refused(name, f"The `{name}` query parameter value [{value}] is not valid")
    return int(value)


def _time(asked: dict[str, str], name: str, default: datetime) -> datetime:
    try:
        return datetime.strptime(asked[name], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) if name in asked else default
    except ValueError:
        raise Refused(name, f"The `{name}` query parameter value [{asked[name]}] is not a valid datetime") from None


def _wire(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
