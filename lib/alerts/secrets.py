"""The secrets that sign webhooks: derived from the keyring whenever they are needed, and kept nowhere.

Each alert has its own, and a new one with each rotation. A key that leaves the keyring takes the secrets with it that
were derived from it.
"""

from uuid import UUID

from lib.db.alerts.deliveries import Secret
from lib.keyring.ring import Keyring
from lib.webhooks.signing import secret_text


def secret_of(keyring: Keyring, alert_id: UUID, secret: Secret) -> str | None:
    """The secret as its owner was shown it, or None where its key is gone."""
    key = keyring.get(secret.key_id)
    if key is None:
        return None
    return secret_text(key.derived("alert-webhooks", f"{alert_id}/{secret.generation}".encode()))
