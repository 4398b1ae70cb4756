"""Ports for the platform: free ones, and who sits on one that is not. It does not know what will listen on them."""

import errno

import psutil

from lib.errors import PlatformError
from lib.ports import bound_port, free_port


def choose_port(host: str, wanted: int, *, what: str, option: str) -> int:
    """`wanted` if free on `host`; any free one for 0. Raises PlatformError naming port, who has it, `option`."""
    try:
        return bound_port(host, wanted) if wanted else free_port(host)
    except OSError as error:
        raise _refusal(host, wanted, what, option, error) from error


def _refusal(host: str, port: int, what: str, option: str, error: OSError) -> PlatformError:
    variable = f"INSITECHART_{option.removeprefix('--').replace('-', '_').upper()}"
    if error.errno == errno.EADDRINUSE:
        return PlatformError(
            f"Port {port}, which {what} needs, is taken by {_listener(port)}.",
            hint=f"Stop it, or take another port: {option} {port + 1} (or {variable}={port + 1}; 0 takes a free one).",
        )
    if error.errno == errno.EACCES:
        return PlatformError(
            f"Port {port}, which {what} needs, is reserved for root.", hint=f"Take one above 1023: {option} 8000."
        )
    return PlatformError(
        f"{what} cannot listen on {host}:{port}: {error.strerror or error}.",
        hint=f"Check INSITECHART_API_HOST and {variable}.",
    )


def _listener(port: int) -> str:
    try:
        for connection in psutil.net_connections(kind="tcp"):
            local = connection.laddr
            if connection.status == psutil.CONN_LISTEN and connection.pid and local and local.port == port:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        return "another program (who, only root may see)"
    return "another program (of another user)"
