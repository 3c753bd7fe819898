"""Xfce's Thunar: one custom action among those of the user, all of which are in one file, `uca.xml`.

Only the bytes of our action are ever written; around them the file stays as it is, to the last comment. What is no
sound `uca.xml` is left untouched.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from finder.errors import EnvironmentFaultError
from finder.integrate import quoting
from finder.integrate.folders import UserFolders
from finder.integrate.owned import replace
from finder.integrate.program import Program
from finder.integrate.target import Kind, Status
from finder.integrate.templates import filled

_ID = "inkling-similar"
_EMPTY = b'<?xml version="1.0" encoding="UTF-8"?>\n<actions>\n</actions>\n'


@dataclass(slots=True)
class _Actions:
    """Where things are in a `uca.xml`, in bytes."""

    end: int = 0
    """Of the actions: where `</actions>` begins, or what is behind `<actions/>`."""
    is_selfclosed: bool = False
    """True for `<actions/>`."""
    ours: tuple[int, int] | None = None
    """From the beginning of our action to behind it."""
    command: str = ""
    """Of our action."""


@dataclass(frozen=True, slots=True)
class Thunar:
    """The target; `folders` say where its file is."""

    folders: UserFolders
    name: str = "thunar"
    title: str = "Xfce Thunar"
    kind: Kind = "file_manager"
    takes_effect: str = "When Thunar is started again: thunar -q"

    @property
    def path(self) -> Path:
        return self.folders.config / "Thunar" / "uca.xml"

    @property
    def places(self) -> list[Path | str]:
        return [self.path]

    def is_there(self) -> bool:
        return self.folders.has_program(self.name)

    def status(self, program: Program | None) -> Status:
        content = _content(self.path)
        if content is None:
            return Status("off")
        try:
            found = _parsed(content, self.path)
        except EnvironmentFaultError as error:
            return Status("damaged", f"{self.path}: {error.detail}")
        if found.ours is None:
            return Status("off")
        called = _program_of(found.command)
        if not os.access(called, os.X_OK):
            return Status("broken", f"It calls {called}, which is gone.")
        if program is not None and found.command != _command(program):
            return Status("outdated", "It was made by another version, or for another place.")
        return Status("on")

    def install(self, program: Program) -> None:
        content = _content(self.path)
        source, base = (self.path, content) if content is not None else self._inherited()
        found = _parsed(base, source)
        action = filled("thunar_action.xml.in", program, COMMAND=quoting.xml(quoting.thunar(program.similar))).encode()
        if found.ours is None:
            changed = _with_action(base, found, action)
        elif found.command == _command(program):
            return
        else:
            begin, end = found.ours
            changed = base[:begin] + action.rstrip() + base[end:]
        self._write(changed)

    def remove(self) -> None:
        content = _content(self.path)
        if content is None:
            return
        found = _parsed(content, self.path)
        if found.ours is None:
            return
        begin, end = found.ours
        if content[end : end + 1] == b"\n":
            end += 1
        left = content[:begin] + content[end:]
        if left == self._inherited()[1]:
            self.folders.clear(self.path)
        else:
            self._write(left)

    def _inherited(self) -> tuple[Path, bytes]:
        """What Thunar goes by while the user has no file: one of ours without it would take its actions away."""
        for base in self.folders.system_config:
            path = base / "Thunar" / "uca.xml"
            content = _content(path)
            if content is not None:
                return path, content
        return self.path, _EMPTY

    def _write(self, content: bytes) -> None:
        _parsed(content, self.path)  # what Thunar could not read is never written
        path = Path(os.path.realpath(self.path))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(path, content, path.stat().st_mode & 0o777 if path.exists() else 0o644)


def _parsed(content: bytes, path: Path) -> _Actions:
    """
    Raises:
        EnvironmentFaultError: it is not sound XML of this kind, in UTF-8.
    """
    try:
        return _Reader().read(content)
    except (expat.ExpatError, ValueError) as error:
        raise EnvironmentFaultError(
            "Thunar's custom actions cannot be read, and were left as they are",
            str(error),
            "Mend the file, or move it away and make its actions again in Thunar.",
            str(path),
        ) from error


def _with_action(content: bytes, found: _Actions, action: bytes) -> bytes:
    if found.is_selfclosed:
        head = content[: content.rindex(b"/", 0, found.end)].rstrip()
        return head + b">\n" + action + b"</actions>" + content[found.end :]
    return content[: found.end] + action + content[found.end :]


@dataclass(slots=True)
class _Reader:
    """Finds the actions of a `uca.xml` by their places in its bytes."""

    found: _Actions = field(default_factory=_Actions)
    _path: list[str] = field(default_factory=list)
    _texts: dict[str, str] = field(default_factory=dict)
    _begin: int = 0

    def read(self, content: bytes) -> _Actions:
        """
        Raises:
            expat.ExpatError, ValueError: not such a file.
        """
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.XmlDeclHandler = _refuse_encoding
        parser.EntityDeclHandler = _refuse_entity
        parser.StartElementHandler = lambda name, attributes: self._start(parser, content, name)
        parser.EndElementHandler = lambda name: self._end(parser, content)
        parser.CharacterDataHandler = self._text
        parser.Parse(content, True)
        return self.found

    def _start(self, parser: expat.XMLParserType, content: bytes, name: str) -> None:
        if not self._path and name != "actions":
            raise ValueError(f"It begins with <{name}>, not with <actions>.")
        self._path.append(name)
        if self._path == ["actions", "action"]:
            self._begin, self._texts = parser.CurrentByteIndex, {}

    def _text(self, text: str) -> None:
        if len(self._path) == 3:
            self._texts[self._path[-1]] = self._texts.get(self._path[-1], "") + text

    def _end(self, parser: expat.XMLParserType, content: bytes) -> None:
        at = parser.CurrentByteIndex
        if self._path == ["actions", "action"] and self._texts.get("unique-id", "").strip() == _ID:
            self.found.ours = (self._begin, content.index(b">", at) + 1)
            self.found.command = self._texts.get("command", "")
        if self._path == ["actions"]:
            self.found.is_selfclosed = not content.startswith(b"</", at)  # expat is behind it then
            self.found.end = at
        self._path.pop()


def _refuse_encoding(version: str, encoding: str | None, standalone: int) -> None:
    if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii"):
        raise ValueError(f"It is written in {encoding[:40]}, not in UTF-8.")


def _refuse_entity(*_: object) -> None:
    raise ValueError("It declares entities, which Thunar's own files do not.")


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _command(program: Program) -> str:
    return quoting.thunar(program.similar) + " %U"


def _program_of(command: str) -> str:
    """The program that a command of Thunar calls; empty where a shell could not read it."""
    try:
        return next(iter(shlex.split(command)), "").replace("%%", "%")
    except ValueError:
        return ""
