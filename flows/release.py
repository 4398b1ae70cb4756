"""Blue-green as a flow: each step a task with its table, and how it ended told. It does not know how a step is done
(lib/release does), and a dry run, which is the default, only reads.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event
from prefect.runtime import flow_run

from flows.support.artifacts import table_artifact
from lib.domain.releases import Kind, Rules, sentence
from lib.errors import ConfigurationError, InsiteChartError, ReleaseRefused
from lib.notify import Notifier
from lib.release.cluster import open_cluster
from lib.release.conduct import Wanted, carry_out
from lib.release.planning import plan
from lib.release.step import Done, StepFailed
from lib.release.words import SERVICES, host_among
from lib.settings import Settings, load_settings


def _run_name() -> str:
    given = flow_run.parameters
    words = "roll back" if given.get("back") else f"release {given.get('image') or 'what broke off'}"
    return f"{words} (dry run)" if given.get("dry_run", True) else words


# what fails ends the release, and the way back is a step of its own: nothing is repeated here
@task(task_run_name="{name}", cache_policy=NO_CACHE)
async def step(name: str, work: Callable[[], Awaitable[Done]]) -> Done:
    """One step of a release, with what it found as a table, also where it fails."""
    key = f"release-{re.sub('[^a-z]+', '-', name.lower())}"
    try:
        done = await work()
    except StepFailed as error:
        await table_artifact(key, error.rows, str(error))
        raise
    except InsiteChartError as error:
        await table_artifact(key, [{"what": str(error), "do": error.hint}], str(error))
        raise
    get_run_logger().info(done.said)
    await table_artifact(key, done.rows, done.said)
    return done


@flow(name="release", flow_run_name=_run_name)
async def release(
    image: str = "",
    back: bool = False,
    dry_run: bool = True,
    namespace: str = "",
    services: list[str] | None = None,
    rules: dict[str, float] | None = None,
) -> dict[str, Any]:
    """Brings `image` into use without an interruption, or shows the steps of that (dry_run); without one it ends a
    release that broke off. `back` returns to the version before instead.

    `namespace` is the one that the run lives in where it is empty; `rules` are what the new version is held to, such as
    {"watch_s": 60}. Returns how it ended. Raises ConfigurationError for a rule that is none, ReleaseRefused where
    nothing is begun, ReleaseFailed where the new version was taken back, ClusterAway or ReleaseLost where a further run
    has to end it.
    """
    settings = load_settings()
    kind: Kind = "rollback" if back else "release"
    wanted = Wanted(kind, image, tuple(services or SERVICES), host_among(settings.allowed_hosts), _rules(rules or {}))
    async with open_cluster(namespace, patience_s=300) as cluster:
        if dry_run:
            done = await step("plan", lambda: plan(cluster, wanted))
            return {"dry_run": True, "said": done.said, "steps": done.rows}
        try:
            ended = await carry_out(cluster, wanted, f"flow run {flow_run.name} ({flow_run.id})", step)
        except ReleaseRefused:
            # whoever asked hears of it; nothing has happened
            raise
        except InsiteChartError as error:
            await _tell(settings, False, "A release failed", f"{error} {error.hint}".strip())
            raise
    said = sentence(ended)
    get_run_logger().info(said)
    await _tell(settings, True, "A release ended", said)
    return {"dry_run": False, "outcome": ended.outcome, "image": ended.image, "colour": ended.colour, "said": said}


def _rules(given: dict[str, float]) -> Rules:
    try:
        return msgspec.convert(given, Rules, strict=False)
    except msgspec.ValidationError as error:
        known = ", ".join(Rules.__struct_fields__)
        raise ConfigurationError(f"The rules cannot be used: {error}.", hint=f"There are: {known}.") from None


async def _tell(settings: Settings, ok: bool, title: str, said: str) -> None:
    emit_event(
        f"insitechart.release.{'kept' if ok else 'failed'}",
        resource={"prefect.resource.id": "insitechart.release", "prefect.resource.name": "release"},
        payload={"what": said},
    )
    try:
        # told without the database, which may be what the release has broken
        await Notifier(settings).tell("release", "info" if ok else "failed", title, said)
    except ConfigurationError as error:
        get_run_logger().error("Nobody can be told: %s", error)
