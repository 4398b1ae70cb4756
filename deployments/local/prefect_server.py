"""How the embedded Prefect server is set up, told by environment alone: quiet, small, and all of it in one folder.

It does not import Prefect, which takes seconds; nor does it start anything.
"""

import json
from datetime import datetime
from importlib import metadata
from pathlib import Path

from deployments.local.probe import fetch

# events outnumber all else by far, and nothing here looks back further than a day
_EVENT_DAYS = 2

# who serves the flows asks for all deployments at once; one is enough to see it, and a hundred times cheaper than all
SERVED = "score-posts/default"


def prefect_environment(folder: Path, port: int, history_days: int) -> dict[str, str]:
    """PREFECT_* for a server on `port` that keeps everything in `folder` and finished runs for `history_days` days."""
    environment = {
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{folder / 'prefect.db'}",
        # nobody is told that it runs
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        # at /api/metrics
        "PREFECT_SERVER_METRICS_ENABLED": "true",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        # the page asks whichever address it was opened at, also through a tunnel; no foreign page may ask
        "PREFECT_SERVER_UI_API_URL": "/api",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"http://127.0.0.1:{port},http://localhost:{port}",
        # by default the page's files are copied into the installed package, which may belong to somebody else
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(folder / "ui"),
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": f"P{min(history_days, _EVENT_DAYS)}D",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": f"P{history_days}D",
        # to find out whether block types have changed it would load every integration there is, at each start
        "PREFECT_SERVER_MEMOIZE_BLOCK_AUTO_REGISTRATION": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
        "PREFECT__SERVER_FINAL": "1",
    }
    if is_prepared(folder) and _prepared_file(folder).read_text(encoding="utf-8") == _fingerprint(folder):
        # looking for schema changes and block types takes seconds, and would find nothing
        environment |= {
            "PREFECT_SERVER_DATABASE_MIGRATE_ON_START": "false",
            "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
        }
    return environment


def remember_prepared(folder: Path) -> None:
    """The server in `folder` became ready: with the same packages and database it need not prepare again."""
    _prepared_file(folder).write_text(_fingerprint(folder), encoding="utf-8")


async def deployments_polled(port: int, since: datetime) -> bool:
    """True once whoever serves the flows asked for due runs after `since` (UTC), which it does last of all."""
    status, body = await fetch("127.0.0.1", port, f"/api/deployments/name/{SERVED}")
    if status != 200:
        return False
    moment = json.loads(body).get("last_polled")
    return moment is not None and datetime.fromisoformat(moment) >= since


def is_prepared(folder: Path) -> bool:
    """Whether a server was ready in `folder` before; a new one knows no deployment."""
    return _prepared_file(folder).exists()


def _prepared_file(folder: Path) -> Path:
    return folder / "prepared"


def _fingerprint(folder: Path) -> str:
    # the packages that bring block types are those that name themselves in this group
    collections = {point.dist.name for point in metadata.entry_points(group="prefect.collections") if point.dist}
    versions = [f"{name}=={metadata.version(name)}" for name in sorted({"prefect", *collections})]
    database = folder / "prefect.db"
    return "\n".join([*versions, f"inode {database.stat().st_ino if database.exists() else 0}"])
