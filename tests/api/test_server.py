"""The process itself: what its start costs, and that it serves over a real socket."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx

from lib.db.pool import Pool
from tests.support import seed

BARS = "/api/v1/stocks/AAPL/bars"


def test_a_start_imports_nothing_heavy() -> None:
    heavy = ("prefect", "yfinance", "pandas", "numpy", "nltk", "praw", "tweepy", "rapidfuzz")
    code = f"import sys, api.app; print([name for name in {heavy!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


async def test_it_serves_over_a_real_socket(
    pool: Pool, database_url: str, unused_tcp_port: int, tmp_path: Path
) -> None:
    await seed.add_symbol(pool, "AAPL")
    environment = {
        "INSITECHART_DATABASE_URL": database_url,
        "INSITECHART_HOME": str(tmp_path),
        "INSITECHART_API_PORT": str(unused_tcp_port),
        "PATH": "/usr/bin",
    }
    process = subprocess.Popen([sys.executable, "-m", "api"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        transport = httpx.AsyncHTTPTransport(retries=0)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_tcp_port}", transport=transport) as web:
            answer = await _once_up(web, process)
            assert answer.json()["symbol"] == "AAPL"
            tag = answer.headers["etag"]
            assert (await web.get(BARS, headers={"If-None-Match": tag})).status_code == 304
            assert (await web.get("/docs/assets/docs.js")).status_code == 200
    finally:
        process.terminate()
        _, log = process.communicate(timeout=20)
    # uvicorn finishes what is under way, then ends by the signal that asked for it
    assert process.returncode in (0, -signal.SIGTERM)
    assert '"route": "/api/v1/stocks/{symbol}/bars"' in log


async def _once_up(web: httpx.AsyncClient, process: "subprocess.Popen[str]") -> httpx.Response:
    while process.poll() is None:
        try:
            return await web.get(BARS)
        except httpx.ConnectError:
            continue
    raise AssertionError(process.stderr and process.stderr.read())
