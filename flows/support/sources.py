"""Which sources a run is about. It does not open any."""

from collections.abc import Sequence

from lib.collect.opening import configured, why_not
from lib.errors import ConfigurationError
from lib.settings import Settings
from lib.sources.registry import declaration


def checked(sources: Sequence[str] | None, settings: Settings) -> list[str]:
    """`sources`, each once, or all that are configured. Raises ConfigurationError for one that cannot be asked."""
    if sources is None:
        return [declared.name for declared in configured(settings)]
    for name in sources:
        reason = why_not(declaration(name), settings)
        if reason is not None:
            raise ConfigurationError(reason, hint="`insitechart sources` shows what each source needs.")
    return list(dict.fromkeys(sources))
