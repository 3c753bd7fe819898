"""The installed `inkling`, as other programs are to call it: by its absolute path, with the home it works on."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from finder.errors import EnvironmentFaultError
from finder.paths import Home, display

_NAME = "inkling.exe" if os.name == "nt" else "inkling"


@dataclass(frozen=True, slots=True)
class Program:
    """What stands at the beginning of every command that is written down."""

    path: str
    """Absolute, and printable text: what a desktop entry or a registry can hold."""
    home: str | None = None
    """Of an index that does not lie where it would by default."""

    def command(self, *arguments: str) -> list[str]:
        """`inkling ARGUMENTS` as a list."""
        return [self.path, *(("--home", self.home) if self.home else ()), *arguments]

    @property
    def similar(self) -> list[str]:
        """What shows files like others; paths or `file:` URIs follow."""
        return self.command("similar", "--show", "--")


def installed_program(home: Home) -> Program:
    """The `inkling` that belongs to this Python, else the first in $PATH.

    Raises:
        EnvironmentFaultError: there is none, or its path or the home's cannot be written down as text.
    """
    beside = Path(sys.executable).with_name(_NAME)
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which(_NAME)
    if found is None:
        raise EnvironmentFaultError(
            "There is no program for the file managers to call",
            f"{_NAME} is neither beside {sys.executable} nor in $PATH.",
            "Install Inkling with pip or pipx, and try again.",
        )
    is_default = home == Home.default()
    return Program(_writable(os.path.abspath(found)), None if is_default else _writable(str(home.root)))


def _writable(path: str) -> str:
    """
    Raises:
        EnvironmentFaultError: it has bytes that are not UTF-8, or characters that end a line.
    """
    if not path.isprintable():
        raise EnvironmentFaultError(
            "This path cannot be written into a file manager's settings",
            "It has characters that are not text.",
            "Rename the folder, or install Inkling elsewhere.",
            display(os.fsencode(path)),
        )
    return path
