"""`python -m deployments.tell STATE TITLE [BODY]`: tells everybody whom INSITECHART_NOTIFY_URLS names. STATE is ok,
failed or info. It does not know about what; the pipeline tells of releases by it.
"""

import asyncio
import sys
from typing import get_args

from lib.errors import ConfigurationError
from lib.logs import configure_logs
from lib.notify import Notifier, State
from lib.settings import load_settings


def main(arguments: list[str]) -> str | None:
    """Tells it. Returns None, or a sentence for a person where nobody heard it."""
    if len(arguments) not in (2, 3) or arguments[0] not in get_args(State):
        return "Say what to tell: python -m deployments.tell ok|failed|info TITLE [BODY]"
    state: State = arguments[0]  # type: ignore[assignment]
    title, body = arguments[1], arguments[2] if len(arguments) == 3 else ""
    try:
        settings = load_settings()
        configure_logs(settings.log_level, settings.log_format, service="tell")
        heard = asyncio.run(Notifier(settings).tell("release", state, title, body))
    except ConfigurationError as error:
        return f"{error}\n{error.hint}"
    return None if heard else "Nobody could be told."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
