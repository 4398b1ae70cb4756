"""What an operator lets webhooks reach. It does not know any single webhook."""

from typing import NamedTuple

from lib.errors import ConfigurationError
from lib.settings import Settings
from lib.webhooks.addresses import Address, Network, is_public, lies_in, read_network

_HTTP_PORT = 80


class Wall(NamedTuple):
    """Ports that may be reached, and the hosts and networks that may be although they are not public. `is_http_open` is
    for development: it lets everybody on the way read what is sent.
    """

    ports: frozenset[int] = frozenset({443, 8443})
    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    is_http_open: bool = False

    def lets_port(self, scheme: str, port: int) -> bool:
        """Whether `port` may be reached with `scheme`, which is https or http."""
        if scheme == "http":
            return self.is_http_open and (port == _HTTP_PORT or port in self.ports)
        return port in self.ports

    def lets(self, host: str, address: Address) -> bool:
        """Whether `address` may be reached under the name `host` (lower case, no dot at the end)."""
        return is_public(address) or host in self.hosts or lies_in(address, self.networks)


def wall_of(settings: Settings) -> Wall:
    """The wall of this installation. Raises ConfigurationError for a port that is none, and in production for http."""
    if settings.webhook_http and settings.environment == "production":
        raise ConfigurationError(
            "In production no webhook goes out in the open.", hint="Unset INSITECHART_WEBHOOK_HTTP."
        )
    networks: list[Network] = []
    hosts: set[str] = set()
    for text in settings.webhook_allow:
        network = read_network(text)
        if network is None:
            hosts.add(text.lower().rstrip("."))
        else:
            networks.append(network)
    try:
        ports = frozenset(int(port) for port in settings.webhook_ports)
    except ValueError:
        raise ConfigurationError(
            f"INSITECHART_WEBHOOK_PORTS holds something else than ports: {', '.join(settings.webhook_ports)[:80]}.",
            hint="Say 443,8443, for one.",
        ) from None
    return Wall(ports, frozenset(hosts), tuple(networks), settings.webhook_http)
