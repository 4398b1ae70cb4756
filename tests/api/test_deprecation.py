"""A route that will go says so, in time and to everyone."""

from datetime import date
from email.utils import parsedate_to_datetime

import pytest
from litestar import Litestar, get
from litestar.testing import AsyncTestClient

from api.deprecation import deprecated

SINCE, SUNSET = date(2026, 3, 2), date(2026, 9, 1)


@get("/old", operation_id="getOld", **deprecated(since=SINCE, sunset=SUNSET, instead="/api/v1/new"))
async def old() -> dict[str, int]:
    """It answers as ever."""
    return {"answer": 42}


async def test_every_answer_tells_when_it_ends_and_what_takes_its_place() -> None:
    async with AsyncTestClient(Litestar([old])) as client:
        answer = await client.get("/old")
        assert answer.json() == {"answer": 42}
        assert answer.headers["deprecation"] == "@1772409600"
        assert parsedate_to_datetime(answer.headers["sunset"]).date() == SUNSET
        assert '</api/v1/new>; rel="successor-version"' in answer.headers["link"]
        document = client.app.openapi_schema.to_schema()
        assert document["paths"]["/old"]["get"]["deprecated"] is True


def test_less_notice_than_promised_is_refused() -> None:
    with pytest.raises(ValueError, match="less than 180 days"):
        deprecated(since=SINCE, sunset=date(2026, 5, 1), instead="/x")
