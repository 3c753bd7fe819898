"""README.md says what is true: its commands exist, and its test command is the one that is run elsewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from finder.cli.app import COMMANDS

CHECKOUT = Path(__file__).resolve().parents[2]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


def test_the_marked_test_command_is_one_line_that_runs_pytest() -> None:
    (command,) = re.findall(r"<!-- the test command -->\n```sh\n(.+)\n```\n", README)
    assert command.endswith("-m pytest")
    assert "<!-- the test command -->" in (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_single_line_command_is_sound_shell() -> None:
    commands = re.findall(r"```sh\n(.+)\n```\n", README)
    assert len(commands) == 2
    for command in commands:
        subprocess.run(["bash", "-n", "-c", command], check=True)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_table(name: str) -> None:
    assert re.search(rf"^\| `inkling .*\b{name}\b", README, re.MULTILINE) or f"`{name}`" in README


def test_every_file_that_is_linked_exists() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (CHECKOUT / target).exists(), target
