"""Listings are imported again from newer files: names change, symbols change hands, ids and what hangs on them stay."""

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from lib.db.ingest import Written
from lib.db.ingest.posts import store_posts
from lib.db.ingest.renames import store_renames
from lib.db.pool import Pool
from lib.db.symbols import all_listings, listings_of, symbol_id, symbols_version
from lib.domain.posts import Post
from lib.domain.symbols import Former, Listing, Rename
from lib.sources.archive.accounts import Summary
from lib.sources.archive.columns import Kind
from lib.sources.archive.importer import import_file
from lib.sources.archive.options import ImportOptions
from lib.tickers.resolver import Resolver

LISTS = ("symbol", "name", "exchange", "listing_date", "delisting_date")
RENAMES = ("old", "new", "date")

_MENTION = """
INSERT INTO mentions (post_id, symbol_id, published_at, method, confidence, span_start, span_end)
SELECT p.id, s.id, p.published_at, 'cashtag', 0.99, 0, 5 FROM posts p, symbols s WHERE s.symbol = $1
"""
_MENTIONED = "SELECT s.symbol FROM mentions m JOIN symbols s ON s.id = m.symbol_id"


async def put(pool: Pool, kind: Kind, folder: Path, columns: Sequence[str], *rows: Iterable[object]) -> Summary:
    file = folder / f"{kind}-{len(list(folder.iterdir()))}.csv"
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([columns, *rows])
    return await import_file(pool, file, ImportOptions(kind=kind), rejects=folder / "rejects.jsonl")


def counts(summary: Summary) -> tuple[int, int, int, int]:
    return summary.new, summary.changed, summary.unchanged, summary.rejected


async def known(pool: Pool) -> dict[str, Listing]:
    return {listing.symbol: listing for listing in (await all_listings(pool)).values()}


async def test_a_newer_list_updates_names_and_leaves_what_it_lacks(pool: Pool, tmp_path: Path) -> None:
    first = [("AAA", "Zyvatron Inc.", "NYSE", "2001-02-03", ""), ("BBB", "Qorvex Inc.", "NYSE", "", "")]
    assert counts(await put(pool, "symbols", tmp_path, LISTS, *first)) == (2, 0, 0, 0)
    ids = {symbol: await symbol_id(pool, symbol) for symbol in ("AAA", "BBB")}
    newer = [("AAA", "Zyvatron Group Inc.", "NASDAQ", "", ""), ("CCC", "Melquo Inc.", "NYSE", "", "")]
    assert counts(await put(pool, "symbols", tmp_path, LISTS, *newer)) == (1, 1, 0, 0)
    assert counts(await put(pool, "symbols", tmp_path, LISTS, *newer)) == (0, 0, 2, 0)
    now = await known(pool)
    assert (now["AAA"].name, now["AAA"].exchange, now["AAA"].listed_on) == (
        "Zyvatron Group Inc.", "NASDAQ", date(2001, 2, 3),
    )  # fmt: skip
    # that a list lacks a symbol does not say when it went, nor that it did
    assert now["BBB"].delisted_on is None
    assert {symbol: await symbol_id(pool, symbol) for symbol in ids} == ids


async def test_a_list_of_delistings_says_when(pool: Pool, tmp_path: Path) -> None:
    await put(pool, "symbols", tmp_path, LISTS, ("AAA", "Zyvatron Inc.", "NYSE", "2001-02-03", ""))
    gone = ("AAA", "Zyvatron Inc.", "NYSE", "2001-02-03", "2020-05-06")
    assert counts(await put(pool, "symbols", tmp_path, LISTS, gone)) == (0, 1, 0, 0)
    assert counts(await put(pool, "symbols", tmp_path, LISTS, gone)) == (0, 0, 1, 0)
    resolver = Resolver((await known(pool)).values())
    found = [resolver.resolve("$AAA", at=day) != () for day in (date(2020, 5, 5), date(2020, 5, 6))]
    assert found == [True, False]


async def test_a_symbol_that_was_given_away_again_is_its_later_holders(pool: Pool, tmp_path: Path) -> None:
    gone = ("AAA", "Zyvatron Inc.", "NYSE", "2001-02-03", "2010-05-06")
    here = ("AAA", "Melquo Inc.", "NYSE", "2015-01-02", "")
    await put(pool, "symbols", tmp_path, LISTS, gone)
    assert counts(await put(pool, "symbols", tmp_path, LISTS, here)) == (0, 1, 0, 0)
    assert counts(await put(pool, "symbols", tmp_path, LISTS, gone)) == (0, 0, 1, 0)
    (listing,) = (await known(pool)).values()
    assert (listing.name, listing.listed_on, listing.delisted_on) == ("Melquo Inc.", date(2015, 1, 2), None)


async def test_a_company_that_changes_its_symbol_stays_one_listing(pool: Pool, tmp_path: Path) -> None:
    await put(pool, "symbols", tmp_path, LISTS, ("OLDX", "Zyvatron Inc.", "NYSE", "2001-02-03", "2020-05-06"))
    before = await symbol_id(pool, "OLDX")
    async with pool.acquire() as conn, conn.transaction():
        moment = datetime(2019, 3, 2, tzinfo=UTC)
        await store_posts(conn, [Post(source="x", external_id="1", author="a", published_at=moment, text="$OLDX")])
    await pool.execute(_MENTION, "OLDX")
    version = await symbols_version(pool)
    change = ("OLDX", "NEWX", "2020-05-06")
    assert counts(await put(pool, "renames", tmp_path, RENAMES, change)) == (1, 0, 0, 0)
    assert await symbols_version(pool) != version
    assert await symbol_id(pool, "NEWX") == before
    assert await pool.fetchval(_MENTIONED) == "NEWX"
    version = await symbols_version(pool)
    assert counts(await put(pool, "renames", tmp_path, RENAMES, ("oldx", "$newx", "2020-05-06"))) == (0, 0, 1, 0)
    assert await symbols_version(pool) == version
    (listing,) = await listings_of(pool, ["NEWX"])
    assert (listing.delisted_on, listing.former) == (None, (Former("OLDX", date(2020, 5, 6)),))
    # the next list has it by its new symbol
    newer = ("NEWX", "Zyvatron Group Inc.", "NYSE", "2001-02-03", "")
    assert counts(await put(pool, "symbols", tmp_path, LISTS, newer)) == (0, 1, 0, 0)
    resolver = Resolver((await known(pool)).values())
    for text, at in (("$OLDX", date(2019, 3, 2)), ("$NEWX", date(2021, 3, 2)), ("$OLDX", date(2021, 3, 2))):
        assert [mention.symbol for mention in resolver.resolve(text, at=at)] == ["NEWX"], text
    assert resolver.resolve("$NEWX", at=date(2019, 3, 2)) == ()


async def test_where_both_symbols_are_listed_the_old_one_stays_whoever_has_it(pool: Pool, tmp_path: Path) -> None:
    await put(
        pool, "symbols", tmp_path, LISTS,
        ("PARX", "Banqua Inc.", "NYSE", "", ""), ("PSKX", "Paravox Inc.", "NYSE", "", ""),
    )  # fmt: skip
    chain = [Rename("VIAX", "PARX", date(2022, 2, 17)), Rename("PARX", "PSKX", date(2025, 8, 7))]
    for expected in (Written(2, 0, 0), Written(0, 0, 2)):
        async with pool.acquire() as conn, conn.transaction():
            assert await store_renames(conn, chain) == (expected, [])
    now = await known(pool)
    assert now["PARX"].former == ()
    assert now["PSKX"].former == (Former("PARX", date(2025, 8, 7)), Former("VIAX", date(2022, 2, 17)))


async def test_a_chain_of_changes_is_followed_in_whatever_order_it_comes(pool: Pool, tmp_path: Path) -> None:
    await put(pool, "symbols", tmp_path, LISTS, ("VIAX", "Paravox Inc.", "NYSE", "", ""))
    before = await symbol_id(pool, "VIAX")
    chain = [("PARX", "PSKX", "2025-08-07"), ("VIAX", "PARX", "2022-02-17")]
    assert counts(await put(pool, "renames", tmp_path, RENAMES, *chain)) == (2, 0, 0, 0)
    assert await symbol_id(pool, "PSKX") == before
    assert (await known(pool))["PSKX"].former == (Former("PARX", date(2025, 8, 7)), Former("VIAX", date(2022, 2, 17)))


async def test_changes_that_cannot_be_meant_are_rejected(pool: Pool, tmp_path: Path) -> None:
    # listed under the old symbol only since: it is another company
    await put(pool, "symbols", tmp_path, LISTS, ("LATE", "Melquo Inc.", "NYSE", "2021-01-04", ""))
    rows = [
        ("LATE", "NEWX", "2020-05-06"),
        ("AAA", "BBB", "2020-05-06"),
        ("AAA", "AAA", "2020-05-06"),
        ("AAA", "", "2020-05-06"),
        ("AAA", "BBB", "soon"),
        ("LATE", "NEXT", "2022-05-06"),
        ("LATE", "NEXT", "2022-05-06"),
    ]
    assert counts(await put(pool, "renames", tmp_path, RENAMES, *rows)) == (1, 0, 0, 6)
    rejects = (tmp_path / "rejects.jsonl").read_text()
    for reason in ("neither AAA nor BBB is listed", "AAA became itself", "all needed", "date: ", "came before"):
        assert reason in rejects
