"""`insitechart import` as a person runs it: as a process that can be killed, with exit codes, in bounded memory."""

import asyncio
import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard

from lib.db.pool import Pool
from tests.support.tables import digest_of_all_tables

# VmHWM where there is one: a child's ru_maxrss starts with what its parent held when it forked
_MAIN = """
import pathlib, resource, sys
from deployments.cli.main import main
try:
    main()
finally:
    status = pathlib.Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    own = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    print("peak", (own or [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss])[0] // 1024, file=sys.stderr)
"""


class Command:
    """The command in a process of its own, on this test's database."""

    def __init__(self, database_url: str, home: Path) -> None:
        self.home = home
        self._environment = {**os.environ, "INSITECHART_DATABASE_URL": database_url, "INSITECHART_HOME": str(home)}

    async def start(self, *arguments: str | Path) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", _MAIN, "import", *map(str, arguments),
            env=self._environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def run(self, *arguments: str | Path) -> tuple[int, str, str]:
        process = await self.start(*arguments)
        out, error = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), error.decode()


@pytest.fixture
def command(database_url: str, tmp_path: Path) -> Command:
    return Command(database_url, tmp_path / "home")


def posts_file(path: Path, count: int, *, bad_every: int = 0) -> Path:
    first = datetime(2026, 3, 2, tzinfo=UTC)
    with path.open("w") as out:
        for n in range(count):
            moment = "soon" if bad_every and n % bad_every == 0 else (first + timedelta(seconds=n)).isoformat()
            row = {"source": "x", "external_id": str(n), "created_at": moment, "text": f"text {n}"}
            out.write(json.dumps(row) + "\n")
    return path


async def test_a_killed_import_goes_on_where_it_was(command: Command, pool: Pool, tmp_path: Path) -> None:
    file = posts_file(tmp_path / "posts.jsonl", 60_000, bad_every=1_000)
    rejects = tmp_path / "rejects.jsonl"
    process = await command.start("posts", file, "--rejects", rejects)
    async with asyncio.timeout(60):
        while not await pool.fetchval("SELECT count(*) FROM cursors"):
            await pool.execute("SELECT pg_sleep(0.005)")
    process.send_signal(signal.SIGKILL)
    await process.communicate()
    stored = await pool.fetchval("SELECT count(*) FROM posts")
    assert 0 < stored < 59_940, "the kill came too late to prove anything"
    # what a killed run wrote past its last commit
    with rejects.open("a") as left_behind:
        left_behind.write('{"file": "posts.jsonl", "line": 59999, "rea')

    code, out, _ = await command.run("posts", file, "--rejects", rejects)

    assert code == 0
    assert "60,000 rows read, 59,940 new, 0 changed, 0 unchanged, 60 rejected" in out
    assert "went on after line" in out
    assert await pool.fetchval("SELECT count(*) FROM posts") == 59_940
    lines = [json.loads(line)["line"] for line in rejects.read_text().splitlines()]
    assert lines == [n + 1 for n in range(0, 60_000, 1_000)]

    before = await digest_of_all_tables(pool)
    code, out, _ = await command.run("posts", file, "--rejects", rejects)
    assert code == 0
    assert "already imported; read again, 0 changed" in out
    assert await digest_of_all_tables(pool) == before


async def test_an_unfinished_import_whose_rejects_are_gone_starts_over(
    command: Command, pool: Pool, tmp_path: Path
) -> None:
    file = posts_file(tmp_path / "posts.jsonl", 12_000, bad_every=1_000)
    rejects = tmp_path / "rejects.jsonl"
    await command.run("posts", file, "--rejects", rejects)
    # as a killed run leaves it: ten thousand rows are done with
    await pool.execute(
        """UPDATE cursors SET position = position || '{"done": false}'
           || jsonb_build_object('tally', position -> 'tally' || '{"line": 10000, "read": 10000}')"""
    )
    rejects.unlink()
    _, out, _ = await command.run("posts", file, "--rejects", rejects)
    assert "12,000 rows read, 0 new, 0 changed, 11,988 unchanged, 12 rejected" in out
    assert len(rejects.read_text().splitlines()) == 12


async def test_memory_is_bounded_whatever_the_file_holds(command: Command, pool: Pool, tmp_path: Path) -> None:
    file = tmp_path / "posts.jsonl.zst"
    long_text = "long words " * 700
    with file.open("wb") as raw, zstandard.ZstdCompressor(level=1).stream_writer(raw) as out:
        for n in range(8_000):
            row = {
                "source": "x",
                "external_id": str(n),
                "created_at": "2026-03-02T00:00:00Z",
                "text": f"{n} {long_text}",
            }
            out.write(json.dumps(row).encode() + b"\n")
        for _ in range(300):
            out.write(b"x" * (1 << 20))
    code, out_text, error = await command.run("posts", file)
    assert code == 0, error
    assert "8,001 rows read, 8,000 new" in out_text
    assert "1 rejected" in out_text
    peak = int(error.split()[-1])
    assert peak < 300, "MB at the peak"


async def test_several_files_one_of_them_unreadable(command: Command, pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ticker,when,px\nAAPL,2026-03-02,5\nAAPL,2026-03-03,x\n")
    (tmp_path / "b.csv").write_text("ticker,when,px\nMSFT,2026-03-02,6\nMSFT,2026-03-03,y\n")
    mapped = ("--map", "when=start", "--map", "px=close", "--rejects", tmp_path / "rejects.jsonl")
    code, out, error = await command.run("bars", tmp_path / "a.csv", tmp_path / "none.csv", tmp_path / "b.csv", *mapped)
    assert code == 1
    assert "none.csv cannot be read" in error
    assert "a.csv: 2 rows read, 1 new" in out
    assert "b.csv: 2 rows read, 1 new" in out
    assert "1 symbols had no listing" in out
    entries = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text().splitlines()]
    assert [(entry["file"], entry["line"], entry["text"]) for entry in entries] == [
        ("a.csv", 3, "AAPL,2026-03-03,x"), ("b.csv", 3, "MSFT,2026-03-03,y"),
    ]  # fmt: skip
    assert await pool.fetchval("SELECT count(*) FROM bars") == 2


async def test_wrong_usage_says_what_would_be_right(command: Command, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("symbol,start,close\n")
    code, _, error = await command.run("bars", tmp_path / "a.csv", "--map", "px=price")
    assert code == 1
    assert "bars have no field 'price'" in error
    assert "adj_close" in error
    code, _, error = await command.run("posts", tmp_path / "a.csv", "--map", "px")
    assert code == 2
    assert "THEIRS=OURS" in error
    assert not command.home.exists()
