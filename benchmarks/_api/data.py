"""The database that all servers of the benchmark read: 12,000 listings, one symbol with a history."""

import asyncpg

from lib.domain.symbols import Listing
from tests.support.data import data_folder
from tests.support.listings import KNOWN, made_up
from tests.support.reference import delisted_listings, korean_listings, us_listings

SYMBOL = "AAPL"
LISTINGS = 12_000
SCORER = "finance@1"
_BARS, _DAYS_OF_TALK = 2_500, 40

_BARS_SQL = """
INSERT INTO bars
SELECT '1d', s.id, day, 180 + round((random() * 20)::numeric, 2), 200 + round(random()::numeric, 2),
       170 + round(random()::numeric, 2), 190 + round(random()::numeric, 2), 185 + round(random()::numeric, 2),
       50000000 + (random() * 10000000)::bigint, 'bench', clock_timestamp()
FROM symbols s, generate_series(date_trunc('day', now()) - $2 * INTERVAL '1 day', now(), INTERVAL '1 day') AS day
WHERE s.symbol = $1
"""

_BUCKETS_SQL = """
INSERT INTO sentiment_buckets (symbol_id, scorer_id, source, start, posts, authors, positive, negative, score_sum,
    author_hashes, observed_at, filtered_posts, filtered_positive, filtered_negative, filtered_score_sum,
    filtered_author_hashes, author_posts, most_by_one)
SELECT s.id, c.id, source, start, 3, 3, 2, 1, 0.4, h.hashes, clock_timestamp(), 2, 1, 1, 0.1, h.hashes[1:2],
       '{1,1,1}', 1
FROM symbols s, scorers c, unnest(ARRAY['reddit', 'bluesky', 'feeds']) AS source,
     generate_series(date_bin('5 minutes', now(), 'epoch') - $2 * INTERVAL '1 day', now(), INTERVAL '30 minutes')
         AS start,
     LATERAL (SELECT extract(epoch FROM start)::bigint / 1800 % 9999 AS n) AS x,
     LATERAL (SELECT ARRAY[x.n, x.n + 1, x.n + 2]::integer[] AS hashes) AS h
WHERE s.symbol = $1 AND c.name = 'finance@1'
"""

_COVERAGE_SQL = """
INSERT INTO coverage (source, stream, window_start, window_end, state, reason, asked, received, observed_at)
SELECT source, 'posts/' || n, start, start + INTERVAL '15 minutes', 'ok', '', 1, 10, start + INTERVAL '15 minutes'
FROM unnest(ARRAY['reddit', 'bluesky', 'feeds']) AS source, generate_series(1, 3) AS n,
     generate_series(now() - INTERVAL '1 day', now() - INTERVAL '15 minutes', INTERVAL '15 minutes') AS start
"""


def listings() -> list[Listing]:
    """Real listings of the US and Korea where the folder of real data has them, filled up with made-up ones."""
    real: list[Listing] = list(KNOWN)
    if (data_folder() / "us_symbols.csv.gz").exists():
        # companies of a market that Yahoo does not list have no symbol
        real += [found for found in us_listings() + korean_listings() + delisted_listings() if found.symbol]
    found = {listing.symbol: listing for listing in [*made_up(LISTINGS), *reversed(real)]}
    ordered = {listing.symbol: found[listing.symbol] for listing in [*real, *found.values()]}
    return list(ordered.values())[:LISTINGS]


async def fill(url: str) -> None:
    """Everything that the servers are asked for."""
    connection = await asyncpg.connect(url)
    try:
        records = [
            (found.symbol, found.name, found.name_ko, list(found.aliases), found.exchange, found.currency)
            for found in listings()
        ]
        columns = ["symbol", "name", "name_ko", "aliases", "exchange", "currency"]
        await connection.copy_records_to_table("symbols", records=records, columns=columns)
        await connection.execute("INSERT INTO scorers (name) VALUES ($1)", SCORER)
        await connection.execute(_BARS_SQL, SYMBOL, _BARS)
        await connection.execute(_BUCKETS_SQL, SYMBOL, _DAYS_OF_TALK)
        await connection.execute(_COVERAGE_SQL)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
