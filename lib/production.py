"""What a production start refuses: settings that are safe on one's own machine alone. It reads no setting by itself."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from lib.domain.networks import EVERYWHERE, parse_address
from lib.errors import ConfigurationError, InsiteChartError
from lib.keyring.ring import keys_file, load_keyring
from lib.settings import Settings

_ANY_NETWORK = (EVERYWHERE, "0.0.0.0/0", "::/0")


def refusals(settings: Settings) -> list[str]:
    """A sentence for each thing that keeps `settings` from production, with what to set; empty where none does, and in
    development.
    """
    return list(_unsafe(settings)) if settings.environment == "production" else []


def require_safe(settings: Settings) -> None:
    """Raises ConfigurationError that names everything at once, where `refusals` has any."""
    found = refusals(settings)
    if found:
        raise ConfigurationError(
            f"This is no start for production: {' '.join(found)}",
            hint="Correct it, or set INSITECHART_ENVIRONMENT=development on your own machine; "
            "`insitechart config --check` says the same.",
        )


def _unsafe(settings: Settings) -> Iterator[str]:
    if settings.database_url is None:
        yield "There is no database: set INSITECHART_DATABASE_URL; the embedded one is for development."
    yield from _without_keys(settings)
    if not settings.allowed_hosts:
        yield "No host names are allowed: set INSITECHART_ALLOWED_HOSTS to the names that clients use."
    elif EVERYWHERE in settings.allowed_hosts:
        yield "Every host name is allowed: name those that clients use in INSITECHART_ALLOWED_HOSTS instead of *."
    if EVERYWHERE in settings.cors_origins:
        yield "Every web page may read the API: name the pages in INSITECHART_CORS_ORIGINS instead of *."
    if any(network in _ANY_NETWORK for network in settings.trusted_proxies):
        yield "Everyone is a trusted proxy: name your own in INSITECHART_TRUSTED_PROXIES."
    if any(network in _ANY_NETWORK for network in settings.operations_from):
        yield "/operations and /metrics answer to every address: name networks in INSITECHART_OPERATIONS_FROM."
    if "users" in settings.services and settings.public_url is None:
        yield "Mailed links lead nowhere: set INSITECHART_PUBLIC_URL to where people reach this installation, https://…."
    if settings.public_url is not None and settings.public_url.startswith("http://") and not _at_home(settings):
        yield "Mailed links would travel in the open: INSITECHART_PUBLIC_URL must begin with https://."
    if settings.webhook_http:
        yield "Webhooks may go out in the open: unset INSITECHART_WEBHOOK_HTTP."
    if any(network in _ANY_NETWORK for network in settings.webhook_allow):
        yield "Webhooks may reach every address: name hosts and networks of your own in INSITECHART_WEBHOOK_ALLOW."


def _without_keys(settings: Settings) -> Iterator[str]:
    try:
        if settings.secret_keys is None and settings.secret_keys_file is None:
            yield "There are no secret keys: set INSITECHART_SECRET_KEYS or INSITECHART_SECRET_KEYS_FILE."
        else:
            keys_file(settings)
            load_keyring(settings)
    except InsiteChartError as error:
        yield str(error)


def _at_home(settings: Settings) -> bool:
    host = urlsplit(settings.public_url or "").hostname or ""
    address = parse_address(host)
    return host == "localhost" or (address is not None and address.is_loopback)
