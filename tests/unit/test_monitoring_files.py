"""What is shipped for watching: every alert is tested both ways and leads to a page in both languages, and dashboards
are as Grafana wants them. It starts nothing.
"""

import re
from itertools import combinations
from typing import Any

import pytest
import yaml

from tests.support.monitoring import RUNBOOKS, SHIPPED, Alert, dashboards, shipped_alerts
from tests.support.runbooks import LANGUAGES, read_runbook
from tests.unit.test_runbooks import test_every_command_and_deployment_exists as check_commands

ALERTS = shipped_alerts()
BOARDS = dashboards()
PAGES = [
    RUNBOOKS / language / "alerts" / f"{area}.md" for language in LANGUAGES for area in {a.area: 0 for a in ALERTS}
]

# always fires, so nothing keeps it silent
ALWAYS = "Watchdog"


def name(alert: Alert) -> str:
    return alert.name


def test_alerts_have_names_of_their_own() -> None:
    assert len({alert.name for alert in ALERTS}) == len(ALERTS)


@pytest.mark.parametrize("alert", ALERTS, ids=name)
def test_an_alert_says_how_urgent_it_is_and_what_to_do(alert: Alert) -> None:
    assert alert.labels["severity"] in ({"none"} if alert.name == ALWAYS else {"page", "ticket", "info"})
    assert alert.labels["area"] == alert.area
    assert set(alert.annotations) == {"summary", "description", "runbook_url", "runbook_url_ko"}
    for language, link in (("en", "runbook_url"), ("ko", "runbook_url_ko")):
        page, _, anchor = alert.annotations[link].partition("#")
        assert page == f"{{{{ $externalLabels.runbooks }}}}/{language}/alerts/{alert.area}.md"
        text = (RUNBOOKS / language / "alerts" / f"{alert.area}.md").read_text(encoding="utf-8")
        assert re.findall(rf"^## {alert.name}$", text, re.MULTILINE) == [f"## {alert.name}"]
        assert anchor == alert.name.lower()


@pytest.mark.parametrize("alert", ALERTS, ids=name)
def test_an_alert_is_tested_firing_and_silent(alert: Alert) -> None:
    expected = [
        one["exp_alerts"]
        for file in sorted((SHIPPED / "prometheus" / "tests").glob("*.yml"))
        for test in yaml.safe_load(file.read_text("utf-8"))["tests"]
        for one in test["alert_rule_test"]
        if one["alertname"] == alert.name
    ]
    assert any(expected)
    assert alert.name == ALWAYS or not all(expected)


def test_whatever_is_held_back_or_sorted_out_exists() -> None:
    config = yaml.safe_load((SHIPPED / "alertmanager" / "alertmanager.yml").read_text("utf-8"))
    names = {alert.name for alert in ALERTS}
    for rule in config["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            _, sign, value = re.fullmatch(r'(alertname)(=~|=)"(.+)"', matcher).groups()  # type: ignore[union-attr]
            for one in value.split("|") if sign == "=~" else [value]:
                assert any(re.fullmatch(one, known) for known in names), one
    receivers = {one["name"] for one in config["receivers"]}
    assert {config["route"]["receiver"], *(one["receiver"] for one in config["route"]["routes"])} == receivers


def test_no_secret_stands_in_a_file() -> None:
    for file in sorted(SHIPPED.rglob("*.yml")):
        for line in file.read_text("utf-8").splitlines():
            found = re.search(r"^\s*-?\s*\S*(password|token|secret|credentials|api_url|_key)\S*:\s*(\S+)", line)
            assert found is None or found[2].startswith("/etc/") or "{" in found[0], f"{file}: {line}"


@pytest.mark.parametrize("file", PAGES, ids=lambda file: f"{file.parent.parent.name}/{file.name}")
def test_a_page_has_numbered_steps_and_links_that_lead_somewhere(file: Any) -> None:
    sections = re.split(r"^## ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for section in sections[1:]:
        steps = [int(number) for number in re.findall(r"^(\d+)\. ", section, re.MULTILINE)]
        assert len(steps) >= 3, section
        assert steps == list(range(1, len(steps) + 1)), section
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", "".join(sections)):
        assert target.startswith("http") or (file.parent / target).exists(), target
    check_commands(file)
    assert read_runbook(file)


@pytest.mark.parametrize("area", sorted({alert.area for alert in ALERTS}))
def test_both_languages_show_the_same_commands(area: str) -> None:
    english, korean = (read_runbook(RUNBOOKS / language / "alerts" / f"{area}.md") for language in LANGUAGES)
    assert [(one.text, one.prints) for one in english] == [(one.text, one.prints) for one in korean]


def test_every_alert_and_every_area_is_explained_to_operators() -> None:
    told = (SHIPPED.parents[1] / "docs" / "monitoring.md").read_text(encoding="utf-8")
    for alert in ALERTS:
        row = next((line for line in told.splitlines() if line.startswith(f"| `{alert.name}`")), "")
        assert f"| {alert.labels['severity']} |" in row, alert.name
        assert f"runbooks/en/alerts/{alert.area}.md#{alert.name.lower()}" in row


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: str(board["uid"]))
def test_a_dashboard_is_as_grafana_wants_it(board: dict[str, Any]) -> None:
    assert board["uid"].startswith("insitechart-")
    assert board["schemaVersion"] >= 39
    assert {"title", "description", "tags", "time", "refresh", "templating"} <= set(board)
    first = board["templating"]["list"][0]
    assert (first["name"], first["type"], first["query"]) == ("datasource", "datasource", "prometheus")
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    known = {f"${one['name']}" for one in board["templating"]["list"]} | {"$__rate_interval"}
    for panel in panels:
        place = panel["gridPos"]
        assert 0 <= place["x"] < place["x"] + place["w"] <= 24
        assert place["h"] > 0
        if panel["type"] == "row":
            continue
        assert panel["title"]
        assert panel["description"].endswith((".", "?"))
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert [target["refId"] for target in panel["targets"]] == list("ABCDEFGH"[: len(panel["targets"])])
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"]
            assert set(re.findall(r"\$\w+", target["expr"])) <= known
    for one, other in combinations([panel["gridPos"] for panel in panels], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


def test_there_is_a_dashboard_for_each_subject() -> None:
    assert sorted(board["uid"].removeprefix("insitechart-") for board in BOARDS) == [
        "api", "collection", "overview", "recovery", "sentiment",
    ]  # fmt: skip
