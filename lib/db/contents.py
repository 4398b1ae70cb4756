"""What a database holds, at a glance. It does not know what is done about it."""

from typing import NamedTuple

from lib.db.pool import connect

_GLANCE = "SELECT EXISTS (SELECT FROM symbols), EXISTS (SELECT FROM symbols WHERE sample)"


class Contents(NamedTuple):
    """Whether there are any listings, and whether any of them is of the sample archive."""

    listings: bool
    sample: bool


async def glance(url: str) -> Contents:
    """Looks once into the migrated database at `url`. Raises DatabaseUnavailable."""
    connection = await connect(url, application="insitechart-setup")
    try:
        row = await connection.fetchrow(_GLANCE)
        assert row is not None
        return Contents(*row)
    finally:
        await connection.close()
