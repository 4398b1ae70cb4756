"""`python -m deployments.tell`: who is named hears it, and nobody's address is written."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@pytest.fixture
def heard() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Where to tell, and what was told."""
    told: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"json://127.0.0.1:{server.server_address[1]}/s3cr3t", told
    server.shutdown()
    thread.join()
    server.server_close()


def _tell(urls: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "deployments.tell", *arguments]
    environment = {"PATH": "/usr/bin:/bin", "INSITECHART_NOTIFY_URLS": urls}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_whoever_is_named_hears_it(heard: tuple[str, list[dict[str, Any]]]) -> None:
    urls, told = heard
    done = _tell(urls, "failed", 'staging: "rolled back"; $(rm -rf /)', "run 7")
    assert done.returncode == 0, done.stderr
    [message] = told
    assert (message["title"], message["message"]) == ('staging: "rolled back"; $(rm -rf /)', "run 7")


def test_nobody_who_hears_is_a_failure() -> None:
    done = _tell("json://127.0.0.1:9/s3cr3t", "ok", "released")
    assert (done.returncode, "Nobody could be told." in done.stderr) == (1, True)
    assert "s3cr3t" not in done.stderr


@pytest.mark.parametrize("arguments", [(), ("ok",), ("well", "released"), ("ok", "a", "b", "c")])
def test_what_cannot_be_told_is_explained(arguments: tuple[str, ...]) -> None:
    done = _tell("", *arguments)
    assert done.returncode == 1
    assert "ok|failed|info" in done.stderr
