"""Makes versions to release out of one image: `python -m tests.cluster.release_images IMAGE` prints their names.

`IMAGE-green` is the same code; the others begin like it and then do badly. It does not bring them into the cluster.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

BAD = ("never", "500", "late")

_STAND_IN = Path(__file__).parent / "release_manifests" / "stand_in.py"


def names(image: str) -> dict[str, str]:
    """The name of each version of `image`."""
    return {version: f"{image}-{version}" for version in ("green", *BAD)}


def build(image: str) -> None:
    """Builds them with the Docker that the environment names."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "stand_in.py").write_text(_STAND_IN.read_text(encoding="utf-8"), encoding="utf-8")
        for version, name in names(image).items():
            lines = [f"FROM {image}", f"LABEL version={version}"]
            if version in BAD:
                lines += [f"ENV STAND_IN={version}", "COPY stand_in.py /app/api/__main__.py"]
            subprocess.run(
                ["docker", "build", "--quiet", "--network=host", "-t", name, "-f", "-", folder],
                input="\n".join(lines), text=True, check=True, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    build(sys.argv[1])
