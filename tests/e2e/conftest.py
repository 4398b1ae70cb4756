"""Somebody who uses the site for a day: an account of its own, which is deleted whatever happens."""

import email
import os
import re
import secrets
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.support.site import may_write

_MAIL_S = 60.0


@dataclass
class Visitor:
    """A client of the site below /api/v1, and who asks."""

    client: httpx.Client
    address: str
    password: str

    def log_in(self) -> httpx.Response:
        """Asks for tokens, and uses the access token from now on where it got one."""
        form = {"grant_type": "password", "username": self.address, "password": self.password}
        answer = self.client.post("/users/token", data=form)
        if answer.status_code == 200:
            self.client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return answer


@pytest.fixture(scope="session")
def mail_command(pytestconfig: pytest.Config) -> str:
    """What prints mails."""
    command: str | None = pytestconfig.getoption("--mail-command")
    if command is None:
        raise pytest.UsageError(
            "Registering takes the mail that comes. Say what prints the mail to $TO, such as "
            """--mail-command 'grep -lF "$TO" .insitechart/mail/*.eml | xargs cat'"""
        )
    return command


@pytest.fixture(scope="session")
def visitor(base_url: str, verify: bool | str, mail_command: str, pytestconfig: pytest.Config) -> Iterator[Visitor]:
    """Registered and logged in."""
    if not may_write(pytestconfig, base_url):
        raise pytest.UsageError(f"This makes an account at {base_url}. Say so where that is wanted: --may-write")
    address, password = f"e2e-{secrets.token_hex(6)}@example.com", secrets.token_urlsafe(18)
    with httpx.Client(base_url=f"{base_url}/api/v1", verify=verify, timeout=30) as client:
        someone = Visitor(client, address, password)
        asked = client.post("/users", json={"email": address, "password": password, "locale": "en"})
        assert asked.status_code == 202, asked.text
        proof = {"token": mailed_token(mail_command, address), "password": password}
        proven = client.post("/users/verify", json=proof)
        assert proven.is_success, proven.text
        entered = someone.log_in()
        assert entered.status_code == 200, entered.text
        try:
            yield someone
        finally:
            # the last test has done it, unless one before went wrong
            if someone.log_in().status_code == 200:
                delete_account(someone)


def delete_account(someone: Visitor) -> httpx.Response:
    """Deletes the account with all that is in it."""
    return someone.client.request("DELETE", "/users/me", json={"password": someone.password})


def mailed_token(command: str, address: str) -> str:
    """The token in the mail to `address`, as soon as it has come."""
    deadline = time.monotonic() + _MAIL_S
    while True:
        done = subprocess.run(["sh", "-c", command], env=os.environ | {"TO": address}, capture_output=True, check=False)
        body = email.message_from_bytes(done.stdout).get_payload(decode=True)
        found = re.search(rb"/account#(\S+)", body if isinstance(body, bytes) else b"")
        if found:
            return found[1].decode()
        assert time.monotonic() < deadline, f"no mail to {address} came; the command said: {done.stderr.decode()}"
        time.sleep(0.5)
