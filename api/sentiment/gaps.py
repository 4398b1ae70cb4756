"""The route under /sentiment about windows of which something is missing. It does not know how gaps are filled."""

from typing import Annotated

from litestar import Controller, get
from litestar.params import QueryParameter

from api.deps import NamedDependency
from api.openapi import problems
from api.parameters import End, Start, known_symbol, parse_range
from api.sentiment.schemas import ShownGaps
from api.sentiment.views import gap_view
from lib.db.gap_shown import shown_gaps
from lib.db.pool import Pool


class GapsController(Controller):
    """When something about a symbol was not heard."""

    path = "/sentiment"
    tags = ("sentiment",)

    @get("/gaps", operation_id="getMissing", summary="When not everything was heard", responses=problems(400, 404, 503))
    async def gaps(
        self,
        pool: NamedDependency[Pool],
        symbol: Annotated[
            str, QueryParameter(description="The symbol, as Yahoo writes it.", min_length=1, max_length=40)
        ],
        start: Start = None,
        end: End = None,
        limit: Annotated[int, QueryParameter(description="At most this many, the latest.", ge=1, le=1000)] = 500,
    ) -> ShownGaps:
        """Windows of the range, oldest first, of which a feed told nothing about the symbol: `open` where it may still
        come, `lost` where it never will. Windows of one feed that touch are one. What other symbols miss is left out.
        """
        since, until = parse_range(start, end)
        asked = known_symbol(symbol)
        found = await shown_gaps(pool, asked, since=since, until=until, limit=limit + 1)
        return ShownGaps(symbol=asked, truncated=len(found) > limit, items=[gap_view(gap) for gap in found[-limit:]])
