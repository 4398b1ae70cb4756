"""What was spent on each source, by UTC day and unit, and the one place where money is set aside. It does not know what
anything costs.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

from lib.db.pool import Pool
from lib.db.reading import read_rows
from lib.domain.spend import Budget, Spent, refusal

# two callers of one source in line: the second sees what the first has set aside
_IN_LINE = "SELECT pg_advisory_xact_lock(730030, hashtext($1))"

_SPENT = """
SELECT coalesce(sum(dollars) FILTER (WHERE day = $2), 0) AS day, coalesce(sum(dollars), 0) AS month,
       coalesce(sum(units) FILTER (WHERE unit = $3), 0)::bigint AS units_month
FROM spend WHERE source = $1 AND day >= date_trunc('month', $2::date)::date AND day <= $2
"""

_RESERVE = """
INSERT INTO spend AS s (source, day, unit, units, dollars, calls) VALUES ($1, $2, $3, $4, $5, 1)
ON CONFLICT (source, day, unit) DO UPDATE SET
    units = s.units + EXCLUDED.units, dollars = s.dollars + EXCLUDED.dollars, calls = s.calls + 1
"""

_RETURN = """
UPDATE spend SET units = units - $4, dollars = dollars - $5 WHERE source = $1 AND day = $2 AND unit = $3
"""

_BY_DAY = """
SELECT source, day, unit, units, dollars, calls FROM spend
WHERE day >= $1 AND ($2::text IS NULL OR source = $2) ORDER BY source, day, unit
"""


class DayOfSpend(NamedTuple):
    """Units and dollars of one source, UTC day and kind of unit, and the paid calls they took."""

    source: str
    day: date
    unit: str
    units: int
    dollars: Decimal
    calls: int


async def reserve(
    pool: Pool, source: str, unit: str, units: int, dollars: Decimal, budget: Budget
) -> tuple[date, str | None]:
    """Sets `units` for `dollars` aside. Returns the day they count for, and why they were refused, or None."""
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute(_IN_LINE, source)
        day = datetime.now(UTC).date()
        row = await conn.fetchrow(_SPENT, source, day, unit)
        assert row is not None
        spent = Spent(day=row["day"], month=row["month"], units_month=row["units_month"])
        reason = refusal(budget, spent, unit, units, dollars)
        if reason is None:
            await conn.execute(_RESERVE, source, day, unit, units, dollars)
        return day, reason


async def give_back(pool: Pool, source: str, day: date, unit: str, units: int, dollars: Decimal) -> None:
    """Returns to `day` what was set aside and not used."""
    await pool.execute(_RETURN, source, day, unit, units, dollars)


async def spend_by_day(pool: Pool, *, since: date, source: str | None = None) -> list[DayOfSpend]:
    """Every day of spending from `since` on. Raises DatabaseUnavailable."""
    return [DayOfSpend(*row) for row in await read_rows(pool, _BY_DAY, since, source)]
