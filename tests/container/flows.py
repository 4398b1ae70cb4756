"""Flows of a stack as an operator starts them: through the gateway, by the name of their deployment."""

import json
from typing import Any

from tests.container.stack import Stack, until

_BACKUPS = (
    "SELECT json_agg(json_build_object('kind', kind, 'state', state, 'checks', checks) ORDER BY begun_at) FROM backups"
)


_BAD = ("FAILED", "CRASHED", "CANCELLED")


def run(stack: Stack, name: str, parameters: dict[str, Any], seconds: float) -> None:
    """Runs FLOW/DEPLOYMENT to its end. Raises AssertionError where it does not end well, or not in time."""
    begun, state = _ended(stack, name, parameters, seconds)
    assert state["type"] == "COMPLETED", (name, state["message"], _said(stack, begun))


def fail(stack: Stack, name: str, parameters: dict[str, Any], seconds: float) -> None:
    """The same for one that is to fail; and people are told of it. Raises AssertionError where they are not."""
    begun, state = _ended(stack, name, parameters, seconds)
    assert state["type"] == "FAILED", (name, state["message"])
    about = f"prefect.flow-run.{begun}"

    def told() -> bool:
        runs = stack.prefect("/flow_runs/filter", {"flows": {"name": {"any_": ["tell"]}}})
        mine = [one for one in runs if one["parameters"].get("run") == about]
        return any(one["state_type"] == "COMPLETED" for one in mine)

    until(f"people are told that {name} failed", seconds, told)


def _ended(stack: Stack, name: str, parameters: dict[str, Any], seconds: float) -> tuple[str, dict[str, Any]]:
    flow, _, deployment = name.partition("/")
    recorded: list[str] = []

    def known() -> bool:
        wanted = {"deployments": {"name": {"any_": [deployment]}}, "flows": {"name": {"any_": [flow]}}}
        recorded[:] = [one["id"] for one in stack.prefect("/deployments/filter", wanted)]
        return bool(recorded)

    until(f"{name} is recorded", seconds, known)
    begun = stack.prefect(f"/deployments/{recorded[0]}/create_flow_run", {"parameters": parameters})["id"]
    state: dict[str, Any] = {}

    def over() -> bool:
        state.update(stack.prefect(f"/flow_runs/{begun}")["state"])
        return state["type"] in ("COMPLETED", *_BAD)

    until(f"{name} ends", seconds, over)
    return begun, state


def backups(stack: Stack) -> list[dict[str, Any]]:
    """What the database says of every backup: its kind, its state, and each check by name with what it found."""
    asked = ("exec", "-T", "postgres", "psql", "-U", "postgres", "-d", "insitechart", "-Atc", _BACKUPS)
    found: list[dict[str, Any]] = json.loads(stack.compose(*asked) or "null") or []
    return found


def _said(stack: Stack, run: str) -> list[str]:
    lines = stack.prefect("/logs/filter", {"logs": {"flow_run_id": {"any_": [run]}}, "sort": "TIMESTAMP_ASC"})
    return [line["message"] for line in lines][-15:]
