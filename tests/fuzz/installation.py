"""An installation to ask: a database with a little of everything, and one API process without rate limits on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lib.db.cursors import save_cursor
from lib.db.pool import Pool, open_pool
from lib.domain.users import ROLES
from tests.support import seed
from tests.support.accounts import UNLIMITED, add_person
from tests.support.recovery import add_backup, add_drill, add_log
from tests.support.servers import api_process

SYMBOLS = (
    ("AAPL", "Apple Inc.", "애플"),
    ("NVDA", "NVIDIA", "엔비디아"),
    ("005930.KS", "Samsung Electronics", "삼성전자"),
    ("BRK-B", "Berkshire", None),
)


async def fill(database_url: str) -> None:
    """Puts listings, bars, buckets, posts, the books of sources and a person of each role into an empty, migrated
    database.
    """
    async with open_pool(database_url, application="insitechart-fuzz") as pool:
        await seed.add_scorer(pool)
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        for symbol, name, name_ko in SYMBOLS:
            await seed.add_symbol(pool, symbol, name, name_ko=name_ko)
            await _fill_one(pool, symbol, now)
        async with pool.acquire() as conn:
            for number in range(3):
                await save_cursor(conn, "reddit", f"posts/{number}", {"after": number})
        for number in range(3):
            await seed.add_coverage(pool, "reddit", f"posts/{number}", now)
            await seed.add_gap(pool, "reddit", f"posts/{number}", now)
        await seed.add_spend(pool, "x", now.date(), "0.5")
        for number in range(3):
            await add_backup(pool, now - timedelta(days=number))
            await add_drill(pool, now - timedelta(days=number))
        await add_log(pool, now)
        for role in ROLES:
            await add_person(pool, f"{role}@example.com", role)


async def _fill_one(pool: Pool, symbol: str, now: datetime) -> None:
    for number in range(10):
        await seed.add_bar(pool, symbol, now.replace(hour=0) - timedelta(days=number), 100 + number)
        await seed.add_bucket(pool, symbol, now - timedelta(hours=7 * number), [0.5, -0.2, 0.1])
        await seed.add_post(pool, symbol, now - timedelta(hours=number), external_id=f"{symbol}/{number}")


@contextmanager
def serving(database_url: str, home: Path) -> Iterator[str]:
    """The address of an API on it that counts no requests and has its keys and mails in `home`."""
    limits = {name: str(value) for name, value in UNLIMITED.items()}
    cheap = {"password_memory_mib": "19", "password_rounds": "2"}
    with api_process(database_url=database_url, home=str(home), log_level="warning", **limits, **cheap) as address:
        yield address
