"""What a release would do, step by step, as a table: it only reads. It does not know who wants to know."""

from typing import Any

from lib.domain.releases import Record, gives_up
from lib.errors import ReleaseRefused
from lib.release.cluster import Cluster
from lib.release.conduct import Wanted, begin
from lib.release.lock import read_book
from lib.release.standing import observe
from lib.release.step import Done


async def plan(cluster: Cluster, wanted: Wanted) -> Done:
    """The steps that carrying `wanted` out would take now. Raises ReleaseRefused where it would be refused."""
    book, holder = await read_book(cluster)
    if holder:
        raise ReleaseRefused(
            f"Another release is under way: {holder} holds the lock.", hint="Wait until it has ended."
        )  # fmt: skip
    standing = await observe(cluster, wanted.services)
    rows: list[dict[str, Any]] = []
    old = book.current
    if old is not None:
        rows += _ending(old, wanted)
        is_it = not wanted.image or (wanted.kind, wanted.image) == (old.kind, old.image)
        if (wanted.kind == "release" and is_it) or (wanted.kind == "rollback" and old.phase != "cleaning"):
            return Done(f"A release of {old.image} broke off while {old.phase}: it would be ended.", _numbered(rows))
    else:
        rows += _steps(begin(book, standing, wanted), wanted)
        return Done(f"{rows[-1]['image']} would be in use.", _numbered(rows))
    return Done(
        f"A release of {old.image} broke off: it would be ended, then {wanted.image} released.", _numbered(rows)
    )


def _ending(old: Record, wanted: Wanted) -> list[dict[str, Any]]:
    back = old.phase == "returning" or gives_up(old, wanted.kind, wanted.image)
    back |= wanted.kind == "rollback" and old.kind == "release" and old.phase != "cleaning"
    if back:
        return [_row("go back", f"{old.before} serves, {old.after} is removed", old.before_image)]
    names = ["migrating", "deploying", "probing", "switching", "watching", "cleaning"]
    return [row for row in _steps(old, wanted) if names.index(row["phase"]) >= names.index(old.phase)]


def _steps(record: Record, wanted: Wanted) -> list[dict[str, Any]]:
    rules, names = wanted.rules, ", ".join(record.services)
    rows = []
    if record.kind == "release":
        rows += [
            _row("contract the schema", "what only older versions needed goes", record.before_image, "migrating"),
            _row("expand the schema", "what the new version needs comes", record.image, "migrating"),
        ]
    return [
        *rows,
        _row("deploy", f"{record.after} of {names}, as {record.before} is", record.image, "deploying"),
        _row("wait for the rollout", f"{rules.rollout_s:.0f} s at most", record.image, "deploying"),
        _row("probe", f"{rules.probes} times at most", record.image, "probing"),
        _row("switch", f"{names} from {record.before} to {record.after}", record.image, "switching"),
        _row("watch", f"{rules.watch_s:.0f} s; {rules.error_rate:.2%} of requests may fail", record.image, "watching"),
        _row("clean up", f"{record.before} with {record.before_image} is removed", record.image, "cleaning"),
    ]


def _row(step: str, what: str, image: str, phase: str = "") -> dict[str, Any]:
    return {"step": step, "what": what, "image": image, "phase": phase}


def _numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"": number} | {key: row[key] for key in ("step", "what", "image")} for number, row in enumerate(rows, 1)]
