"""A site that runs already, named on the command line: for the tests of tests/smoke and tests/e2e. It starts nothing.

Without --base-url those tests are not looked for, unless they are asked for by name: then they say what is missing.
"""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

_SITES = tuple(Path(__file__).resolve().parents[1] / name for name in ("smoke", "e2e"))
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("site", "a site that runs already")
    group.addoption("--base-url", help="where it answers, such as https://staging.example.com")
    group.addoption("--may-write", action="store_true", help="make an account there, and delete it (tests/e2e)")
    group.addoption("--mail-command", help="a shell command that prints the mail which was sent to $TO (tests/e2e)")
    group.addoption("--expect-version", help="the version that must answer")
    group.addoption("--ca-file", help="certificates of further authorities (PEM)")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if config.getoption("--base-url") is not None or collection_path not in _SITES:
        return None
    asked = [Path(argument.split("::")[0]).resolve() for argument in config.args]
    named = any(argument == collection_path or collection_path in argument.parents for argument in asked)
    return None if named else True


@pytest.fixture(scope="session")
def base_url(pytestconfig: pytest.Config) -> str:
    """Where the site answers, without a slash at the end."""
    given: str | None = pytestconfig.getoption("--base-url")
    if given is None or urlsplit(given).scheme not in ("http", "https"):
        raise pytest.UsageError("Say where the site answers: --base-url https://staging.example.com")
    return given.rstrip("/")


@pytest.fixture(scope="session")
def verify(pytestconfig: pytest.Config) -> bool | str:
    """Whom to trust, as httpx takes it."""
    return pytestconfig.getoption("--ca-file") or True


def may_write(config: pytest.Config, base_url: str) -> bool:
    """Whether an account may be made there: on this machine, or where it was said."""
    return bool(config.getoption("--may-write")) or urlsplit(base_url).hostname in _LOOPBACK
