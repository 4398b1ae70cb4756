"""What Prometheus and Alertmanager themselves say of their files: they can be read, each alert fires when it must and
not when it must not, and each severity reaches whom it should. It does not know what they watch.
"""

from deployments.checks.check import PROJECT, Check

_PLACE = PROJECT / "deployments" / "compose"
_PROMETHEUS, _ALERTMANAGER = _PLACE / "prometheus", _PLACE / "alertmanager" / "alertmanager.yml"
_PROMTOOL, _AMTOOL = "Debian's package prometheus", "Debian's package prometheus-alertmanager"


def _route(receiver: str, *labels: str) -> Check:
    command = ("amtool", "config", "routes", "test", f"--config.file={_ALERTMANAGER}")
    return Check(f"{labels[0]} goes to {receiver}", (*command, f"--verify.receivers={receiver}", *labels), _AMTOOL)


MONITORING = (
    Check("prometheus.yml", ("promtool", "check", "config", str(_PROMETHEUS / "prometheus.yml")), _PROMTOOL),
    Check(
        "alerts",
        ("promtool", "test", "rules", *(str(file) for file in sorted((_PROMETHEUS / "tests").glob("*.yml")))),
        _PROMTOOL,
    ),
    Check("alertmanager.yml", ("amtool", "check-config", str(_ALERTMANAGER)), _AMTOOL),
    _route("pages", "severity=page", "alertname=ServiceDown"),
    _route("tickets", "severity=ticket", "alertname=BudgetNearEnd"),
    _route("notes", "severity=info", "alertname=BudgetForecast"),
    _route("dead-mans-switch", "severity=none", "alertname=Watchdog"),
)
