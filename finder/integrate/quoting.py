"""How a command is written down so that exactly its arguments arrive, in each format that has rules of its own."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Sequence
from xml.sax.saxutils import escape

_PLAIN = re.compile(r"[A-Za-z0-9_./:=+-]+")


def desktop_entry(arguments: Sequence[str]) -> str:
    """For `Exec` of a desktop entry. Field codes such as %U follow it unquoted.

    Source: Desktop Entry Specification 1.5, "The Exec key": quoting, then the escapes of a string. KDE takes %% for one
    % in arguments alone.
    """
    return " ".join(_desktop_argument(argument) for argument in _through_env(arguments, "%"))


def _desktop_argument(argument: str) -> str:
    argument = argument.replace("%", "%%")
    if _PLAIN.fullmatch(argument.replace("%", "_")):
        return argument
    quoted = re.sub(r'(["`$\\])', r"\\\1", argument)
    return f'"{quoted}"'.replace("\\", "\\\\")


def desktop_string(text: str) -> str:
    """For any other value of a desktop entry."""
    return text.replace("\\", "\\\\")


def thunar(arguments: Sequence[str]) -> str:
    """For a custom action of Thunar, which fills in % and has a shell read it."""
    return shlex.join(arguments).replace("%", "%%")


def systemd(arguments: Sequence[str]) -> str:
    """For `ExecStart`; variables are filled in everywhere but in the program's own path. Source: systemd.service(5).

    A program whose path has quotes in it systemd refuses to start; as an argument it may be anything.
    """
    program, *others = (argument.replace("%", "%%") for argument in _through_env(arguments, "\"'\\"))
    return " ".join(_systemd_argument(argument) for argument in (program, *(o.replace("$", "$$") for o in others)))


def _systemd_argument(argument: str) -> str:
    if _PLAIN.fullmatch(argument.replace("%", "_").replace("$", "_")):
        return argument
    return '"' + re.sub(r'(["\\])', r"\\\1", argument) + '"'


def windows(arguments: Sequence[str]) -> str:
    """For a command in the registry, as `CommandLineToArgvW` takes it apart."""
    return subprocess.list2cmdline(arguments)


def _through_env(arguments: Sequence[str], refused: str) -> Sequence[str]:
    """The program as an argument of `env`, where its path has a letter that is refused in a program's."""
    return ["/usr/bin/env", *arguments] if set(arguments[0]) & set(refused) else arguments


def xml(text: str) -> str:
    """For the text of an XML element."""
    return escape(text)


def plist_strings(arguments: Sequence[str]) -> str:
    """For a property list: the elements of an array."""
    return "".join(f"<string>{escape(argument)}</string>" for argument in arguments)
