"""Looks whether a Dask cluster can do our work before any is sent there. It does not send any.

What is asked of the workers is sent to them whole, so that one without our package can answer, too.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from distributed import Client

from lib.errors import ConfigurationError

_PATIENCE_S = 10

Told: TypeAlias = dict[str, str]

# what must be the same here and there: scores of one scorer must not depend on who computed them
_MEANING = {
    "python": "Python",
    "insitechart": "InsiteChart",
    "prefect": "Prefect",
    "code": "InsiteChart's code",
}


def checked_threads(address: str) -> int:
    """How many tasks the cluster at `address` does at once.

    Raises ConfigurationError where it cannot be reached, has no worker, or has one without our package or with another
    version of it, of Prefect or of Python.
    """
    with _connected(address) as client:
        workers: Mapping[str, Mapping[str, Any]] = client.scheduler_info(n_workers=-1)["workers"]
        if not workers:
            raise ConfigurationError(
                f"The Dask cluster at {address} has no worker.", hint=f"Start one: dask worker {address}"
            )
        # by themselves first: code for another Python could not even be read there
        _compare({name: {"python": _minor(told)} for name, told in _versions(client).items()})
        _compare(client.run(teller()))
        return sum(worker["nthreads"] for worker in workers.values())


def _connected(address: str) -> Client:
    try:
        return Client(address, timeout=_PATIENCE_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ConfigurationError(
            f"The Dask scheduler at {address[:200]} cannot be reached: {str(error)[:300]}.",
            hint="Check INSITECHART_DASK_ADDRESS (tcp://host:port, or tls://…) and that the scheduler runs.",
        ) from error


def _versions(client: Client) -> Mapping[str, Mapping[str, Any]]:
    told: Any = client.get_versions()
    found: Mapping[str, Mapping[str, Any]] = told["workers"]
    return found


def _minor(told: Mapping[str, Any]) -> str:
    return ".".join(str(told["host"]["python"]).split(".")[:2])


def _compare(workers: Mapping[str, Told]) -> None:
    here = {"python": f"{sys.version_info.major}.{sys.version_info.minor}", **teller()()}
    for name, there in workers.items():
        for key, value in there.items():
            if value == here[key]:
                continue
            wrong = f"has {_MEANING[key]} {value}, not {here[key]}" if value else f"lacks {_MEANING[key]}"
            raise ConfigurationError(
                f"The Dask worker {name} {wrong}.",
                hint="Install on every worker what is installed here, and start the workers anew.",
            )


def teller() -> Callable[[], Told]:
    """A function that tells what is installed where it runs; an empty text says that it is not."""

    def tell() -> Told:
        # everything it needs it brings along or finds in the standard library
        import hashlib
        from importlib.metadata import PackageNotFoundError, version
        from importlib.util import find_spec
        from pathlib import Path

        def installed(name: str) -> str:
            try:
                return version(name)
            except PackageNotFoundError:
                return ""

        digest = hashlib.sha256()
        spec = find_spec("lib")
        for folder in spec.submodule_search_locations or () if spec else ():
            for file in sorted(Path(folder).rglob("*")):
                if file.is_file() and "__pycache__" not in file.parts:
                    digest.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
        return {
            "insitechart": installed("insitechart"),
            "prefect": installed("prefect"),
            "code": digest.hexdigest()[:12],
        }

    return tell
