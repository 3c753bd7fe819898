"""The texts of what is added, out of `resources/integrate/`: placeholders between @ are filled in.

Every text of ours has a line "Made by Inkling for file:///path/of/the/program": by it a file is known as ours, whatever
version made it, and by it is seen whether the program that it calls is still there.
"""

from __future__ import annotations

import os
import re

import resources
from finder.errors import UsageFaultError
from finder.integrate.program import Program
from finder.paths import path_to_uri, uri_to_path

_MARK = "Made by Inkling for "
_MARKED = re.compile(re.escape(_MARK) + r"(file:///[^\s<]*)")
_PLACEHOLDER = re.compile(r"@([A-Z_]+)@")


def filled(name: str, program: Program, **values: str) -> str:
    """The template `name` with its placeholders filled: @MARK@ for `program`, the others from `values`.

    Args:
        values: already quoted as that format wants it.
    """
    template = resources.path(f"integrate/{name}").read_text(encoding="utf-8")
    known = {**values, "MARK": mark(program)}
    return _PLACEHOLDER.sub(lambda found: known[found[1]], template)


def mark(program: Program) -> str:
    """ASCII without `--`, so that every format can hold it in a comment."""
    return _MARK + path_to_uri(os.fsencode(program.path)).replace("--", "-%2D")


def marked_program(text: str) -> str | None:
    """The path of the program that one of our texts was made for; None for a text that is not ours."""
    found = _MARKED.search(text)
    if found is None:
        return None
    try:
        return os.fsdecode(uri_to_path(found[1]))
    except UsageFaultError:
        return None
