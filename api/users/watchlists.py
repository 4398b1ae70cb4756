"""Routes under /users/me/watchlists: named lists of symbols. It does not know how they are kept."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.datastructures import ResponseHeader
from litestar.params import JSONBody, PathParameter
from msgspec import Meta, Struct

from api.auth.guards import needs
from api.deps import NamedDependency
from api.openapi import not_there, problems
from api.walls.bodies import SMALL_BODY_BYTES
from lib.db import watchlists as kept
from lib.db.pool import Pool
from lib.db.watchlists import watchlists_of
from lib.domain.users import Principal
from lib.watchlists import drop_watchlist, edit_watchlist, get_watchlist, make_watchlist

_NEEDS = needs("user", "watchlists")
_NO_LIST = not_there("watchlist", "/api/v1/users/me/watchlists/00000000-0000-0000-0000-000000000001")

WatchlistId = Annotated[UUID, PathParameter(description="The watchlist's id.")]
Name = Annotated[
    str, Meta(max_length=200, description="Of one line; case tells no two apart.", examples=["Chips · 반도체"])
]
Symbols = Annotated[
    list[Annotated[str, Meta(max_length=40)]],
    Meta(max_length=1000, description="In your order; at most 200.", examples=[["NVDA", "005930.KS", "000660.KS"]]),
]
Version = Annotated[int, Meta(description="Grows with every change.", ge=1, le=2_147_483_647, examples=[1])]
IsDefault = Annotated[bool, Meta(description="The one that programs show first; at most one is.")]


class WatchlistItem(Struct, frozen=True, kw_only=True):
    """A list of symbols."""

    id: UUID
    name: Name
    default: IsDefault
    symbols: Annotated[list[str], Meta(examples=[["NVDA", "005930.KS"]])]
    version: Version
    created_at: datetime
    updated_at: datetime


class Watchlists(Struct, frozen=True):
    """Every list, the default one first, then the oldest."""

    items: list[WatchlistItem]
    next: None = None


class WatchlistWanted(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A list to be made."""

    name: Name
    symbols: Symbols = []
    default: IsDefault = False


class WatchlistChange(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be other; null leaves it. `version` is the one that was read."""

    version: Version
    name: Name | None = None
    symbols: Symbols | None = None
    default: IsDefault | None = None


class WatchlistController(Controller):
    """The watchlists of who asks."""

    path = "/users/me/watchlists"
    tags = ("users",)
    request_max_body_size = SMALL_BODY_BYTES
    guards = (_NEEDS,)
    response_headers = (ResponseHeader(name="Cache-Control", value="no-store"),)

    @get("/", operation_id="getWatchlists", summary="Your watchlists", responses=problems(400, 503))
    async def watchlists(self, pool: NamedDependency[Pool], principal: NamedDependency[Principal]) -> Watchlists:
        """All of them, with their symbols."""
        return Watchlists([_item(found) for found in await watchlists_of(pool, principal.user_id)])

    @post("/", operation_id="makeWatchlist", summary="Make a watchlist", responses=problems(400, 409, 413, 503))
    async def make(
        self, data: JSONBody[WatchlistWanted], pool: NamedDependency[Pool], principal: NamedDependency[Principal]
    ) -> WatchlistItem:
        """At most 20 are kept. A symbol that is given twice stands where it stood first."""
        return _item(await make_watchlist(pool, principal.user_id, data.name, data.symbols, is_default=data.default))

    @get("/{watchlist_id:uuid}", operation_id="getWatchlist", summary="One of your watchlists",
         responses=problems(400, 503) | _NO_LIST)  # fmt: skip
    async def watchlist(
        self, watchlist_id: WatchlistId, pool: NamedDependency[Pool], principal: NamedDependency[Principal]
    ) -> WatchlistItem:
        """With its symbols, in their order."""
        return _item(await get_watchlist(pool, principal.user_id, watchlist_id))

    @patch("/{watchlist_id:uuid}", operation_id="changeWatchlist", summary="Change a watchlist",
           responses=problems(400, 409, 413, 503) | _NO_LIST)  # fmt: skip
    async def change(
        self,
        watchlist_id: WatchlistId,
        data: JSONBody[WatchlistChange],
        pool: NamedDependency[Pool],
        principal: NamedDependency[Principal],
    ) -> WatchlistItem:
        """`symbols` replaces all of them. 409 where `version` is not the present one: somebody else changed it."""
        return _item(
            await edit_watchlist(
                pool,
                principal.user_id,
                watchlist_id,
                data.version,
                name=data.name,
                symbols=data.symbols,
                is_default=data.default,
            )
        )

    @delete("/{watchlist_id:uuid}", operation_id="deleteWatchlist", summary="Delete a watchlist",
            responses=problems(400, 503) | _NO_LIST)  # fmt: skip
    async def drop(
        self, watchlist_id: WatchlistId, pool: NamedDependency[Pool], principal: NamedDependency[Principal]
    ) -> None:
        """Alerts on its symbols stay."""
        await drop_watchlist(pool, principal.user_id, watchlist_id)


def _item(found: kept.Watchlist) -> WatchlistItem:
    return WatchlistItem(
        id=found.id,
        name=found.name,
        default=found.is_default,
        symbols=found.symbols,
        version=found.version,
        created_at=found.created_at,
        updated_at=found.updated_at,
    )
