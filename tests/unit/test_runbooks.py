"""The runbooks themselves: every block says what it is, both languages show the same, and every command exists."""

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from deployments.cli.main import cli
from deployments.prefect.definitions import read_deployments
from tests.support.runbooks import LANGUAGES, RUNBOOKS, missing_lines, read_runbook

NAMES = sorted(file.name for file in (RUNBOOKS / "en").glob("*.md"))
FILES = [RUNBOOKS / language / name for language in LANGUAGES for name in NAMES]


def ident(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def test_each_disaster_is_told_in_both_languages() -> None:
    assert [sorted(file.name for file in (RUNBOOKS / language).glob("*.md")) for language in LANGUAGES] == [NAMES] * 2
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    assert all(f"({language}/{name})" in index for language in LANGUAGES for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_show_the_same_commands(name: str) -> None:
    english, korean = (read_runbook(RUNBOOKS / language / name) for language in LANGUAGES)
    assert english
    assert [(one.text, one.prints) for one in english] == [(one.text, one.prints) for one in korean]


@pytest.mark.parametrize("file", FILES, ids=ident)
def test_steps_are_numbered_and_links_lead_somewhere(file: Path) -> None:
    written = file.read_text(encoding="utf-8")
    steps = [int(number) for number in re.findall(r"^(\d+)\. ", written, re.MULTILINE)]
    assert steps == list(range(1, len(steps) + 1))
    assert len(steps) >= 3
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", written):
        assert target.startswith("http") or (file.parent / target).exists(), target


@pytest.mark.parametrize("file", FILES, ids=ident)
def test_every_command_and_deployment_exists(file: Path) -> None:
    text = "\n".join(one.text for one in read_runbook(file))
    own = {f"{one.entrypoint.partition(':')[2].replace('_', '-')}/{one.name}" for one in read_deployments()}
    assert set(re.findall(r"prefect deployment run (\S+)", text)) <= own
    for words in re.findall(r"^insitechart ([a-z][^\n|>&]*)", text, re.MULTILINE):
        command: click.Command = cli
        for word in words.split():
            if not isinstance(command, click.Group) or not re.fullmatch(r"[a-z][a-z-]*", word):
                break
            found = command.get_command(click.Context(command), word)
            assert found is not None, f"insitechart {words}"
            command = found
        known = {option for one in command.params for option in one.opts} | {"--help"}
        assert set(re.findall(r"(?<!\S)(--[a-z-]+)", words)) <= known, f"insitechart {words}"


def test_help_names_the_commands_of_a_disaster() -> None:
    shown = CliRunner().invoke(cli, ["--help"]).output
    assert {"backup", "restore"} <= set(re.findall(r"^  (\w+) ", shown, re.MULTILINE))


def test_what_is_said_is_compared_line_by_line() -> None:
    said = "takes a backup …\n  id   state\n20261123T040506Z-9f  good   12 MB\nDone.\n"
    assert missing_lines(("… good …", "Done."), said) == []
    assert missing_lines(("Done.", "… good …"), said) == ["… good …"]
    assert missing_lines(("… bad …",), said) == ["… bad …"]


def test_a_block_that_is_not_announced_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("1. Do it:\n\n   ```\n   ls\n   ```\n")
    with pytest.raises(ValueError, match=r"a\.md:3: what is this block"):
        read_runbook(file)
    file.write_text(
        "1. Do it:\n\n   <!-- run -->\n   ```\n   ls\n   ```\n\n   <!-- prints -->\n   ```\n   a …\n   ```\n"
    )
    [found] = read_runbook(file)
    assert (found.text, found.prints, found.elsewhere) == ("ls", ("a …",), "")
