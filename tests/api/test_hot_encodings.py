"""Compressed answers and 304: what a client accepts is what it gets, with a tag of its own."""

import gzip
import random
from datetime import UTC, datetime, timedelta

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from api.hot.encodings import ENCODINGS, preferred_encoding, wants_csv
from lib.db.pool import Pool
from tests.support import seed
from tests.support.hot import Hot

BARS = "/stocks/AAPL/bars"


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        (b"", b""),
        (b"identity", b""),
        (b"gzip", b"gzip"),
        (b"GZIP, deflate, br", b"gzip"),
        (b"gzip, deflate, br, zstd", b"zstd"),
        (b"zstd;q=0.5, gzip;q=0.9", b"gzip"),
        (b"gzip;q=0.2, identity;q=0.8", b""),
        (b"gzip;q=0", b""),
        (b"*", b"zstd"),
        (b"zstd;q=0, *", b"gzip"),
        (b"br, deflate", b""),
        (b"gzip;q=a lot", b""),
    ],
)
def test_what_a_client_likes_best(header: bytes, encoding: bytes) -> None:
    assert preferred_encoding(header) == encoding


@given(st.binary(max_size=60))
def test_any_header_is_understood_somehow(header: bytes) -> None:
    assert preferred_encoding(header) in (b"", *ENCODINGS)
    assert wants_csv(header) in (True, False)


async def _long(pool: Pool) -> None:
    await seed.add_symbol(pool, "AAPL", "Apple Inc.")
    dice = random.Random(1)
    for day in range(40):
        await seed.add_bar(pool, "AAPL", datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day), dice.randint(100, 999))


async def test_each_encoding_is_the_same_answer_with_its_own_tag(pool: Pool, hot: Hot) -> None:
    await _long(pool)
    plain = await hot.get(BARS)
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept, Accept-Encoding"
    tags = {plain.headers["etag"]}
    for name, unpack in (("gzip", gzip.decompress), ("zstd", zstandard.ZstdDecompressor().decompress)):
        for _ in range(2):
            async with hot.client.stream("GET", f"/api/v1{BARS}", headers={"accept-encoding": name}) as answer:
                raw = b"".join([piece async for piece in answer.aiter_raw()])
            assert answer.headers["content-encoding"] == name
            assert int(answer.headers["content-length"]) == len(raw) < len(plain.content)
            assert unpack(raw) == plain.content
            tags.add(answer.headers["etag"])
    assert len(tags) == 3


async def test_any_tag_of_an_answer_is_known_and_handed_back(pool: Pool, hot: Hot) -> None:
    await _long(pool)
    plain = (await hot.get(BARS)).headers["etag"]
    packed = (await hot.get(BARS, accept_encoding="gzip")).headers["etag"]
    for tag in (plain, packed):
        for known in (tag, f'"x", {tag}', f"W/{tag}"):
            for accepted in ("identity", "gzip", "zstd"):
                answer = await hot.get(BARS, if_none_match=known, accept_encoding=accepted)
                assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
                assert answer.headers["vary"] == "Accept, Accept-Encoding"
                assert "content-encoding" not in answer.headers
    assert (await hot.get(BARS, if_none_match="*")).status_code == 304
    assert (await hot.get(BARS, if_none_match=plain[:-1] + '-br"')).status_code == 200


async def test_a_short_answer_is_sent_as_it_is(pool: Pool, hot: Hot) -> None:
    await seed.add_symbol(pool, "AAPL", "Apple Inc.")
    answer = await hot.get(BARS, accept_encoding="gzip")
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept, Accept-Encoding"


async def test_csv_and_json_are_kept_apart(pool: Pool, hot: Hot) -> None:
    await _long(pool)
    for _ in range(2):
        table = await hot.get(BARS, accept="text/csv")
        assert table.headers["content-type"].startswith("text/csv")
        assert (await hot.get(BARS)).headers["content-type"] == "application/json"
    assert (await hot.get(BARS, accept="text/csv", if_none_match=table.headers["etag"])).status_code == 304
    assert (await hot.get(BARS, if_none_match=table.headers["etag"])).status_code == 200
