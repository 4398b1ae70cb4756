"""Ports that nobody uses. It does not know what will listen on them."""

import random
import socket

# systems give out ports above these to whoever connects, so that one that is free now may be taken before it is used
_QUIET = range(20_000, 32_000)
_TRIES = 50


def free_port(host: str = "127.0.0.1") -> int:
    """A port on which nobody listens at `host` now, and which no connection will be given meanwhile where that can be.

    Raises OSError for a host at which nobody can listen.
    """
    for candidate in random.sample(_QUIET, _TRIES):
        try:
            return bound_port(host, candidate)
        except OSError:
            continue
    return bound_port(host, 0)


def bound_port(host: str, port: int) -> int:
    """`port`, on which somebody could listen at `host` now; any for 0. Raises OSError where nobody can."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # as servers themselves do it: a connection that lingers from the last run does not count
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        probe.listen()
        return int(probe.getsockname()[1])
