"""Which symbols tell most about whether a copy answers as its original: those with the most to be read of them."""

from lib.db.pool import connect

_TELLING = """
SELECT s.symbol
FROM symbols s
JOIN (SELECT symbol_id, count(*) AS bars FROM bars WHERE interval = '1d' GROUP BY symbol_id) b ON b.symbol_id = s.id
ORDER BY b.bars DESC, s.symbol
LIMIT $1
"""


async def telling_symbols(url: str, count: int = 5) -> list[str]:
    """Up to `count` symbols with the most daily bars. Raises DatabaseUnavailable."""
    connection = await connect(url, application="insitechart-drill")
    try:
        return [row["symbol"] for row in await connection.fetch(_TELLING, count)]
    finally:
        await connection.close()
