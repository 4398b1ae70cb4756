"""Runs schemathesis over the whole OpenAPI document of a running API: every check, every phase, links followed.

It knows no route: what the document has is asked for.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONFIG = Path(__file__).parent / "schemathesis.toml"
# whoever asks for these is nobody afterwards, and would be refused everything else; nobody asks for them, too
ENDING = ("deleteMe", "endSession", "endSessions", "changePassword")
# an answer without an end is never whole
ENDLESS = ("streamChanges",)
PHASES = "examples,coverage,fuzzing,stateful"


def ask_everything(
    address: str,
    folder: Path,
    *,
    seed: int,
    examples: int,
    chains: int,
    headers: Mapping[str, str],
    words: Mapping[str, Sequence[str]],
    seconds: int | None = None,
) -> subprocess.CompletedProcess[str]:
    """What schemathesis says; its exit code is 0 where it found nothing.

    `examples` are cases per operation; as many `chains` of requests that follow links are begun. `words` are values
    that open something, by the names of dictionaries. The same `seed` asks nearly the same, as long as the document and
    the data are the same and no time is given; with `seconds` it goes on until they are over. `folder` is for its
    files.
    """
    more = [f"[phases.stateful.generation]\nmax-examples = {chains}"]
    more += [f"[dictionaries.{name}]\nvalues = {json.dumps(list(values))}" for name, values in words.items()]
    config = folder / "schemathesis.toml"
    config.write_text("\n".join([CONFIG.read_text(encoding="utf-8"), *more, ""]), encoding="utf-8")
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"]
    command += [f"{address}/openapi.json", "--checks", "all", "--phases", PHASES, "--continue-on-failure"]
    command += ["--seed", str(seed), "--max-examples", str(examples), "--no-color", "--request-timeout", "20"]
    command += ["--suppress-health-check", "all", "--warnings", "off"]
    if seconds is not None:
        command += ["--max-time", str(seconds)]
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    for operation in (*ENDLESS, *(ENDING if headers else ())):
        command += ["--exclude-operation-id", operation]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment)
