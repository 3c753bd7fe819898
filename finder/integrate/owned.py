"""Targets that are files of our own: written whole, known by the mark in them, removed with the folders they left."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from finder.errors import EnvironmentFaultError
from finder.integrate.folders import UserFolders
from finder.integrate.program import Program
from finder.integrate.target import Kind, Status
from finder.integrate.templates import marked_program


@dataclass(frozen=True, slots=True)
class OwnFile:
    """One file that is ours alone."""

    path: Path
    text: str
    is_executable: bool = False
    link: str = ""
    """Where it leads, relative to its folder, for a link to a file of the same text."""


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """A target that consists of such files."""

    name: str
    title: str
    kind: Kind
    folders: UserFolders
    paths: Sequence[Path]
    """All that there may be, links before what they lead to; which of them there are may depend on the computer."""
    made: Callable[[Program], Sequence[OwnFile]]
    needs: str | None = None
    """The program that it is added to; None where nothing is needed."""
    takes_effect: str = ""
    is_switched_off: Callable[[Mapping[Path, str]], bool] = lambda texts: False
    """True where the user has switched it off with the desktop's own tools, by what the files that are there say."""

    @property
    def places(self) -> list[Path | str]:
        return [*self.paths]

    def is_there(self) -> bool:
        return self.needs is None or self.folders.has_program(self.needs)

    def status(self, program: Program | None) -> Status:
        present = {path: text for path in self.paths if (text := _text(path)) is not None}
        programs = {path: marked_program(text) for path, text in present.items()}
        called = {called for called in programs.values() if called is not None}
        if not called or self.is_switched_off(present):
            return Status("off")
        for path in called:
            if not os.access(path, os.X_OK):
                return Status("broken", f"It calls {path}, which is gone.")
        wanted = {file.path: file.text for file in self.made(program)} if program is not None else present
        if {path: text for path, text in present.items() if programs[path]} != wanted:
            return Status("outdated", "It was made by another version, or for another place.")
        return Status("on")

    def install(self, program: Program) -> None:
        files = self.made(program)
        for file in files:
            _refuse_foreign(file.path)
        for file in files:
            write(file)
        for path in {*self.paths} - {file.path for file in files}:
            self._remove(path)

    def remove(self) -> None:
        for path in self.paths:
            self._remove(path)

    def _remove(self, path: Path) -> None:
        """A file of ours, and the folders that are empty without it."""
        text = _text(path)
        if text is None or marked_program(text) is None:
            return
        if path.suffix == ".py":  # its program's Python has compiled it
            for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
                self.folders.clear(compiled)
        self.folders.clear(path)


def write(file: OwnFile) -> None:
    """Write whole or not at all; a file that says the same is left alone.

    A link that somebody made is followed: those who keep such files elsewhere keep them there.
    """
    if file.link:
        _link(file)
        return
    path = Path(os.path.realpath(file.path))
    mode = 0o755 if file.is_executable else 0o644
    if _text(path) == file.text and path.stat().st_mode & 0o777 == mode:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace(path, file.text.encode(), mode)


def _link(file: OwnFile) -> None:
    if file.path.is_symlink() and os.readlink(file.path) == file.link:
        return
    file.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.path.unlink(missing_ok=True)
    file.path.symlink_to(file.link)


def replace(path: Path, content: bytes, mode: int) -> None:
    """Put `content` in the place of what `path` holds, in one step."""
    descriptor, temporary = tempfile.mkstemp(prefix=".inkling-", dir=path.parent)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _text(path: Path) -> str | None:
    """What a file says; None where there is none. What is not UTF-8 is nobody's of ours, and nobody's to replace."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return None


def _refuse_foreign(path: Path) -> None:
    """
    Raises:
        EnvironmentFaultError: a file is there that Inkling did not make.
    """
    text = _text(path)
    if text is not None and marked_program(text) is None:
        raise EnvironmentFaultError(
            "A file of this name is there that Inkling did not make", "", "Move it away, and try again.", str(path)
        )
