"""Asks pods what they are good for: readiness, one real question each, and their counts. It does not know releases.

Pods are asked at their own addresses, so whoever runs a release must be able to reach them, as anything in the cluster
can. A refusal is an answer: what counts is that the code that answers works.
"""

import asyncio
from collections.abc import Iterable
from typing import Final, NamedTuple

import httpx
from prometheus_client.parser import text_string_to_metric_families

from lib.domain.releases import Count

REQUESTS: Final = "insitechart_http_requests"

_TIMEOUT_S: Final = 5.0

# a question whose answer takes the database, or the rules, of each service
_QUESTIONS: Final = {
    "stocks": "/api/v1/stocks?limit=1",
    "sentiment": "/api/v1/sentiment/trending?limit=1",
    "users": "/api/v1/users/me",
    "operations": "/api/v1/operations/coverage",
}

# asked by probes and Prometheus, not by people
_OWN: Final = ("/health", "/metrics", "/api/v1/health", "/api/v1/metrics")


class Place(NamedTuple):
    """Where a pod of a service answers. `host` is the name to ask for, empty for its address."""

    service: str
    pod: str
    address: str
    port: int


class Asker:
    """Asks over one set of connections, none of them kept: each question finds out anew whether the pod answers."""

    def __init__(self, host: str = "") -> None:
        headers = {"Host": host} if host else {}
        self._client = httpx.AsyncClient(
            timeout=_TIMEOUT_S, trust_env=False, headers=headers | {"User-Agent": "insitechart-release"},
            limits=httpx.Limits(max_keepalive_connections=0),
        )  # fmt: skip
        # what pods counted of us, who are no traffic
        self._ours: dict[str, Count] = {}

    async def close(self) -> None:
        """Ends it."""
        await self._client.aclose()

    async def probe(self, places: Iterable[Place]) -> str:
        """Asks every pod whether it is ready, and its service's question. Empty where all is well, else what was wrong
        first.
        """
        found = await asyncio.gather(*(self._probe_one(place) for place in places))
        if not found:
            return "There is no pod to ask."
        return next((wrong for wrong in found if wrong), "")

    async def counts(self, place: Place) -> Count | None:
        """What the pod has answered to others since it started; None where it does not tell."""
        try:
            answer = await self._client.get(_url(place, "/metrics"))
            if answer.status_code != httpx.codes.OK:
                return None
            found, ours = read_counts(answer.text), self._ours.get(place.pod, Count(0, 0))
        except (httpx.HTTPError, ValueError):
            return None
        return Count(max(found.requests - ours.requests, 0), max(found.errors - ours.errors, 0))

    async def _probe_one(self, place: Place) -> str:
        for path in ("/health/ready", _QUESTIONS.get(place.service)):
            if path is None:
                continue
            try:
                answer = await self._client.get(_url(place, path))
            except httpx.HTTPError as error:
                return f"{place.pod} does not answer {path}: {type(error).__name__} {error}".strip()
            strict = path == "/health/ready"
            if not strict:
                ours = self._ours.get(place.pod, Count(0, 0))
                self._ours[place.pod] = Count(ours.requests + 1, ours.errors + (answer.status_code >= 500))
            if answer.status_code >= 500 or answer.status_code == 404 or (strict and answer.status_code != 200):
                return f"{place.pod} answers {answer.status_code} to {path}."
        return ""


def read_counts(text: str) -> Count:
    """The counts in Prometheus' text format. Raises ValueError where it is none."""
    requests = errors = 0
    for family in text_string_to_metric_families(text):
        if family.name != REQUESTS:
            continue
        for sample in family.samples:
            if not sample.name.endswith("_total") or sample.labels.get("route", "").startswith(_OWN):
                continue
            requests += int(sample.value)
            errors += int(sample.value) if sample.labels.get("status", "").startswith("5") else 0
    return Count(requests, errors)


def _url(place: Place, path: str) -> str:
    host = f"[{place.address}]" if ":" in place.address else place.address
    return f"http://{host}:{place.port}{path}"
