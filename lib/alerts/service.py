"""What everything about alerts works with, opened as one. It does not know HTTP, flows, or who calls it."""

from lib.alerts.deliver import Courier
from lib.db.pool import Pool
from lib.errors import ConfigurationError
from lib.keyring.ring import Keyring
from lib.settings import Settings
from lib.webhooks.sending import Sender, trust
from lib.webhooks.wall import Wall, wall_of


class Alerts:
    """The pool, the keys behind secrets, what webhooks may reach, and who delivers."""

    def __init__(self, pool: Pool, keyring: Keyring, wall: Wall, courier: Courier) -> None:
        self.pool = pool
        self.keyring = keyring
        self.wall = wall
        self.courier = courier


def open_alerts(pool: Pool, settings: Settings, keyring: Keyring) -> Alerts:
    """As an operator has set it. Raises ConfigurationError for ports or a file of certificates that cannot be used."""
    wall = wall_of(settings)
    try:
        trusted = trust(settings.webhook_ca_file)
    except OSError as error:
        raise ConfigurationError(
            f"The certificates in {settings.webhook_ca_file} cannot be used: {error.strerror or error}.",
            hint="INSITECHART_WEBHOOK_CA_FILE is a file of certificates in PEM.",
        ) from None
    sender = Sender(wall, timeout_s=settings.webhook_timeout_s, trusted=trusted)
    return Alerts(pool, keyring, wall, Courier(pool, sender, keyring))
