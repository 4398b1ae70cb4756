"""What a source says of itself before it is opened: its name, what it needs, what it costs, how it is opened.

A declaration is cheap to import: a vendor's library is loaded by `open`. It does not know which sources there are.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from decimal import Decimal
from importlib.metadata import version
from typing import NamedTuple

import msgspec

from lib.domain.spend import Budget
from lib.settings import Settings
from lib.sources.access import Access
from lib.sources.interest import Interest
from lib.sources.posts import PostSource


class Opening(NamedTuple):
    """What a source is opened with."""

    settings: Settings
    access: Access
    interest: Interest


class Declaration(msgspec.Struct, frozen=True, kw_only=True):
    """One source.

    `missing` names the settings without which it cannot be asked (empty: it can), `credential` whatever tells two
    accounts at the provider apart; only a digest of it is kept. `poll` is how often it is asked, None for a stream that
    stays open. `prices` are dollars a unit, `budget` what may be spent; a source without prices is free. Posts must be
    seen to be still there every `verify_within` (None: the source tells of deletions by itself, or nobody asks for it)
    until they are `verify_for` old (None: for ever). `addresses` are asked whether they answer at all, by a person who
    wants to know whether the source can be reached.
    """

    name: str
    title: str
    brings: str
    open: Callable[[Opening], AbstractAsyncContextManager[PostSource]]
    missing: Callable[[Settings], Sequence[str]] = lambda settings: ()
    credential: Callable[[Settings], str] = lambda settings: ""
    poll: timedelta | None = None
    prices: Callable[[Settings], Mapping[str, Decimal]] = lambda settings: {}
    budget: Callable[[Settings], Budget] = lambda settings: Budget()
    verify_within: timedelta | None = None
    verify_for: Callable[[Settings], timedelta | None] = lambda settings: None
    addresses: Callable[[Settings], Sequence[str]] = lambda settings: ()


def fingerprint(credential: str) -> str:
    """Twelve hexadecimal digits that tell credentials apart and do not give them away; empty for none."""
    return hashlib.sha256(f"insitechart\x1f{credential}".encode()).hexdigest()[:12] if credential else ""


def user_agent(settings: Settings) -> str:
    """How this installation names itself to providers, truthfully."""
    contact = f" (+{settings.contact})" if settings.contact else ""
    return f"InsiteChart/{version('insitechart')}{contact}"
