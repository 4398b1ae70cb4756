"""A real Redis for tests: one for the session, emptied for each test, and one that a test may kill and start again."""

import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from lib.cache.redis import RedisLink, open_redis
from lib.ports import free_port
from lib.processes import last_words, spawn


class RedisServer:
    """A redis-server of our own in `folder` on one port of loopback. It keeps nothing on disk: killed, it forgets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts it, on the same port as before, and waits until it takes connections."""
        program = shutil.which("redis-server")
        assert program is not None
        log = self.folder / "log"
        command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        command += ["--save", "", "--appendonly", "no", "--daemonize", "no"]
        self._process = spawn(command, environment={"PATH": "/usr/bin:/bin"}, log=log, folder=self.folder)
        patience = monotonic() + 20
        while not self._accepts():
            assert self._process.poll() is None, last_words(log)
            assert monotonic() < patience, last_words(log)
            sleep(0.01)

    def kill(self) -> None:
        """Ends it as a crash would: at once, connections cut."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """It keeps its connections and answers nothing, until `resume`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """It answers again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Ends it in order, if it runs."""
        self._end(signal.SIGTERM)

    def _end(self, signum: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signum)
        self._process.send_signal(signal.SIGCONT)
        self._process.wait(timeout=10)

    def _accepts(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as asking:
                asking.sendall(b"PING\r\n")
                return asking.recv(16) == b"+PONG\r\n"
        except OSError:
            return False


@pytest.fixture(scope="session")
def redis_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One Redis for all tests that leave it running. They take it as `redis_url` or `redis`."""
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on the PATH: install it (Debian: apt-get install redis-server)")
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of this test's own, to be killed, paused and started again; it runs already."""
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on the PATH: install it (Debian: apt-get install redis-server)")
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RedisServer(folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def redis(redis_of_the_session: RedisServer) -> AsyncIterator[RedisLink]:
    """A link to an empty Redis."""
    async with open_redis(redis_of_the_session.url, application="insitechart-test") as link:
        await link.client.flushall()
        yield link


@pytest.fixture
def redis_url(redis: RedisLink, redis_of_the_session: RedisServer) -> str:
    """The address of an empty Redis, for processes that open it themselves."""
    return redis_of_the_session.url
