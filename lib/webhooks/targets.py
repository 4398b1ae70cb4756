"""Reads the address of a webhook, strictly: what two programs could read differently is refused. It asks no resolver.

A host is a name of at least two parts, or an address in the one usual spelling. Numbers in other bases, short forms and
everything else that some libraries take for an address is none here.
"""

import re
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

import idna

from lib.errors import TargetRefused
from lib.webhooks.addresses import Address
from lib.webhooks.wall import Wall

LONGEST = 2000
NOT_PUBLIC = "The host does not lead to the public internet."

_PORTS = {"https": 443, "http": 80}

_URL = re.compile(r"([A-Za-z]+)://([^/?#]*)((?:/[^?#]*)?(?:\?[^#]*)?)")
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@%]+)(?::([0-9]{1,5}))?")
_PATH = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class Target(NamedTuple):
    """Where a webhook goes. `host` is a name in ASCII and lower case, or an address without brackets; `path` begins
    with / and has the query.
    """

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None = None

    @property
    def host_header(self) -> str:
        """As HTTP wants it: brackets around an IPv6 address, the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The one spelling of this target."""
        return f"{self.scheme}://{self.host_header}{self.path}"


def read_target(url: str, wall: Wall) -> Target:
    """`url` as a target that `wall` may let through, whatever its name will turn out to mean. Raises TargetRefused."""
    if len(url) > LONGEST:
        raise _refused(f"The address is longer than {LONGEST} characters.")
    if any(ord(sign) <= 32 or ord(sign) == 127 or sign == "\\" for sign in url):
        raise _refused("The address has a space, a control character or a backslash in it.")
    found = _URL.fullmatch(url)
    if found is None:
        raise _refused("The address is not a URL, or has a part after #.")
    scheme, authority, path = found[1].lower(), found[2], found[3]
    if scheme not in _PORTS or (scheme == "http" and not wall.is_http_open):
        raise _refused("The address does not begin with https://.")
    if "@" in authority:
        raise _refused("The address has a user name in it.")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise _refused("The address has no host, or one that cannot be read.")
    port = int(parts[2]) if parts[2] else _PORTS[scheme]
    if not wall.lets_port(scheme, port):
        raise _refused(f"The port {port} is not open to webhooks.")
    if not _PATH.fullmatch(path):
        raise _refused("The path has signs in it that must be percent-encoded.")
    host, address = _host(parts[1])
    if address is None and "." not in host and host not in wall.hosts:
        raise _refused("The host is not a name on the internet.")
    if address is not None and not wall.lets(host, address):
        raise refused_address()
    path = path if path.startswith("/") else f"/{path}"
    return Target(scheme, host, port, path, address)


def refused_address() -> TargetRefused:
    """What is said of every address that is not open, whatever lies behind it, and of a name without any: which names
    a network of the operator's knows is nobody's business.
    """
    return TargetRefused(
        NOT_PUBLIC,
        hint="An operator can allow a host or a network: INSITECHART_WEBHOOK_ALLOW.",
    )


def _host(text: str) -> tuple[str, Address | None]:
    if text.startswith("["):
        try:
            six = IPv6Address(text[1:-1])
        except ValueError:
            raise _refused("The host is not an IPv6 address.") from None
        return str(six), six
    name = _ascii_name(text)
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        # a name never ends in a number, so this is an address: in dotted decimal, or in a spelling meant to deceive
        try:
            four = IPv4Address(name)
        except ValueError:
            raise _refused("The host is a number, but not an IPv4 address such as 192.0.2.1.") from None
        return str(four), four
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused("The host is not a name that can exist.")
    return name, None


def _ascii_name(text: str) -> str:
    """Lower case and Punycode, without the dot that may end a full name."""
    try:
        name = text.lower() if text.isascii() else idna.encode(text, uts46=True).decode("ascii").lower()
        for label in name.split("."):
            if label.startswith("xn--"):
                idna.decode(label)
    except (idna.IDNAError, UnicodeError):
        raise _refused("The host is not a name that can exist.") from None
    return name.removesuffix(".")


def _refused(message: str) -> TargetRefused:
    return TargetRefused(message, hint="Accepted: an address such as https://hooks.example.com/stocks.")
