"""What /sentiment/scorers tells: every version with its figures, what they are to be compared with, and no blob."""

from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from litestar import Litestar
from litestar.testing import AsyncTestClient

from lib.scoring.evaluation.figures import LABELS
from lib.scoring.evaluation.published import published
from lib.scoring.registry import SCORERS
from lib.settings import Settings

Client = AsyncTestClient[Litestar]


async def _scorers(client: Client) -> dict[str, Any]:
    answer = await client.get("/api/v1/sentiment/scorers")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_every_version_says_what_it_is_and_how_right(client: Client) -> None:
    items = {item["name"]: item for item in (await _scorers(client))["items"]}
    assert list(items) == sorted(SCORERS)
    assert [name for name, item in items.items() if item["default"]] == [Settings.model_fields["scorer"].default]
    finance = items["finance@1"]
    assert (finance["languages"], finance["learned_from"]) == (["en", "ko"], ["sentfin", "tfns"])
    for item in items.values():
        assert item["description"]
        assert item["accuracy"] == item["overall"]["accuracy"]
        assert item["macro_f1"] == item["overall"]["macro_f1"]
        assert not {of["name"] for of in item["sets"] if of["learned_from"]} & set(item["unseen"]["sets"])
    assert items["vader@1"]["overall"]["over_vader"] is None


async def test_the_figures_are_the_published_ones(client: Client) -> None:
    answer = await _scorers(client)
    whole = msgspec.json.decode(msgspec.json.encode(published()))
    assert {item["name"]: item["sets"] for item in answer["items"]} == {
        of["name"]: of["sets"] for of in whole["scorers"]
    }
    for name in ("sets", "baselines", "tickers", "missing"):
        assert answer[name] == whole[name]


@pytest.mark.parametrize("scorer", ["finance@1", "korean@1", "vader@1"])
async def test_the_figures_of_a_set_fit_each_other(client: Client, scorer: str) -> None:
    answer = await _scorers(client)
    sizes = {of["name"]: of["texts"] for of in answer["sets"]}
    [item] = [item for item in answer["items"] if item["name"] == scorer]
    for of in item["sets"]:
        assert [one["label"] for one in of["classes"]] == list(LABELS)
        called = [[one["called"][label] for label in LABELS] for one in of["classes"]]
        assert sum(map(sum, called)) == of["texts"] == sizes[of["name"]]
        assert of["accuracy"] == pytest.approx(sum(called[at][at] for at in range(3)) / of["texts"], abs=1e-4)
        assert sum(one["texts"] for one in of["calibration"]) == of["texts"]
        for figure in ("accuracy", "macro_f1", "calibration_error"):
            assert of[f"{figure}_interval"][0] <= of[f"{figure}_interval"][1]
        assert of["accuracy_interval"][0] <= of["accuracy"] <= of["accuracy_interval"][1]


async def test_the_document_describes_all_of_it(client: Client) -> None:
    document: dict[str, Any] = (await client.get("/openapi.json")).json()
    answers = document["paths"]["/api/v1/sentiment/scorers"]["get"]["responses"]["200"]["content"]
    schema = {**answers["application/json"]["schema"], "components": document["components"]}
    Draft202012Validator(schema).validate(await _scorers(client))
    schemas = document["components"]["schemas"]
    for name in ("ScorerItem", "SetFigures", "ClassFigures", "Reliability", "Difference", "Overall", "TickerAccuracy"):
        for field, of in schemas[name]["properties"].items():
            assert {"type", "$ref", "oneOf", "anyOf", "enum"} & of.keys(), f"{name}.{field} has no type"


async def test_it_is_worth_keeping(client: Client) -> None:
    first = await client.get("/api/v1/sentiment/scorers")
    again = await client.get("/api/v1/sentiment/scorers", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
