"""What tests of deliveries look at: signatures, mails, and time that passes."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from lib.db.pool import Pool
from lib.keyring.keys import new_key
from tests.servers.webhook import Receiver

KEY, OLD_KEY = new_key(datetime(2026, 3, 1, tzinfo=UTC)), new_key(datetime(2026, 2, 1, tzinfo=UTC))
LONG_AGO = datetime(2026, 3, 4, tzinfo=UTC)


def url(receiver: Receiver, path: str = "/") -> str:
    return f"https://hooks.example:{receiver.port}{path}"


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=20)


async def fall_due(pool: Pool) -> None:
    """As if all waits, and all leases, were over."""
    await pool.execute(
        "UPDATE alert_deliveries SET next_try_at = $1, leased_until = NULL WHERE state = 'waiting'", LONG_AGO
    )


async def mails(pool: Pool) -> list[dict[str, Any]]:
    rows = await pool.fetch("SELECT template, address, locale, content::text AS content FROM mails ORDER BY id")
    return [dict(row) | {"content": json.loads(row["content"])} for row in rows]


def answering(*statuses: int) -> Any:
    """Answers with one status after the other, the last for ever."""
    left = list(statuses)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=left.pop(0) if len(left) > 1 else left[0])

    return answer


def is_signed(receiver: Receiver, secret: str, *, place: int = 0) -> bool:
    found = receiver.received[place]
    signed = f"{found.headers['InsiteChart-Timestamp']}.".encode() + found.body
    wanted = "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return wanted in found.headers["InsiteChart-Signature"].split(",")
