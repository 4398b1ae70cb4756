"""A stack of containers of its own: compose.yaml under another project's name, on free ports, with secrets made for it.

It talks to Docker by its command line alone, so that whatever `docker` reaches is tried. It asserts nothing.
"""

import json
import os
import ssl
import subprocess
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple
from urllib.error import HTTPError

import click

from lib.ports import free_port

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "deployments" / "compose"
OWN_IMAGES = FOLDER / "local.env"


class Answer(NamedTuple):
    """What came back: its status, its headers with names in lower case, and its body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Stack:
    """`up` and `down` it; in between, ask its gateway and look at its containers."""

    def __init__(self, name: str, folder: Path, image: str, imports: Path) -> None:
        self.name, self.folder, self.image = name, folder, image
        self.secrets = folder / "secrets"
        self.port, self.operators = free_port(), free_port()
        self._settings = folder / "settings.env"
        self._environment = {
            "INSITECHART_IMAGE": image,
            "SECRETS_FOLDER": str(self.secrets),
            "IMPORT_FOLDER": str(imports),
            "HTTPS_PORT": f"127.0.0.1:{self.port}",
            "OPERATORS_PORT": f"127.0.0.1:{self.operators}",
            **{f"{name}_PORT": f"127.0.0.1:{free_port()}" for name in ("HTTP", "PROMETHEUS", "ALERTMANAGER")},
            "APP_SUBNET": "10.231.65.0/24",
            # nothing here leads to providers, and what a small machine runs at once is what takes its time
            "STOCKS_REPLICAS": "1",
            "SENTIMENT_REPLICAS": "1",
        }
        self._settings.write_text("".join(f"{key}={value}\n" for key, value in self._environment.items()))

    def compose(self, *words: str, seconds: float = 900) -> str:
        """The output of `docker compose …` for this stack. Raises CalledProcessError."""
        own = ["--env-file", str(OWN_IMAGES)] if _has_own_images() else []
        further = os.environ.get("INSITECHART_COMPOSE_FILES", "").split()
        files = [word for file in (FOLDER / "compose.yaml", *further) for word in ("--file", str(file))]
        command = ["compose", "-p", self.name, *files, *own, "--env-file", str(self._settings), *words]
        return docker(*command, seconds=seconds)

    def make_secrets(self) -> None:
        """As `make secrets` does."""
        self.secrets.mkdir(mode=0o700, exist_ok=True)
        docker("run", "--rm", "--network", "none", "--user", "0", "-v", f"{self.secrets}:/secrets", self.image,
               "python", "-m", "deployments.compose.prepare", "/secrets", "localhost", "127.0.0.1")  # fmt: skip

    def containers(self) -> dict[str, dict[str, Any]]:
        """What Docker knows of each container, by its name without the project's."""
        ids = docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={self.name}").split()
        found = json.loads(docker("inspect", *ids)) if ids else []
        return {one["Name"].removeprefix(f"/{self.name}-"): one for one in found}

    def left_over(self) -> list[str]:
        """Containers, volumes and networks that bear the project's name."""
        label = f"label=com.docker.compose.project={self.name}"
        kinds = (("ps", "--all"), ("volume", "ls"), ("network", "ls"))
        return [line for kind in kinds for line in docker(*kind, "--quiet", "--filter", label).split()]

    def ask(self, path: str, *, method: str = "GET", body: bytes | None = None, port: int | None = None,
            **headers: str) -> Answer:  # fmt: skip
        """What the gateway answers; a refusal is an answer, too. Raises OSError where nobody answers."""
        address = f"https://localhost:{port or self.port}{path}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(address, data=body, method=method, headers=named)
        trusted = ssl.create_default_context(cafile=str(self.secrets / "tls_certificate.pem"))
        try:
            with urllib.request.urlopen(request, context=trusted, timeout=60) as answer:
                return Answer(answer.status, _lower(answer.headers), answer.read())
        except HTTPError as error:
            with error:
                return Answer(error.code, _lower(error.headers), error.read())

    def prefect(self, path: str, document: dict[str, Any] | None = None) -> Any:
        """What Prefect answers through the operators' port."""
        password = (self.secrets / "operators_password").read_text().strip()
        proof = "Basic " + b64encode(f"admin:{password}".encode()).decode()
        body = None if document is None else json.dumps(document).encode()
        answer = self.ask(
            f"/api{path}", method="GET" if body is None else "POST", body=body, port=self.operators,
            Authorization=proof, Content_Type="application/json",
        )  # fmt: skip
        assert answer.status < 300, answer
        return answer.json()


def docker(*words: str, seconds: float = 900) -> str:
    """The output of a command; what it says besides goes to nobody, unless it fails. Raises CalledProcessError."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=seconds, check=False)
    if done.returncode != 0:
        raise subprocess.CalledProcessError(done.returncode, ["docker", *words], done.stdout, done.stderr[-3000:])
    return done.stdout


def until(what: str, seconds: float, holds: Any) -> float:
    """Asks `holds` every half second until it is true; the seconds that took. Raises AssertionError."""
    begun = monotonic()
    while monotonic() - begun < seconds:
        try:
            if holds():
                return monotonic() - begun
        except OSError:
            pass
        sleep(0.5)
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


@contextmanager
def timed(what: str, told: dict[str, float]) -> Iterator[None]:
    """Notes how long it took, and says so."""
    begun = monotonic()
    yield
    told[what] = monotonic() - begun
    click.echo(f"{told[what]:7.1f} s  {what}")


def build(image: str, words: Sequence[str] = ()) -> None:
    """Builds the image with the programs of the server that the stack runs."""
    own = dict(line.split("=", 1) for line in OWN_IMAGES.read_text().splitlines() if "=" in line and line[0] != "#")
    default = next(line for line in (FOLDER / "compose.yaml").read_text().splitlines() if "POSTGRES_IMAGE:-" in line)
    served = own["POSTGRES_IMAGE"] if _has_own_images() else default.split(":-", 1)[1].split("}")[0]
    docker("build", "--network=host", "--build-arg", f"POSTGRES_IMAGE={served}", *words, "-t", image, str(PROJECT),
           seconds=3600)  # fmt: skip


def _has_own_images() -> bool:
    names = [line.split("=", 1)[1] for line in OWN_IMAGES.read_text().splitlines() if "_IMAGE=" in line]
    return all(docker("image", "ls", "--quiet", name).strip() for name in names)


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
