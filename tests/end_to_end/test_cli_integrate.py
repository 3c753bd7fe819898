"""`inkling integrate` as people use it: added, looked at, taken away; as JSON; where one thing is damaged."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import jsonschema
import pytest

from finder.paths import Home
from tests.conftest import CHECKOUT, run_inkling

SCHEMA = json.loads((CHECKOUT / "resources" / "schemas" / "integrate.schema.json").read_text(encoding="utf-8"))


class User:
    """A user with a home folder of their own, and with Nemo and Thunar, as far as looking for them goes."""

    def __init__(self, index: Home, folder: Path) -> None:
        self.index, self.folder = index, folder
        self.uca = folder / ".config" / "Thunar" / "uca.xml"
        programs = folder / "bin"
        programs.mkdir(parents=True)
        for name in ("inkling", "nemo", "thunar"):
            (programs / name).write_text("#!/bin/sh\n")
            (programs / name).chmod(stat.S_IRWXU)
        self.variables = {"HOME": str(folder), "PATH": str(programs), "XDG_CONFIG_DIRS": str(folder / "etc")}
        self.variables |= dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME"), "")

    def integrate(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_inkling(self.index, self.folder, "integrate", *arguments, **self.variables)

    def states(self) -> dict[str, str]:
        answer = json.loads(self.integrate("status", "--json").stdout)
        jsonschema.validate(answer, SCHEMA)
        return {target["name"]: target["state"] for target in answer["targets"]}


@pytest.fixture
def user(home: Home, tmp_path: Path) -> User:
    return User(home, tmp_path / "user")


def test_it_is_added_to_what_is_here_and_taken_away_again(user: User) -> None:
    before = sorted(user.folder.rglob("*"))
    done = user.integrate("install")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[:2] for line in done.stdout.splitlines() if not line.startswith(" ")] == [
        ["nemo", "added"],
        ["thunar", "added"],
        ["launcher", "added"],
    ]
    added = {name for name, state in user.states().items() if state == "on"}
    assert added == {"nemo", "thunar", "launcher"}

    assert user.integrate("remove").returncode == 0
    assert set(user.states().values()) == {"off"}
    left = set(user.folder.rglob("*")) - set(before)
    assert left <= {user.folder / ".config", user.folder / ".local", user.folder / ".local" / "share"}


def test_what_starts_with_the_session_is_added_by_its_name(user: User) -> None:
    assert user.integrate("install", "autostart-app", "autostart-service").returncode == 0
    assert {name for name, state in user.states().items() if state == "on"} == {"autostart-app", "autostart-service"}


def test_the_entry_works_on_the_home_that_it_was_made_with(user: User) -> None:
    user.integrate("install", "nemo")
    text = (user.folder / ".local/share/nemo/actions/inkling-similar.nemo_action").read_text()
    assert str(user.index.root) in text


def test_a_damaged_list_is_named_and_the_others_are_added_all_the_same(user: User) -> None:
    user.uca.parent.mkdir(parents=True)
    user.uca.write_text("<actions><action>")
    done = user.integrate("install")
    assert done.returncode == 2
    assert "uca.xml" in done.stderr
    assert "Mend the file" in done.stderr
    assert user.uca.read_text() == "<actions><action>"
    assert user.states()["nemo"] == "on"
    assert user.integrate("status").returncode == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(user: User) -> None:
    closed = user.folder / ".local" / "share"
    closed.mkdir(parents=True)
    closed.chmod(0o500)
    done = user.integrate("install", "nemo")
    closed.chmod(0o700)
    assert done.returncode == 2
    assert "Check your rights" in done.stderr


def test_an_unknown_name_is_an_error_that_names_the_known_ones(user: User) -> None:
    done = user.integrate("install", "konqueror")
    assert done.returncode == 2
    assert "dolphin" in done.stderr


def test_what_cannot_be_read_is_named_and_the_others_are_shown_all_the_same(user: User) -> None:
    user.uca.mkdir(parents=True)
    states = user.states()
    assert (states.pop("thunar"), set(states.values())) == ("damaged", {"off"})
