"""A client that a generator made from our document alone, driven against the API as it is run."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fuzz.installation import fill, serving
from tests.support.accounts import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / ".venv" / "client" / "bin"
DRIVE = ROOT / "tests" / "client"


@pytest.fixture
async def address(database_url: str, tmp_path: Path) -> AsyncIterator[str]:
    """A served installation with a little of everything."""
    await fill(database_url)
    with serving(database_url, tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the generated package; its generator lives in an environment of its own, which make makes."""
    folder = tmp_path_factory.mktemp("client")
    _run("make", "--no-print-directory", ".venv/client/installed", folder=ROOT)
    _run(sys.executable, "-m", "deployments.cli", "openapi", "--output", str(folder / "openapi.json"), folder=ROOT)
    told = _run(
        str(CLIENT / "openapi-python-client"), "generate", "--path", "openapi.json", "--meta", "none",
        "--config", str(DRIVE / "generator.yaml"), "--output-path", "insitechart_client", folder=folder,
    )  # fmt: skip
    # it leaves out with a warning what it does not understand
    assert "Warning" not in told, told
    return folder


def test_the_generated_client_works(client: Path, address: str) -> None:
    told = _run(str(CLIENT / "python"), str(DRIVE / "drive.py"), address, PASSWORD, folder=client, path=client)
    assert told.splitlines()[-1] == "ok"


def _run(*command: str, folder: Path, path: Path | None = None) -> str:
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "NO_COLOR": "1", "HOME": str(folder)}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
    return ended.stdout + ended.stderr
