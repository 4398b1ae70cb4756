"""A drill that is killed anywhere leaves nothing behind once another has looked: neither process, memory nor folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lib.recovery.ground import remove_leftovers
from lib.recovery.traces import Recorded, marked, recorded, shared_memory_left

# the drill is killed right after this step was done: with one server, with a standby, with a service that sends the log
AFTER = ("start a server", "follow the primary", "send the log to the drill's store")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("step", AFTER)
def test_a_drill_killed_in_the_middle_leaves_nothing(tmp_path: Path, step: str) -> None:
    environment = os.environ | {"INSITECHART_HOME": str(tmp_path), "INSITECHART_CONFIG": os.devnull}
    environment.pop("INSITECHART_DATABASE_URL", None)
    with subprocess.Popen(
        [sys.executable, "-m", "deployments.cli", "drill", "database", "--yes"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as drill:  # fmt: skip
        assert drill.stderr is not None
        said = []
        for line in drill.stderr:
            said.append(line)
            if step in line:
                break
        assert drill.poll() is None, "".join(said)
        (folder,) = (tmp_path / "drills").iterdir()
        drill.kill()
        drill.wait()
    records: list[Recorded] = recorded(folder)
    assert records

    assert remove_leftovers(tmp_path / "drills") == [folder.name]

    assert list((tmp_path / "drills").iterdir()) == []
    assert list(marked(folder)) == []
    assert shared_memory_left(records) == []
