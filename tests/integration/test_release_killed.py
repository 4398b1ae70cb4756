"""The command is killed between the switch and the clean-up, for real: both colours stay, and the next one ends it."""

import asyncio
import os
import subprocess
import sys

from lib.release.words import SERVICES
from tests.servers.kubernetes import LocalKubernetes
from tests.support.releases import asking, book_of, colours_of

COMMAND = [sys.executable, "-m", "deployments.cli", "release", "--yes", "--namespace", "here"]


async def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run, [*COMMAND, *arguments], capture_output=True, text=True, check=False, env=os.environ.copy()
    )


async def test_killed_after_the_switch(kubernetes: LocalKubernetes) -> None:
    async with asking(kubernetes) as people:
        dying = subprocess.Popen([*COMMAND, "app:2", "--watch", "600"], env=os.environ.copy())
        while (current := book_of(kubernetes).current) is None or current.phase != "watching":
            assert dying.poll() is None
            await asyncio.sleep(0.1)
        refused = await run("app:3")
        assert refused.returncode == 1
        assert f"process {dying.pid} on" in refused.stderr
        dying.kill()
        await asyncio.to_thread(dying.wait)
        assert colours_of(kubernetes) == {"green"}
        assert len(kubernetes.named("deployments")) == 2 * len(SERVICES)
        # until its lock has run out
        while "Another release is under way" in (ended := await run("--watch", "1")).stderr:
            pass
        assert ended.returncode == 0, ended.stderr
        assert "app:2 is in use, as green." in ended.stdout
    assert people.failed == []
    assert kubernetes.named("deployments") == sorted(f"{service}-green" for service in SERVICES)
