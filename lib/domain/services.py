"""The services that one process may serve, alone or together. It does not know how they are served."""

from collections.abc import Iterable
from typing import Literal, TypeAlias, get_args

Service: TypeAlias = Literal["stocks", "sentiment", "users", "operations"]

SERVICES: tuple[Service, ...] = get_args(Service)
ALL = "all"


def parse_services(names: Iterable[str]) -> tuple[Service, ...]:
    """The services of `names`, in their own order; `all` is every one. Raises ValueError for another name, and for none
    at all.

    >>> parse_services(["users", "stocks"])
    ('stocks', 'users')
    """
    given = {name.lower() for name in names}
    unknown = given - {ALL, *SERVICES}
    if unknown or not given:
        raise ValueError(f"{', '.join(sorted(unknown)) or 'nothing'} is no service: {', '.join(SERVICES)}, or all")
    return tuple(service for service in SERVICES if service in given or ALL in given)
