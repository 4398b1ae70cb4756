"""Traffic is read from what the API itself tells: people's requests alone, and those that failed."""

from lib.domain.releases import Count
from lib.metrics import HTTP_REQUESTS, exposition
from lib.release.asking import read_counts


def test_what_the_api_tells_is_understood() -> None:
    before = read_counts(exposition().decode())
    for route, status, times in (
        ("/api/v1/stocks/{symbol:str}", 200, 5),
        ("/api/v1/stocks/{symbol:str}", 404, 1),
        ("/api/v1/sentiment/trending", 503, 2),
        ("/health/ready", 503, 7),
        ("/api/v1/health/live", 200, 7),
        ("/metrics", 200, 7),
    ):
        for _ in range(times):
            HTTP_REQUESTS.labels("GET", route, status).inc()
    after = read_counts(exposition().decode())
    assert (after.requests - before.requests, after.errors - before.errors) == (8, 2)


def test_who_tells_nothing_counts_nothing() -> None:
    assert read_counts("# nothing\n") == Count(0, 0)
