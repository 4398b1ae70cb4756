"""The site is up, answers what it promises, keeps closed what is closed, and can be asked about afterwards."""

from typing import Any

import httpx
import pytest

API = "/api/v1"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture(scope="module")
def listing(site: httpx.Client) -> str:
    """A symbol that the site knows."""
    return str(_read(site, "/stocks", limit=1)["items"][0]["symbol"])


def _read(site: httpx.Client, path: str, **parameters: str | int) -> Any:
    answer = site.get(f"{API}{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    return answer.json()


def test_it_is_alive_and_ready(site: httpx.Client) -> None:
    for path in ("/health/live", "/health/ready"):
        answer = site.get(f"{API}{path}")
        assert answer.status_code == 200, answer.text


def test_its_document_is_the_released_one(site: httpx.Client, pytestconfig: pytest.Config) -> None:
    answer = site.get("/openapi.json")
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    wanted = pytestconfig.getoption("--expect-version")
    assert wanted is None or document["info"]["version"] == wanted


def test_stocks_answer(site: httpx.Client, listing: str) -> None:
    assert _read(site, f"/stocks/{listing}")["symbol"] == listing
    bars = _read(site, f"/stocks/{listing}/bars", limit=5)
    assert len(bars["start"]) == len(bars["close"]) <= 5


def test_sentiment_answers(site: httpx.Client, listing: str) -> None:
    told = _read(site, f"/sentiment/{listing}", window="7d")
    assert told["posts"] >= 0
    assert _read(site, "/sentiment/scorers")["items"]


def test_a_second_look_costs_nothing(site: httpx.Client, listing: str) -> None:
    first = site.get(f"{API}/stocks/{listing}")
    again = site.get(f"{API}/stocks/{listing}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_errors_are_problems(site: httpx.Client) -> None:
    unknown = site.get(f"{API}/stocks/NOSUCHSYMBOL")
    assert unknown.status_code == 404
    assert unknown.headers["content-type"].startswith("application/problem+json")
    assert unknown.json()["request_id"] == unknown.headers["x-request-id"]
    assert site.get(f"{API}/stocks", params={"limit": "many"}).status_code == 400


@pytest.mark.parametrize("path", ["/users/me", "/users/me/watchlists", "/operations/users", "/operations/backups"])
def test_what_is_closed_stays_closed(site: httpx.Client, path: str) -> None:
    assert site.get(f"{API}{path}").status_code in (401, 403)


def test_answers_are_guarded(site: httpx.Client) -> None:
    headers = site.get(f"{API}/stocks", params={"limit": 1}).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "ratelimit" in headers
    assert site.base_url.scheme == "http" or "strict-transport-security" in headers


def test_a_request_can_be_found_again(site: httpx.Client) -> None:
    traced = site.get(f"{API}/health/live", headers={"traceparent": f"00-{TRACE}-{SPAN}-00"})
    assert traced.headers["x-request-id"] == TRACE
