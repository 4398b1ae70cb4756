"""Answers that are kept: given out again without a question, until what they were made of changes."""

from datetime import UTC, datetime

import pytest

from lib.db.pool import Pool
from tests.support import seed
from tests.support.accounts import add_person, become, log_in, new_address
from tests.support.hot import Hot, Statements, hot_app

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)

READS = (
    "/stocks?q=apple",
    "/stocks/AAPL",
    "/stocks/AAPL/bars",
    "/stocks/AAPL/insight",
    "/sentiment/AAPL",
    "/sentiment/AAPL/series",
    "/sentiment/trending",
)


async def _apple(pool: Pool) -> None:
    await seed.add_symbol(pool, "AAPL", "Apple Inc.")
    await seed.add_scorer(pool)
    await seed.add_bar(pool, "AAPL", MONDAY, 187.5)
    await seed.add_bucket(pool, "AAPL", MONDAY, [0.5, -0.1])


@pytest.fixture
def at_one_moment(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock that windows go by, as a list: each look takes the first moment, the last one stays."""
    moments = [MONDAY.timestamp()]
    monkeypatch.setattr("api.hot.reads.time", lambda: moments.pop(0) if len(moments) > 1 else moments[0])
    return moments


@pytest.mark.usefixtures("at_one_moment")
@pytest.mark.parametrize("path", READS)
async def test_the_second_answer_is_the_first_and_asks_nobody(
    pool: Pool, hot: Hot, statements: Statements, path: str
) -> None:
    await _apple(pool)
    first = await hot.get(path)
    asked = len(statements)
    second = await hot.get(path)
    assert first.status_code == 200
    assert (second.content, second.headers["etag"]) == (first.content, first.headers["etag"])
    assert len(statements) == asked
    assert second.headers["x-request-id"] != first.headers["x-request-id"]


@pytest.mark.usefixtures("at_one_moment")
@pytest.mark.parametrize(
    ("path", "bumps"),
    [
        ("/stocks?q=apple", {"listings"}),
        ("/stocks/AAPL", {"AAPL", "listings"}),
        ("/stocks/AAPL/bars", {"AAPL", "listings"}),
        ("/stocks/AAPL/insight", {"AAPL", "listings"}),
        ("/sentiment/AAPL", {"AAPL", "listings", "coverage"}),
        ("/sentiment/AAPL/series", {"AAPL", "listings"}),
        ("/sentiment/trending", {"AAPL", "MSFT", "listings", "coverage"}),
    ],
)
async def test_a_change_of_what_it_was_made_of_ends_an_answer_and_no_other_does(
    pool: Pool, database_url: str, path: str, bumps: set[str]
) -> None:
    await _apple(pool)
    async with hot_app(database_url) as hot:
        await hot.get(path)
        for change in ("AAPL", "MSFT", "listings", "coverage"):
            computed = await _computed(hot)
            bump = {"listings": hot.versions.bump_listings, "coverage": hot.versions.bump_coverage}.get(change)
            bump() if bump else hot.versions.bump(change)
            await hot.get(path)
            assert (await _computed(hot) > computed) is (change in bumps), change


async def _computed(hot: Hot) -> float:
    """How many answers were computed in this process so far."""
    text = (await hot.client.get("/metrics")).text
    line = next(line for line in text.splitlines() if line.startswith('insitechart_answers_total{origin="computed"}'))
    return float(line.split()[-1])


async def test_what_changed_is_in_the_next_answer(pool: Pool, hot: Hot) -> None:
    await _apple(pool)
    before = await hot.get("/stocks/AAPL/bars")
    await seed.add_bar(pool, "AAPL", MONDAY, 190)
    hot.versions.bump("AAPL")
    after = await hot.get("/stocks/AAPL/bars", if_none_match=before.headers["etag"])
    assert (before.json()["close"], after.status_code, after.json()["close"]) == ([187.5], 200, [190])


async def test_a_new_listing_is_found_at_once(pool: Pool, hot: Hot) -> None:
    await _apple(pool)
    assert (await hot.get("/stocks?q=tesla")).json()["items"] == []
    await seed.add_symbol(pool, "TSLA", "Tesla, Inc.")
    hot.versions.bump_listings()
    assert [item["symbol"] for item in (await hot.get("/stocks?q=tesla")).json()["items"]] == ["TSLA"]


async def test_the_same_symbol_written_otherwise_is_the_same_answer(
    pool: Pool, hot: Hot, statements: Statements
) -> None:
    await _apple(pool)
    first = await hot.get("/stocks/AAPL/bars")
    asked = len(statements)
    for written in ("aapl", "$AAPL", "%24aapl"):
        assert (await hot.get(f"/stocks/{written}/bars")).content == first.content
    assert len(statements) == asked


async def test_nothing_about_now_is_kept_while_changes_are_not_heard_of(
    pool: Pool, hot: Hot, statements: Statements
) -> None:
    await _apple(pool)
    await hot.get("/stocks/AAPL/bars")
    hot.versions.lose()
    await seed.add_bar(pool, "AAPL", MONDAY, 190)
    assert (await hot.get("/stocks/AAPL/bars")).json()["close"] == [190]
    asked = len(statements)
    await hot.get("/stocks/AAPL/bars")
    assert len(statements) > asked
    hot.versions.find()
    await seed.add_bar(pool, "AAPL", MONDAY, 191)
    hot.versions.bump("AAPL")
    assert (await hot.get("/stocks/AAPL/bars")).json()["close"] == [191]


async def test_an_as_of_answer_is_kept_whatever_changes(pool: Pool, hot: Hot, statements: Statements) -> None:
    await _apple(pool)
    path = f"/stocks/AAPL/bars?as_of={(await seed.now(pool)).isoformat().replace('+00:00', 'Z')}"
    first = await hot.get(path)
    await seed.add_bar(pool, "AAPL", MONDAY, 190)
    hot.versions.bump("AAPL")
    asked = len(statements)
    assert (await hot.get(path)).content == first.content
    hot.versions.lose()
    assert (await hot.get(path)).content == first.content
    assert len(statements) == asked
    assert first.headers["cache-control"] == "public, max-age=86400"


@pytest.mark.parametrize("path", ["/sentiment/AAPL", "/sentiment/trending"])
async def test_an_answer_about_now_ends_with_its_window(
    pool: Pool, hot: Hot, statements: Statements, at_one_moment: list[float], path: str
) -> None:
    await _apple(pool)
    await hot.get(path)
    at_one_moment[0] += 299
    asked = len(statements)
    await hot.get(path)
    assert len(statements) == asked
    at_one_moment[0] += 1
    await hot.get(path)
    assert len(statements) > asked


async def test_an_answer_that_was_begun_in_one_window_and_finished_in_the_next_is_not_kept(
    pool: Pool, hot: Hot, statements: Statements, at_one_moment: list[float]
) -> None:
    await _apple(pool)
    at_one_moment[:] = [MONDAY.timestamp() + 299, MONDAY.timestamp() + 300, MONDAY.timestamp() + 299]
    await hot.get("/sentiment/AAPL")
    asked = len(statements)
    await hot.get("/sentiment/AAPL")
    assert len(statements) > asked


@pytest.mark.parametrize(
    "path",
    ["/stocks/NOPE/bars", "/stocks/AAPL/bars?limit=0", "/sentiment/AAPL?scorer=oracle@1", "/stocks/AAPL?as_of=x"],
)
async def test_a_refusal_is_not_kept_and_names_its_own_request(pool: Pool, hot: Hot, path: str) -> None:
    await seed.add_symbol(pool, "AAPL", "Apple Inc.")
    for name in ("one", "two"):
        answer = await hot.get(path, x_request_id=name)
        assert answer.status_code in (400, 404)
        assert answer.json()["request_id"] == answer.headers["x-request-id"] == name
        assert answer.headers["cache-control"] == "no-store"
    await seed.add_symbol(pool, "NOPE")
    assert (await hot.get("/stocks/NOPE/bars")).status_code == 200


async def test_who_asks_makes_no_difference(pool: Pool, hot: Hot, statements: Statements) -> None:
    await _apple(pool)
    person = await log_in(hot.client, (await add_person(pool, new_address())).email)
    first = await hot.get("/stocks/AAPL/bars", authorization=f"Bearer {person.access}", cookie="a=b")
    asked = len(statements)
    assert (await hot.get("/stocks/AAPL/bars")).content == first.content
    assert (await hot.get("/stocks/AAPL/bars", authorization=f"Bearer {person.access}")).content == first.content
    assert len(statements) == asked


async def test_who_proves_it_wrongly_gets_nothing_that_was_kept(pool: Pool, hot: Hot) -> None:
    await _apple(pool)
    await hot.get("/stocks/AAPL/bars")
    assert (await hot.get("/stocks/AAPL/bars", authorization="Bearer nonsense")).status_code == 401


async def test_without_memory_every_request_is_computed(pool: Pool, database_url: str, statements: Statements) -> None:
    await _apple(pool)
    async with hot_app(database_url, cache_mb=0) as hot:
        first = await hot.get("/stocks/AAPL/bars")
        asked = len(statements)
        second = await hot.get("/stocks/AAPL/bars", if_none_match=first.headers["etag"])
    assert (second.status_code, len(statements)) == (304, asked + 1)


async def test_others_are_left_alone(pool: Pool, hot: Hot, statements: Statements) -> None:
    await _apple(pool)
    await become(hot.client, pool, "operator")
    for path in ("/sentiment/AAPL/posts", "/sentiment/coverage", "/operations/gaps"):
        await hot.get(path)
        asked = len(statements)
        assert (await hot.get(path)).status_code == 200
        assert len(statements) > asked, path
