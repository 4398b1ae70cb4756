"""Tells people what Prefect noticed about its own runs: one that failed, is late, or vanished; automations ask for it.

What was told within the last hour is not told again, and what is over by now not at all. It needs Prefect alone, for
the database may be what is wrong.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterStartTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
)
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run
from prefect.states import Completed

from lib.errors import PlatformError
from lib.notify import Notifier
from lib.settings import load_settings

_AGAIN = timedelta(hours=1)
_TOLD = "Told"
_RUN = "prefect.flow-run."


def _run_name() -> str:
    return f"tell: {flow_run.parameters.get('title')}"


@task(task_run_name="tell people", cache_policy=NO_CACHE, retries=3, retry_delay_seconds=20)
async def tell_people(notifier: Notifier, title: str, body: str) -> None:
    """Tells everybody. Raises PlatformError where somebody is to be told, and nobody could be."""
    if not await notifier.tell("flow runs", "failed", title, body):
        raise PlatformError("Nobody could be told.", hint="See INSITECHART_NOTIFY_URLS, and the log of this run.")


@flow(name="tell", flow_run_name=_run_name)
async def tell(title: str, run: str = "", still: str = "", told_elsewhere: list[str] | None = None) -> State[None]:
    """Tells `title` with what there is to say of `run`, the resource of a flow run (`prefect.flow-run.ID`).

    With `still` only if the run is in a state of that name now. Runs of the flows `told_elsewhere` are left out.
    Ends as Told, or as Over or Known where there was nothing to tell.

    Raises ConfigurationError for addresses that are none, PlatformError where nobody could be told.
    """
    notifier = Notifier(load_settings())
    about = ""
    async with get_client() as client:
        if run:
            found = await _read(client, run)
            if found is None or (still and (found.state is None or found.state.name != still)):
                return Completed(name="Over", message="It is over by now.")
            about = (await client.read_flow(found.flow_id)).name
            if about in (told_elsewhere or []):
                return Completed(name="Known", message=f"Runs of {about} have an alarm of their own.")
            body = said(found, about)
        else:
            body = ""
        subject = f"{title} {about}".strip()
        if await _told_before(client, subject):
            return Completed(name="Known", message="It was told within the last hour.")
        await tell_people(notifier, subject if about else title, body)
        get_run_logger().info("%s %s", subject, body)
    return Completed(name=_TOLD, message=subject)


def said(found: FlowRun, flow_name: str) -> str:
    """What there is to say of a run, in one line."""
    state = found.state
    word = "in no state" if state is None else state.name
    message = f": {state.message}" if state is not None and state.message else ""
    planned = f", planned for {found.expected_start_time:%Y-%m-%d %H:%M:%S} UTC" if found.expected_start_time else ""
    return f"{flow_name}, run {found.name!r} ({found.id}){planned} is {word}{message}"


async def _read(client: PrefectClient, run: str) -> FlowRun | None:
    try:
        return await client.read_flow_run(UUID(run.removeprefix(_RUN)))
    except ObjectNotFound:
        return None


async def _told_before(client: PrefectClient, subject: str) -> bool:
    told = await client.read_flow_runs(
        flow_filter=FlowFilter(name=FlowFilterName(any_=["tell"])),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(name=FlowRunFilterStateName(any_=[_TOLD])),
            start_time=FlowRunFilterStartTime.model_validate({"after_": datetime.now(UTC) - _AGAIN}),
        ),
    )
    return any(one.state is not None and one.state.message == subject for one in told)
