"""The report of a drill: the plan's four phases, ticked where they held."""

from datetime import UTC, datetime, timedelta

from lib.domain.backups import Check
from lib.domain.drills import Phase, Scorecard
from lib.recovery.report import report, rows, sentence

BEGUN = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)


def card(*, ok: bool = True, seconds: float = 2.0) -> Scorecard:
    """A drill that restores something within five seconds."""
    return Scorecard(
        scenario="database", place="here", begun_at=BEGUN, finished_at=BEGUN + timedelta(minutes=1),
        injected="server killed", rto_s=seconds, rto_target_s=5, rpo_s=0.25, rpo_target_s=900, rpo_rows=7,
        phases=(
            Phase(phase="detect", name="look", seconds=0.1, budget_s=1, found="it is gone"),
            Phase(phase="recover", name="restore", seconds=seconds, budget_s=5),
        ),
        checks=(Check("rows", ok, "12 of 12"),),
    )  # fmt: skip


def test_a_report_is_the_four_phases_filled_in() -> None:
    text = report(card(), staged=["start a server (1.0 s)"], warnings=["There is no copy of the key."])
    assert text.startswith("# Drill: database, passed\n")
    places = [text.index(word) for word in ("Detect", "Assess", "Recover", "Verify", "Staged before")]
    assert places == sorted(places)
    for line in (
        "> **Warning.** There is no copy of the key.",
        "| RTO, from the disaster to service | 2.00 s | 5 s |",
        "| RPO, committed and lost | 0.25 s, 7 rows | 900 s |",
        "- [x] look: 0.10 s of 1 s (it is gone)",
        "- [x] rows: 12 of 12",
        "- start a server (1.0 s)",
    ):
        assert line in text


def test_what_did_not_hold_is_not_ticked() -> None:
    late = card(ok=False, seconds=6.0)
    text = report(late)
    assert "# Drill: database, FAILED" in text
    assert "- [ ] restore: 6.00 s of 5 s" in text
    assert "- [ ] rows: 12 of 12" in text
    assert [row["ok"] for row in rows(late)] == ["yes", "NO", "NO"]
    assert sentence(late) == (
        "server killed: failed, service after 6.00 s of 5 s; 7 commits lost, 0.25 s; not right: rows; too late."
    )
