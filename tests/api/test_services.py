"""One process or three: each serves its own routes, documents them, and says how it stands."""

import re

import httpx
import pytest
from litestar.testing import AsyncTestClient

from api.app import create_app
from lib.db.pool import Pool
from lib.domain.services import SERVICES
from lib.settings import Settings
from tests.support import seed
from tests.support.servers import api_processes

PATHS = {
    "stocks": "/api/v1/stocks/AAPL",
    "sentiment": "/api/v1/sentiment/AAPL",
    "operations": "/api/v1/operations/spend",
}


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_alone_has_its_own_routes_and_document(service: str, pool: Pool, database_url: str) -> None:
    await seed.add_symbol(pool, "AAPL")
    await seed.add_scorer(pool)
    async with AsyncTestClient(create_app(Settings(database_url=database_url, api_services=(service,)))) as client:
        for other, path in PATHS.items():
            there = (200, 401) if other == service else (404,)
            assert (await client.get(path)).status_code in there, path
        document = (await client.get("/openapi.json")).json()
        served = {match[1] for path in document["paths"] if (match := re.match(r"/api/v1/(\w+)", path))}
        assert served - {"health", "metrics"} <= {service}
        assert {tag["name"] for tag in document["tags"]} == {service, "health"}
        ready = (await client.get("/health")).json()
        assert (ready["status"], ready["services"]) == ("ok", [service])
        metrics = (await client.get("/metrics")).text
        assert ("insitechart_source_metrics_up" in metrics) is (service == "operations")
        state = client.app.state
        assert ("catalogue" in state) is (service in ("stocks", "sentiment"))


async def test_three_processes_side_by_side_are_one_api(pool: Pool, database_url: str) -> None:
    await seed.add_symbol(pool, "AAPL", "Apple Inc.")
    await seed.add_scorer(pool)
    names = ("stocks", "sentiment", "users")
    with api_processes(*({"database_url": database_url, "api_services": name} for name in names)) as addresses:
        of = dict(zip(names, addresses, strict=True))

        def routed(path: str) -> str:
            """As an ingress would: by the first part of the path."""
            return of[path.split("/")[3].split("?")[0]] + path

        async with httpx.AsyncClient(timeout=20) as web:
            assert (await web.get(routed("/api/v1/stocks/AAPL"))).json()["name"] == "Apple Inc."
            assert (await web.get(routed("/api/v1/stocks?q=apple"))).json()["items"][0]["symbol"] == "AAPL"
            assert (await web.get(routed("/api/v1/sentiment/AAPL"))).json()["symbol"] == "AAPL"
            analyzed = await web.post(routed("/api/v1/sentiment/analyze"), json={"text": "$AAPL is great"})
            assert analyzed.json()["mentions"][0]["symbol"] == "AAPL"
            assert (await web.get(of["users"] + "/api/v1/stocks/AAPL")).status_code == 404
            for name, address in of.items():
                ready = (await web.get(f"{address}/health/ready")).json()
                assert (ready["status"], ready["services"]) == ("ok", [name])


@pytest.mark.parametrize("names", ["stocks,nonsense", ","])
def test_what_is_no_service_is_refused(names: str) -> None:
    with pytest.raises(ValueError, match="is no service"):
        Settings(api_services=names)
