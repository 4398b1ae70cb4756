"""Reads the runbooks: which command stands where, what it should print, and where it can run. It runs none.

Every fenced block is announced by a comment right above it, which no reader sees: `<!-- run -->` commands that the
acceptance test types; `<!-- prints -->` lines of what they say, where `…` is anything; `<!-- elsewhere: why -->`
commands that need something which no test has.
"""

import re
from pathlib import Path
from typing import NamedTuple

RUNBOOKS = Path(__file__).resolve().parents[2] / "docs" / "runbooks"
LANGUAGES = ("en", "ko")

_BLOCK = re.compile(
    r"^(?:[ ]*<!-- (?P<mark>[^>]+?) -->\n)?(?P<indent>[ ]*)```[a-z]*\n(?P<text>.*?)^[ ]*```$", re.MULTILINE | re.DOTALL
)


class Command(NamedTuple):
    """A command as it stands there, the lines it should print, and why no test can run it; empty: it can."""

    file: str
    line: int
    text: str
    prints: tuple[str, ...] = ()
    elsewhere: str = ""


def read_runbook(file: Path) -> list[Command]:
    """The commands of a runbook in their order. Raises ValueError for a block that is not announced."""
    written = file.read_text(encoding="utf-8")
    found: list[Command] = []
    for block in _BLOCK.finditer(written):
        line = written.count("\n", 0, block.start("text"))
        mark, text = block["mark"] or "", _unindented(block["text"], len(block["indent"]))
        if mark == "run":
            found.append(Command(file.name, line, text))
        elif mark == "prints" and found and not found[-1].prints:
            found[-1] = found[-1]._replace(prints=tuple(text.splitlines()))
        elif mark.startswith("elsewhere: "):
            found.append(Command(file.name, line, text, elsewhere=mark.removeprefix("elsewhere: ")))
        else:
            raise ValueError(
                f"{file.name}:{line}: what is this block? It needs a comment above it: run, prints, elsewhere"
            )
    return found


def missing_lines(wanted: tuple[str, ...], said: str) -> list[str]:
    """Those of the `wanted` lines that do not follow in `said` in their order. Spaces count as one."""
    lines = iter(" ".join(line.split()) for line in said.splitlines())
    missing = []
    for one in wanted:
        pattern = ".*".join(re.escape(" ".join(part.split())) for part in one.split("…"))
        # spaces beside a sign for anything belong to it
        pattern = pattern.replace(r".*", r"\s*.*\s*")
        if not any(re.fullmatch(pattern, line) for line in lines):
            missing.append(one)
    return missing


def _unindented(text: str, indent: int) -> str:
    return "\n".join(line[indent:] if not line[:indent].strip() else line for line in text.splitlines())
