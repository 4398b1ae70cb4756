"""What a person wants of a rescoring, read strictly, and what he should know of it. It scores nothing."""

from collections.abc import Sequence

from lib.db.scoring.rescoring import Rescoring
from lib.errors import ConfigurationError
from lib.scoring.registry import get_scorer
from lib.settings import Settings
from lib.written_times import moment_of


def wanted(
    scorer: str,
    start: str | None,
    end: str | None,
    sources: Sequence[str] | None,
    scored_before: str | None,
    *,
    shard_size: int,
) -> Rescoring:
    """Raises UnknownScorer, and ConfigurationError for what cannot be meant."""
    get_scorer(scorer)
    if shard_size < 1:
        raise ConfigurationError(f"shard_size is {shard_size}: it must be 1 or more.", hint="Leave it out.")
    since = None if start is None else moment_of("start", start, last=False)
    until = None if end is None else moment_of("end", end, last=True)
    if since is not None and until is not None and not since < until:
        raise ConfigurationError(f"The range from {start} to {end} is empty.", hint="The start must be before the end.")
    return Rescoring(
        scorer=scorer,
        start=since,
        end=until,
        sources=None if sources is None else tuple(sources),
        scored_before=None if scored_before is None else moment_of("scored_before", scored_before, last=False),
    )


def advice(settings: Settings, work: Rescoring, failures: Sequence[Exception]) -> list[str]:
    """Sentences on what a person should do next."""
    lines = []
    if failures:
        lines.append(f"{len(failures)} shards failed ({failures[0]}): run it again, it does the rest.")
        if work.scored_before is not None:
            lines.append(f"With scored_before={work.scored_before.isoformat()} instead of again.")
    if work.scorer not in settings.scorers:
        lines.append(
            f"{work.scorer} is neither INSITECHART_SCORER nor in INSITECHART_SCORERS_BESIDE: posts that come or change "
            "from now on are not scored by it."
        )
    return lines
