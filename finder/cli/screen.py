"""What every command needs to speak to a person: safe text, short paths, counts, streams. Imports no rich.

Names and passages come from files that anybody may have written. On a terminal a control character is an instruction
(ECMA-48 sequences, OSC 52, bidirectional overrides), so nothing reaches a stream that has not gone through
`printable`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import TextIO

from finder.errors import FinderError, UsageFaultError
from finder.paths import absolute, display

_SIZE_UNITS = ("B", "kB", "MB", "GB", "TB")


def printable(text: str) -> str:
    """`text` on one line, with nothing in it that a terminal would obey.

    White space becomes a space; control, format and unassigned characters show as `\\x1b`, `\\u202e`.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _harmless(char) for char in text)


def _harmless(char: str) -> str:
    return " " if char.isspace() else char.encode("unicode_escape", "surrogatepass").decode("ascii")


def short_path(path: str) -> str:
    """`path` for showing: the user's home folder as `~`."""
    home = os.path.expanduser("~")
    if home != "/" and (path == home or path.startswith(home + os.sep)):
        path = "~" + path[len(home) :]
    return printable(path)


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 file`, `3,120 files`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(size_bytes: float) -> str:
    """`4.2 kB`: decimal units, as file managers show them."""
    for unit in _SIZE_UNITS:
        if size_bytes < 1000 or unit == _SIZE_UNITS[-1]:
            break
        size_bytes /= 1000
    return f"{size_bytes:.0f} {unit}" if unit == "B" or size_bytes >= 100 else f"{size_bytes:.1f} {unit}"


def duration(seconds: float) -> str:
    """`45 s`, `3 min`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def nearest(typed: str, names: Sequence[str]) -> str | None:
    """The name that was probably meant; None where none is like it."""
    from difflib import get_close_matches  # only where something is wrong

    return next(iter(get_close_matches(typed, names, 1)), None)


def is_terminal(stream: TextIO) -> bool:
    """True where a person looks at `stream`, on something that can do more than print."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def prepare_streams() -> None:
    """Let no letter that the terminal's encoding lacks end a command, nor a stream that is closed."""
    if sys.stdout is None:  # started with >&-
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 -- for as long as the process lives
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """A line for the person, beside the answer: on stderr, so that a pipe carries the answer alone."""
    print(text, file=sys.stderr, flush=True)


def print_json(value: object) -> None:
    """One JSON value on stdout, as harmless on a terminal as everything else: what it would obey is escaped."""
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(value, ensure_ascii=not is_unicode, indent=2)
    print("".join(char if char.isprintable() or char == "\n" else _json_escape(char) for char in text))


def _json_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def show_error(error: FinderError) -> None:
    """Title, cause and next step, each on its line."""
    where = f": {short_path(error.path)}" if error.path else ""
    say(f"inkling: {printable(error.title)}{where}")
    for line in (error.detail, error.hint):
        if line:
            say(f"  {printable(line)}")


def agreed(question: str, is_yes: bool) -> bool:
    """Ask before something is lost. `--yes` answers it; without a terminal nobody else can.

    Raises:
        UsageFaultError: there is nobody to ask.
    """
    if is_yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageFaultError("This asks a question, and there is no terminal to ask", question, "Add --yes to agree.")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def folder_argument(name: str) -> bytes:
    """The absolute path of a folder that a person named.

    Raises:
        UsageFaultError: no such folder, not a folder, or no right to read it.
    """
    try:
        path = absolute(name)
    except ValueError as error:
        raise UsageFaultError("Not a path", str(error), "Give the path of a folder.", name) from error
    shown = display(path)
    if not os.path.lexists(path):
        raise UsageFaultError("No such folder", hint="Check the spelling; the folder must exist.", path=shown)
    if not os.path.isdir(path):
        raise UsageFaultError("Not a folder", hint="Give the folder that the file is in.", path=shown)
    if not os.access(path, os.R_OK | os.X_OK):
        raise UsageFaultError(
            "No permission to read this folder", hint="Ask its owner, or choose another folder.", path=shown
        )
    return path
