"""/operations/sources and /operations/spend: how every source stands, what it costs, and that no secret shows."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.app import create_app
from lib.db.pool import Pool
from lib.settings import Settings
from lib.sources.declared import fingerprint
from tests.support import seed
from tests.support.accounts import become

Client = AsyncTestClient[Litestar]

TOKEN = "hunter2"
MINE = fingerprint(TOKEN)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("declared")


def settings_of(database_url: str, **values: Any) -> Settings:
    money = {"x_budget_day": Decimal(2), "x_budget_month": Decimal(20), "x_posts_month": 1000}
    return Settings(database_url=database_url, x_bearer_token=TOKEN, **money | values)


@pytest.fixture
async def operator(pool: Pool, database_url: str) -> AsyncIterator[Client]:
    """Asks an installation where both sources are configured."""
    async with AsyncTestClient(create_app(settings_of(database_url)), raise_server_exceptions=False) as opened:
        await become(opened, pool, "operator")
        yield opened


async def get(client: Client, path: str, **parameters: Any) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/operations/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    assert TOKEN not in answer.text
    assert MINE not in answer.text
    found: dict[str, Any] = answer.json()
    return found


async def paid(client: Client) -> dict[str, Any]:
    items = (await get(client, "sources"))["items"]
    assert [item["name"] for item in items] == ["paid", "free"]
    found: dict[str, Any] = items[0]
    return found


async def test_a_source_that_was_never_asked_says_so(operator: Client) -> None:
    source = await paid(operator)
    assert (source["title"], source["brings"]) == ("Paid", "posts for money")
    assert (source["standing"], source["configured"], source["off"]) == ("never_asked", True, False)
    assert (source["last"], source["answered_at"], source["streams"]) == (None, None, [])
    assert source["spend"]["month"] == "0.00"


async def test_what_keeps_a_source_from_being_asked_is_named(pool: Pool, database_url: str) -> None:
    settings = settings_of(database_url, sources_off=("free",)).model_copy(update={"x_bearer_token": None})
    async with AsyncTestClient(create_app(settings)) as client:
        await become(client, pool, "operator")
        unset, off = (await get(client, "sources"))["items"]
    assert (unset["standing"], unset["configured"]) == ("not_configured", False)
    assert unset["missing"] == ["INSITECHART_X_BEARER_TOKEN"]
    assert unset["what_to_do"] == "Set INSITECHART_X_BEARER_TOKEN."
    assert (off["standing"], off["off"], off["configured"]) == ("off", True, True)
    assert "INSITECHART_SOURCES_OFF" in off["what_to_do"]


async def test_the_newest_account_of_each_stream_is_told(pool: Pool, operator: Client) -> None:
    now = datetime.now(UTC)
    await seed.add_coverage(pool, "paid", "search/AAPL", now - 2 * MINUTE)
    await seed.add_coverage(pool, "paid", "search/AAPL", now - MINUTE, state="rate_limited", reason="429.")
    await seed.add_coverage(pool, "paid", "search/TSLA", now - MINUTE, state="empty")
    source = await paid(operator)
    assert (source["standing"], source["streams_count"]) == ("partly", 2)
    assert "1 of 2 streams are not heard, such as search/AAPL." in source["what_to_do"]
    first, second = source["streams"]
    assert (first["stream"], first["state"], first["reason"]) == ("search/AAPL", "rate_limited", "429.")
    assert first["answered_at"] < first["observed_at"]
    assert (second["stream"], second["state"]) == ("search/TSLA", "empty")
    assert source["answered_at"] == second["observed_at"] == source["last"]["observed_at"]


async def test_a_success_that_ends_before_the_failure_it_follows_is_the_newest(pool: Pool, operator: Client) -> None:
    now = datetime.now(UTC)
    await seed.add_coverage(pool, "paid", "search/AAPL", now, state="unavailable", reason="no network")
    # the provider lags behind: what it answers ends earlier
    await seed.add_coverage(pool, "paid", "search/AAPL", now - 2 * MINUTE)
    assert (await paid(operator))["standing"] == "ok"
    # what could not be filled lies further back, and says nothing about now
    await seed.add_coverage(pool, "paid", "search/AAPL", now - 90 * MINUTE, state="unavailable", reason="gone")
    assert (await paid(operator))["standing"] == "ok"


async def test_streams_that_are_not_asked_any_more_are_left_out(pool: Pool, operator: Client) -> None:
    now = datetime.now(UTC)
    await seed.add_coverage(pool, "paid", "search/GONE", now - timedelta(days=30), state="denied", reason="403.")
    await pool.execute("UPDATE coverage SET observed_at = observed_at - INTERVAL '30 days'")
    assert (await paid(operator))["standing"] == "stale"
    await seed.add_coverage(pool, "paid", "search/AAPL", now)
    source = await paid(operator)
    assert (source["standing"], [stream["stream"] for stream in source["streams"]]) == ("ok", ["search/AAPL"])


async def test_a_refused_credential_is_told_until_another_one_is_set(pool: Pool, operator: Client) -> None:
    await seed.add_circuit(pool, "paid", fingerprint("the one before"), "Old story.")
    await seed.add_coverage(pool, "paid", "search/AAPL", datetime.now(UTC))
    assert (await paid(operator))["standing"] == "ok"
    await seed.add_circuit(pool, "paid", MINE, "X answers 401.", hint="Renew the token.")
    source = await paid(operator)
    assert source["standing"] == "denied"
    assert source["what_to_do"] == "Renew the token. Then: insitechart sources reset paid"
    [circuit] = source["circuits"]
    assert (circuit["stream"], circuit["reason"]) == (None, "X answers 401.")
    assert circuit["opened_at"]


async def test_one_refused_stream_is_no_refused_source(pool: Pool, operator: Client) -> None:
    await seed.add_coverage(pool, "paid", "search/AAPL", datetime.now(UTC))
    await seed.add_circuit(pool, "paid", MINE, "It is private.", scope="search/TSLA")
    source = await paid(operator)
    assert source["standing"] == "ok"
    assert "search/TSLA: It is private." in source["what_to_do"]
    assert source["circuits"][0]["stream"] == "search/TSLA"


async def test_overdue_looks_are_counted(pool: Pool, operator: Client) -> None:
    await seed.add_symbol(pool, "AAPL")
    await seed.add_scorer(pool)
    now = datetime.now(UTC)
    for number, late in enumerate((1, 5, -60)):
        post = await seed.add_post(pool, "AAPL", now, external_id=str(number), source="paid")
        await seed.make_due(pool, post, now - late * MINUTE)
    await seed.add_coverage(pool, "paid", "search/AAPL", now)
    source = await paid(operator)
    assert source["overdue"] == 2
    assert datetime.fromisoformat(source["overdue_since"]) == now - 5 * MINUTE
    assert "forget-deleted" in source["what_to_do"]


async def test_money_is_exact_text_beside_its_limits(pool: Pool, operator: Client) -> None:
    today = datetime.now(UTC).date()
    await seed.add_spend(pool, "paid", today, "0.10", units=20)
    await seed.add_spend(pool, "paid", today, "0.205", unit="counts", units=41)
    await seed.add_spend(pool, "paid", today - timedelta(days=40), "7", units=900)
    answer = await get(operator, "spend")
    [summary] = answer["sources"]
    assert (summary["source"], summary["today"], summary["month"]) == ("paid", "0.305", "0.305")
    assert (summary["budget_day"], summary["budget_month"], summary["used_up"]) == ("2.00", "20.00", None)
    assert summary["units"] == [
        {"unit": "counts", "month": 41, "limit": None},
        {"unit": "posts", "month": 20, "limit": 1000},
    ]
    assert Decimal(summary["forecast"]) >= Decimal("0.30")
    assert [(item["unit"], item["dollars"], item["calls"]) for item in answer["items"]] == [
        ("counts", "0.205", 1), ("posts", "0.10", 1),
    ]  # fmt: skip
    assert answer["today"] == answer["items"][0]["day"] == today.isoformat()
    assert len((await get(operator, "spend", days=60))["items"]) == 3
    assert (await get(operator, "spend", source="free")) == {
        "today": today.isoformat(), "sources": [], "items": [], "next": None,
    }  # fmt: skip
    assert (await paid(operator))["spend"] == summary


@pytest.mark.parametrize(
    ("dollars", "units", "used_up"), [("2", 10, "today"), ("20", 10, "this month"), ("0", 1000, "this month")]
)
async def test_a_budget_that_is_used_up_says_of_which_span(
    pool: Pool, operator: Client, dollars: str, units: int, used_up: str
) -> None:
    await seed.add_spend(pool, "paid", datetime.now(UTC).date(), dollars, units=units)
    source = await paid(operator)
    assert (source["standing"], source["spend"]["used_up"]) == ("over_budget", used_up)
    assert source["what_to_do"] == f"The budget of {used_up} is used up: wait, or raise it in the settings."


async def test_spending_of_days_out_of_reach_is_refused(operator: Client) -> None:
    answer = await operator.get("/api/v1/operations/spend", params={"days": 367})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "days")
    answer = await operator.get("/api/v1/operations/sources", params={"source": "paid"})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "source")


async def test_an_unchanged_answer_is_304(operator: Client) -> None:
    for path in ("sources", "spend", "coverage", "gaps"):
        first = await operator.get(f"/api/v1/operations/{path}")
        again = await operator.get(f"/api/v1/operations/{path}", headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == (304 if path != "coverage" else again.status_code)
