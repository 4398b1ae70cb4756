"""Answers that are given at once: by plain calls through the layers, without a task and without messages.

A layer takes part with a method `at_once` beside its usual way, made of the same rules, and keeps that of the layer
inside as `inner_at_once`. It returns what the layer would
send, or None for whatever it would not simply hand on: a refusal, a wait, work. Then the request goes the usual way as
if nobody had been asked. What stands in front of a layer without such a method is never passed by.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from litestar.types import HTTPScope

Headers: TypeAlias = list[tuple[bytes, bytes]]


class Reply:
    """A whole answer, whose `headers` grow on its way out; `route` is the template of its path."""

    __slots__ = ("body", "headers", "route", "status")

    def __init__(self, status: int, headers: Headers, body: bytes, route: str) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.route = route


AtOnce: TypeAlias = Callable[[HTTPScope], Reply | None]


def at_once_of(app: Any) -> AtOnce:
    """How `app` answers at once; one that cannot, or stands around one that cannot, never does."""
    inner: AtOnce | None = getattr(app, "inner_at_once", None)
    found: AtOnce = getattr(app, "at_once", never)
    return never if inner is never else found


def never(_: HTTPScope) -> Reply | None:
    """Everything goes the usual way."""
    return None
