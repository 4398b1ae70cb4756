"""Finds the folder of real data that some tests read. It does not know what is in the files, and never writes there.

The folder is no part of the project: a test that needs a file from it skips, with the reason, where it is absent.
"""

import os
from pathlib import Path

import pytest

_VARIABLE = "INSITECHART_TEST_DATA"
_BESIDE_THE_REPOSITORY = Path(__file__).resolve().parents[3] / "shared" / "data"


def data_folder() -> Path:
    """Where real data would be; it need not exist."""
    return Path(os.environ.get(_VARIABLE) or _BESIDE_THE_REPOSITORY)


def data_file(name: str) -> Path:
    """The path of one file of real data; skips the calling test where it is absent."""
    path = data_folder() / name
    if not path.exists():
        pytest.skip(f"no real data: {name} is not in {data_folder()}; set {_VARIABLE} to the folder that holds it")
    return path
