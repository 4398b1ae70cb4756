"""An installation to ask: a database with a little of everything, and one API process without rate limits on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx

from lib.db.pool import Pool, open_pool
from lib.domain.users import ROLES, Role
from tests.support import seed
from tests.support.accounts import USERS, add_person, password_form
from tests.support.servers import api_process

SYMBOLS = (
    ("AAPL", "Apple Inc.", "애플"),
    ("005930.KS", "Samsung Electronics", "삼성전자"),
    ("BRK-B", "Berkshire", None),
)


async def fill(database_url: str) -> None:
    """Puts listings, bars, buckets, posts and the books of sources into an empty, migrated database."""
    async with open_pool(database_url, application="insitechart-fuzz") as pool:
        await seed.add_scorer(pool)
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        for symbol, name, name_ko in SYMBOLS:
            await seed.add_symbol(pool, symbol, name, name_ko=name_ko)
            await _fill_one(pool, symbol, now)
        await seed.add_coverage(pool, "reddit", "posts/a", now)
        await seed.add_spend(pool, "x", now.date(), "0.5")
        await seed.add_gap(pool, "reddit", "posts/a", now)
        for role in ROLES:
            await add_person(pool, f"{role}@example.com", role)


async def _fill_one(pool: Pool, symbol: str, now: datetime) -> None:
    for number in range(10):
        await seed.add_bar(pool, symbol, now.replace(hour=0) - timedelta(days=number), 100 + number)
        await seed.add_bucket(pool, symbol, now - timedelta(hours=7 * number), [0.5, -0.2, 0.1])
        await seed.add_post(pool, symbol, now - timedelta(hours=number), external_id=f"{symbol}/{number}")


def headers_of(address: str, role: Role) -> dict[str, str]:
    """What proves that an account with this role asks."""
    answer = httpx.post(f"{address}{USERS}/token", data=password_form(f"{role}@example.com"), timeout=20)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@contextmanager
def serving(database_url: str) -> Iterator[str]:
    """The address of an API on it that counts no requests."""
    unlimited = ("anonymous_reads", "anonymous_analyze", "logins", "refusals", "reads", "writes", "analyze")
    limits = {f"limits_{name}": "0" for name in unlimited}
    cheap = {"password_memory_mib": "19", "password_rounds": "2"}
    with api_process(database_url=database_url, log_level="warning", **limits, **cheap) as address:
        yield address
