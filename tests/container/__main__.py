"""`make container-test`: the image is built, the stack comes up, an archive is imported through the gateway and asked
for, each container is killed in turn and comes back, and nothing is left.

make container-test ARGS="--image insitechart:0.1.0 --keep"
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import click

from tests.container import flows
from tests.container.stack import Stack, build, docker, timed, until
from tests.support.data import data_folder

FILES = {"symbols": "stocknet_symbols.csv.gz", "bars": "stocknet_prices.csv.gz", "posts": "stocknet_posts.jsonl.gz"}

# on an idle machine all of it is a matter of seconds; a busy one may take its time, and is not wrong for that
PATIENCE_S = 900.0


@click.command()
@click.option("--image", help="An image that is there already, instead of building one.")
@click.option("--keep", is_flag=True, help="Leave the stack running where something fails.")
@click.option("--name", default="insitechart-test", show_default=True, help="The project's name.")
def main(image: str | None, keep: bool, name: str) -> None:
    """Tries the whole platform in containers."""
    begun, told = monotonic(), dict[str, float]()
    if image is None:
        image = "insitechart:test"
        with timed("build", told):
            build(image)
    said = json.loads(docker("image", "inspect", image))[0]
    click.echo(f"{said['Size'] / 1e6:7.0f} MB {len(said['RootFS']['Layers'])} layers")
    with _folder() as place:
        stack = Stack(name, place, image, _imports(place))
        stack.make_secrets()
        with _running(stack, told, keep):
            _looked_at(stack)
            with timed("import through the gateway", told):
                _import(stack)
            with timed("first answers", told):
                _answers(stack)
            with timed("backed up, and proven by restores", told):
                _backed_up(stack)
            with timed("a run failed, and people told", told):
                flows.fail(stack, "import-archive/default", {"kind": "bars", "files": ["/import/none.csv"]}, PATIENCE_S)
            _walls(stack)
            _killed(stack, told)
            _stopped(stack)
    click.echo(f"{monotonic() - begun:7.1f} s  all of it")


@contextmanager
def _folder() -> Iterator[Path]:
    """It goes with the stack: what is left running could not be started anew without its secrets."""
    place = Path(tempfile.mkdtemp(prefix="insitechart-container-"))
    try:
        yield place
    finally:
        if not (place / "kept").exists():
            shutil.rmtree(place)


@contextmanager
def _running(stack: Stack, told: dict[str, float], keep: bool) -> Iterator[None]:
    failed = True
    try:
        with timed("up --wait", told):
            stack.compose("up", "--detach", "--wait")
        yield
        failed = False
    finally:
        if failed:
            click.echo(stack.compose("ps", "--all") + stack.compose("logs", "--tail", "15", "--no-color"))
        if failed and keep:
            (stack.folder / "kept").touch()
        else:
            with timed("down", told):
                stack.compose("down", "--volumes", "--timeout", "20")
            assert not stack.left_over(), stack.left_over()


def _looked_at(stack: Stack) -> None:
    """What containers may do, and what may be seen of them from outside."""
    secrets = [file.read_text().strip() for file in stack.secrets.iterdir() if file.name.endswith("_password")]
    for name, one in stack.containers().items():
        host = one["HostConfig"]
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert not host["Privileged"], name
        assert host["Memory"] > 0, name
        assert one["Config"]["User"] not in ("", "0", "root") or "alertmanager" in name or "prometheus" in name, name
        text = json.dumps(one)
        assert not any(secret in text for secret in secrets), f"{name} shows a secret"


def _imports(folder: Path) -> Path:
    place = folder / "import"
    place.mkdir(mode=0o755)
    folder.chmod(0o755)
    for file in FILES.values():
        source = data_folder() / file
        if not source.exists():
            raise click.ClickException(f"{source} is missing; INSITECHART_TEST_DATA names the folder that has it.")
        shutil.copyfile(source, place / file)
        (place / file).chmod(0o644)
    return place


def _import(stack: Stack) -> None:
    def one(kind: str) -> None:
        parameters = {"kind": kind, "files": [f"/import/{FILES[kind]}"]}
        flows.run(stack, "import-archive/default", parameters, PATIENCE_S)

    # prices belong to stocks that are known
    one("symbols")
    with ThreadPoolExecutor() as others:
        list(others.map(one, ("bars", "posts")))


def _backed_up(stack: Stack) -> None:
    """By the programs of the very server, its extensions included, into a server of its own."""
    for name in ("backup/logical", "base-backup/full"):
        flows.run(stack, name, {}, PATIENCE_S)
    kept = {one["kind"]: one for one in flows.backups(stack)}
    assert {kind: one["state"] for kind, one in kept.items()} == {"logical": "good", "base": "good"}, kept
    for kind, one in kept.items():
        for check in one["checks"]:
            click.echo(f"          {kind}: {check['name']}: {check['found']}")


def _answers(stack: Stack) -> None:
    bars = stack.ask("/api/v1/stocks/AAPL/bars?interval=1d&start=2014-01-01&end=2014-02-01")
    assert bars.status == 200, bars
    assert len(bars.json()["close"]) > 15, bars
    address = "/api/v1/sentiment/AAPL/series?interval=1d&start=2014-01-01&end=2016-04-01"

    def scored() -> bool:
        answer = stack.ask(address)
        assert answer.status == 200, answer
        return sum(answer.json()["posts"]) > 0

    until("posts are scored", PATIENCE_S, scored)
    assert stack.ask("/api/v1/stocks?q=apple").json()["items"], "search"
    refused = stack.ask(
        "/api/v1/users/token", method="POST", body=b"username=a%40example.com&password=not-the-one",
        Content_Type="application/x-www-form-urlencoded",
    )  # fmt: skip
    assert refused.status in (400, 401), refused


def _walls(stack: Stack) -> None:
    """What the gateway lets through, and what it does not."""
    answer = stack.ask("/api/v1/stocks/AAPL", X_Request_ID="mine-4711")
    assert answer.headers["x-request-id"] == "mine-4711"
    assert "strict-transport-security" in answer.headers
    trace = "0af7651916cd43dd8448eb211c80319c"
    assert (
        stack.ask("/api/v1/stocks/AAPL", traceparent=f"00-{trace}-b7ad6b7169203331-01").headers["x-request-id"] == trace
    )
    assert stack.ask("/metrics").status == 404
    assert stack.ask("/api/v1/operations/backups").status == 401
    assert stack.ask("/api/v1/operations/backups", Authorization="Bearer nonsense").status == 401, "it is passed on"
    assert stack.ask("/api/health", port=stack.operators).status == 401, "Prefect asks nobody, so the gateway does"
    large = stack.ask(
        "/api/v1/sentiment/analyze", method="POST", body=b"x" * 1_200_000, Content_Type="application/json"
    )
    assert large.status == 413, large
    found: list[dict[str, Any]] = []

    def written() -> bool:
        said = stack.compose("logs", "--no-log-prefix", "--no-color", "gateway").splitlines()
        # Compose puts a terminal's control characters before each line
        lines = (json.loads(one[one.index("{") :]) for one in said if '"request_id"' in one)
        found[:] = [line for line in lines if line["request_id"] == "mine-4711"][:1]
        return bool(found)

    until("the gateway's line is there", PATIENCE_S, written)
    [mine] = found
    assert (mine["service"], mine["method"], mine["path"], mine["status"]) == (
        "gateway",
        "GET",
        "/api/v1/stocks/AAPL",
        200,
    )
    assert isinstance(mine["duration_ms"], int)
    # at once, for one after the other a busy machine may well keep the limit
    with ThreadPoolExecutor(60) as crowd:
        floods = list(
            crowd.map(lambda _: stack.ask("/api/v1/users/token", method="POST", body=b"x=1").status, range(60))
        )
    assert 429 in floods, floods


def _killed(stack: Stack, told: dict[str, float]) -> None:
    """The process is killed as the kernel would for want of memory: Docker does not know that somebody meant it."""
    for name, one in sorted(stack.containers().items()):
        if not one["State"]["Running"]:
            continue
        with timed(f"{name} killed, and back", told):
            _kill(stack.image, one["State"]["Pid"])
            until(f"{name} is back", PATIENCE_S, lambda name=name, one=one: _is_back(stack, name, one))
    with timed("all answers after that", told):
        until("everything is well", PATIENCE_S, lambda: all(map(_is_well, stack.containers().values())))
        until("answers", PATIENCE_S, lambda: stack.ask("/api/v1/stocks/AAPL/bars?start=2014-01-01").status == 200)
        _answers(stack)


def _kill(image: str, pid: int) -> None:
    end = ("--entrypoint", "sh", image, "-c", f"kill -9 {pid}")
    docker("run", "--rm", "--network", "none", "--pid", "host", "--user", "0", *end)


def _is_back(stack: Stack, name: str, before: dict[str, Any]) -> bool:
    now = stack.containers()[name]
    return now["State"]["StartedAt"] != before["State"]["StartedAt"] and _is_well(now)


def _is_well(one: dict[str, Any]) -> bool:
    """A container that ran once and is done is well, too."""
    state = one["State"]
    if not state["Running"]:
        return bool(state["ExitCode"] == 0 and one["Name"].endswith(("-migrate-1", "-record-deployments-1")))
    return bool(state.get("Health", {}).get("Status", "healthy") == "healthy")


def _stopped(stack: Stack) -> None:
    """Each service ends by itself when asked to, before it would be killed."""
    for service in ("api-stocks", "api-users", "worker-collect", "worker-backup", "prefect", "archive"):
        begun = monotonic()
        stack.compose("stop", "--timeout", "60", service)
        code = next(
            one["State"]["ExitCode"] for name, one in stack.containers().items() if name.startswith(f"{service}-")
        )
        click.echo(f"{monotonic() - begun:7.1f} s  {service} stopped, exit code {code}")
        assert code in (0, 143), f"{service} ended with {code}"


if __name__ == "__main__":
    main()
