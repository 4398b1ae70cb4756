"""`python -m deployments.checks.gateway`: does nginx take the gateway's configuration, and does Kong's one lead to the
same services? nginx is asked in a folder with a certificate made for that. It does not start a gateway.

Without nginx its part is left out, which is said; with INSITECHART_LINT_ALL=1 that is a failure.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import yaml

from deployments.checks.check import PROJECT, which
from deployments.compose.prepare import self_signed

FOLDER = PROJECT / "deployments" / "compose"


def nginx(program: str) -> list[str]:
    """What `nginx -t` says against the configuration; empty where nothing."""
    with tempfile.TemporaryDirectory(prefix="insitechart-gateway-") as place:
        folder = Path(place)
        shutil.copytree(FOLDER / "gateway", folder, dirs_exist_ok=True)
        (folder / "tls").mkdir()
        certificate, key = self_signed(["localhost"], datetime.now(UTC))
        (folder / "tls" / "certificate.pem").write_text(certificate)
        (folder / "tls" / "key.pem").write_text(key)
        (folder / "operators.htpasswd").write_text("")
        main = folder / "nginx.conf"
        # its own places need not be writable here
        text = main.read_text(encoding="utf-8").replace(" /tmp/", f" {folder}/")
        main.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [program, "-t", "-q", "-p", place, "-c", str(main)], capture_output=True, text=True, check=False
        )
        return [done.stderr.strip()] if done.returncode != 0 else []


def kong() -> list[str]:
    """Where Kong's declarative configuration differs from what the compose file has."""
    document = yaml.safe_load((FOLDER / "kong" / "kong.yaml").read_text(encoding="utf-8"))
    text = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
    found = [] if document.get("_format_version") == "3.0" else ["kong: its format is not 3.0."]
    names: set[str] = set()
    for service in document["services"]:
        host = service["url"].removeprefix("http://").split(":")[0]
        if f"\n  {host}:\n" not in text:
            found.append(f"kong: {service['name']} leads to {host}, which no service is called.")
        for route in service["routes"]:
            if route["name"] in names:
                found.append(f"kong: two routes are called {route['name']}.")
            names.add(route["name"])
            if route.get("strip_path") is not False:
                found.append(f"kong: {route['name']} would cut off the path.")
    return found


def main() -> int:
    """Returns 1 where something is wrong, after saying it."""
    program = which("nginx")
    if program is not None:
        found = [*nginx(program), *kong()]
    else:
        missing = "nginx is not installed. It comes with Debian's package nginx-light."
        found = [*([missing] if os.environ.get("INSITECHART_LINT_ALL") == "1" else []), *kong()]
    sys.stdout.write("".join(f"{sentence}\n" for sentence in found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
