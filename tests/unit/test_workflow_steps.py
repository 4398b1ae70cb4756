"""Steps of workflows that cannot work are found before anybody pushes."""

from pathlib import Path

import pytest

from deployments.checks.steps import faults

MAKEFILE = "lint: .venv/x ## look\n\t@true\nVALUE := 1\n.venv/x:\n\t@true\n"


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("run: make lint", None),
        ("run: make .venv/x", None),
        ("run: cd x && make lint ARGS=1", None),
        ("run: make nothing", "make nothing is called"),
        ("run: true; make VALUE", "make VALUE is called"),
        ("uses: actions/checkout@v6", None),
        ("uses: ./.github/workflows/x.yml", None),
        ("uses: some/action@main", "without a version"),
        ("uses: some/action", "without a version"),
    ],
)
def test_a_step(tmp_path: Path, step: str, fault: str | None) -> None:
    (tmp_path / "Makefile").write_text(MAKEFILE, "utf-8")
    (tmp_path / "a.yml").write_text(f"jobs:\n  one:\n    steps:\n      - {step}\n", "utf-8")
    found = list(faults(tmp_path, tmp_path / "Makefile"))
    assert len(found) == (0 if fault is None else 1)
    assert fault is None or fault in found[0]
