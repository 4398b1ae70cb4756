"""How a webhook is signed: HMAC-SHA256 over its time and its body. It does not know where secrets come from.

Whoever receives one makes the same signature with the secret that the owner was shown, and compares.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

ID = "InsiteChart-Id"
TIMESTAMP = "InsiteChart-Timestamp"
SIGNATURE = "InsiteChart-Signature"

_PREFIX = "whsec_"


def secret_text(key: bytes) -> str:
    """`key` as owners are shown it. The text itself, in ASCII, is what signs."""
    return _PREFIX + base64.urlsafe_b64encode(key).rstrip(b"=").decode()


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 over `timestamp` (seconds since 1970), a full stop and `body`, in hexadecimal."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def signed_headers(delivery_id: str, at: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The headers of `body`, sent at `at` (UTC), with a signature by each of `secrets`."""
    timestamp = int(at.timestamp())
    return {
        ID: delivery_id,
        TIMESTAMP: str(timestamp),
        SIGNATURE: ",".join(f"v1={signature(secret, timestamp, body)}" for secret in secrets),
    }
