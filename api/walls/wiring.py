"""From settings to walls. It does not know what they do."""

from api.walls.cors import Cors
from api.walls.hosts import AllowedHosts
from api.walls.limits import Budgets, budgets
from api.walls.outer import Rules
from lib.domain.networks import Networks
from lib.settings import Settings


def rules_of(settings: Settings) -> Rules:
    """What the outer walls hold to."""
    return Rules(
        hosts=AllowedHosts(settings.allowed_hosts, settings.api_host),
        trusted=Networks(settings.trusted_proxies),
        operators=Networks(settings.operations_from),
        cors=Cors(settings.cors_origins),
    )


def budgets_of(settings: Settings) -> Budgets:
    """What an address, a user and a key may ask for in a minute."""
    return budgets(
        anonymous={
            "reads": settings.limits_anonymous_reads,
            "analyze": settings.limits_anonymous_analyze,
            "logins": settings.limits_logins,
            "refreshes": settings.limits_refreshes,
            # nobody may change anything without being known; what tries is counted with those who want to be
            "writes": settings.limits_logins,
        },
        user={
            "reads": settings.limits_reads,
            "analyze": settings.limits_analyze,
            "writes": settings.limits_writes,
        },
        key_percent=settings.limits_key_percent,
    )
