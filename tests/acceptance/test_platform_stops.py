"""However the platform ends, nothing of it stays; and what it cannot use it refuses with one sentence and leaves alone.

Prefect and the flows are left out here: they take most of a start's time, and are ended the same way as the rest.
"""

import signal
import subprocess
import time
from typing import Any

import httpx
import psutil

from deployments.local.instance import holder
from lib.db.pool import connect
from tests.acceptance.conftest import RunningPlatform, guards_of, marked

LIGHT = ("up", "--no-sample", "--without", "prefect", "--without", "flows")


def started(platform: RunningPlatform, **environment: str) -> "tuple[subprocess.Popen[str], str]":
    """A light platform in the foreground, ready, and the marker of its processes."""
    process = platform.spawn(*LIGHT, **environment)
    words: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        words.append(line)
        if "Ready." in line:
            break
    running = holder(platform.home)
    assert running is not None, "".join(words)
    assert running.pid == process.pid
    return process, running.marker


def gone(platform: RunningPlatform, marker: str, seconds: float) -> None:
    """Asserts that within `seconds` no process is left and the folder is free again."""
    end = time.monotonic() + seconds
    while marked(marker) or holder(platform.home) is not None:
        assert time.monotonic() < end, [process.cmdline() for process in marked(marker)]
        time.sleep(0.1)


def test_ctrl_c_stops_everything_in_order(own_platform: RunningPlatform) -> None:
    process, marker = started(own_platform)
    assert len(marked(marker)) >= 2
    process.send_signal(signal.SIGINT)
    words, _ = process.communicate(timeout=60)
    assert process.returncode == 0, words
    assert words.index("api       stopped") < words.index("postgres  stopping"), words
    assert marked(marker) == []
    assert holder(own_platform.home) is None
    assert list((own_platform.home / "run").glob("*.json")) == []
    assert "database system is shut down" in (own_platform.home / "logs" / "postgres.log").read_text()


def test_after_a_kill_nothing_is_left_and_the_next_start_works(own_platform: RunningPlatform) -> None:
    process, marker = started(own_platform)
    process.kill()
    process.communicate()
    # at once, while the guard is still at work: the new one waits for its end
    again = own_platform.run(*LIGHT, "--detach")
    assert again.returncode == 0, again.stdout + again.stderr
    assert marked(marker) == []
    assert httpx.get(f"{own_platform.api_url}/api/v1/health/ready").status_code == 200
    fresh = holder(own_platform.home)
    assert fresh is not None
    stopped = own_platform.run("down")
    assert stopped.returncode == 0, stopped.stderr
    assert marked(fresh.marker) == []


def test_supervisor_and_guard_killed_together_leave_nothing_either(own_platform: RunningPlatform) -> None:
    process, marker = started(own_platform)
    guard = psutil.Process(guards_of(process.pid)[0])
    guard.suspend()
    process.kill()
    guard.kill()
    process.communicate()
    gone(own_platform, marker, 20)


def test_a_stop_in_the_middle_of_the_start_leaves_nothing(own_platform: RunningPlatform) -> None:
    process = own_platform.spawn(*LIGHT)
    assert process.stdout is not None
    assert process.stdout.readline()
    running = holder(own_platform.home)
    assert running is not None
    process.send_signal(signal.SIGTERM)
    words, _ = process.communicate(timeout=60)
    assert process.returncode == 0, words
    gone(own_platform, running.marker, 1)


def test_a_damaged_data_folder_is_refused_and_left_as_it_is(own_platform: RunningPlatform) -> None:
    data = own_platform.home / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "letter.txt").write_text("mine")
    refused = own_platform.run(*LIGHT, seconds=60)
    assert refused.returncode == 1
    assert f"{data} is damaged" in refused.stderr
    assert "mv " in refused.stderr
    assert "Traceback" not in refused.stderr
    assert (data / "letter.txt").read_text() == "mine"
    assert holder(own_platform.home) is None


async def test_an_existing_database_is_used_migrated_and_left_running(
    own_platform: RunningPlatform, database_url: str
) -> None:
    process, _ = started(own_platform, INSITECHART_DATABASE_URL=database_url)
    status: Any = own_platform.status()
    assert [part["name"] for part in status["parts"]] == ["api", "archive"]
    assert own_platform.database_url == database_url
    assert not (own_platform.home / "postgres").exists()
    # the terminal is closed
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)
    assert process.returncode == 0
    connection = await connect(database_url, application="test")
    await connection.close()


def test_a_database_that_is_not_there_is_one_sentence(own_platform: RunningPlatform) -> None:
    refused = own_platform.run(*LIGHT, seconds=60, INSITECHART_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert refused.returncode == 1
    assert "PostgreSQL at 127.0.0.1:1/none cannot be used" in refused.stderr
    assert "Traceback" not in refused.stderr
