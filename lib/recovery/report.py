"""The report of a drill: its scorecard, and the checklist of the plan's four phases filled in with what was measured.
It does not measure.
"""

from collections.abc import Sequence
from datetime import datetime

from lib.domain.drills import PhaseName, Scorecard

_QUESTIONS: dict[PhaseName, tuple[str, str]] = {
    "detect": ("Detect", "Something is wrong, and somebody knows"),
    "assess": ("Assess", "What is lost, what is left, and which way back is the right one"),
    "recover": ("Recover", "There is service again"),
    "verify": ("Verify", "It is what it was, and nothing else"),
}


_RTO = {False: "RTO, from the disaster to service", True: "until every fault was noticed"}


def report(card: Scorecard, *, staged: Sequence[str] = (), warnings: Sequence[str] = ()) -> str:
    """`card` as a text (Markdown), in English. Times are UTC."""
    lines = [
        f"# Drill: {card.scenario}, {'passed' if card.passed else 'FAILED'}",
        "",
        f"{_time(card.begun_at)} to {_time(card.finished_at)} on {card.place}.",
        "",
        f"Injected: {card.injected}.",
        "",
        *(f"> **Warning.** {warning}\n" for warning in warnings),
        "| | measured | target |",
        "|---|---|---|",
        f"| {_RTO[card.scenario == 'fault']} | {card.rto_s:.2f} s | {card.rto_target_s:g} s |",
    ]
    if card.rpo_s is not None:
        target = "–" if card.rpo_target_s is None else f"{card.rpo_target_s:g} s"
        lines.append(f"| RPO, committed and lost | {card.rpo_s:.2f} s, {card.rpo_rows} rows | {target} |")
    for phase, (title, question) in _QUESTIONS.items():
        lines += ["", f"## {title}: {question.lower()}", ""]
        steps = [step for step in card.phases if step.phase == phase]
        lines += [
            f"- [{'x' if step.in_time else ' '}] {step.name}: {step.seconds:.2f} s of {step.budget_s:g} s"
            + (f" ({step.found})" if step.found else "")
            for step in steps
        ] or ["- [x] not part of this drill"]
        if phase == "verify":
            lines += [f"- [{'x' if check.ok else ' '}] {check.name}: {check.found}" for check in card.checks]
    if staged:
        lines += ["", "## Staged before", "", *(f"- {step}" for step in staged)]
    return "\n".join([*lines, ""])


def rows(card: Scorecard) -> list[dict[str, object]]:
    """`card` as a table: each step with its budget, then each check."""
    steps: list[dict[str, object]] = [
        {
            "phase": step.phase, "what": step.name, "seconds": round(step.seconds, 3), "budget": step.budget_s,
            "ok": "yes" if step.in_time else "NO", "found": step.found,
        }
        for step in card.phases
    ]  # fmt: skip
    return steps + [
        {
            "phase": "verify", "what": check.name, "seconds": round(check.seconds, 3), "budget": None,
            "ok": "yes" if check.ok else "NO", "found": check.found,
        }
        for check in card.checks
    ]  # fmt: skip


def sentence(card: Scorecard) -> str:
    """`card` in one sentence."""
    lost = "" if card.rpo_s is None else f"; {card.rpo_rows} commits lost, {card.rpo_s:.2f} s"
    wrong = [check.name for check in card.checks if not check.ok]
    red = f"; not right: {', '.join(wrong)}" if wrong else ""
    late = "" if card.rto_s <= card.rto_target_s else "; too late"
    state = "passed" if card.passed else "failed"
    what = "all noticed" if card.scenario == "fault" else "service"
    return f"{card.injected}: {state}, {what} after {card.rto_s:.2f} s of {card.rto_target_s:g} s{lost}{red}{late}."


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
