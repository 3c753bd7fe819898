"""Patterns in gitignore syntax, matched one step of a path at a time. Imports pathspec; knows no folders on disk.

git decides for each step of a path on its own, and a folder left out is never entered: so a pattern speaks of the
entry it names, never of what lies below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

_STARS_LIMIT = 3
"""Wildcards in one step of a pattern from a file. Each one multiplies the time of a match that fails."""
_CLASS = re.compile(r"\\.|\[[!^]?\]?(?:\\.|[^\]\\])*\]")
"""An escaped character, or a class of them (gitignore(5), fnmatch(3))."""
_ANY_FOLDER = re.compile(r"^.*(?P<mark>/)$", re.DOTALL)


class IgnoreList:
    """One list of patterns; the last one that matches decides."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Compile `lines`; comments and empty lines are passed over.

        Raises:
            ValueError: a line is no pattern.
        """
        self._patterns = [pattern for line in lines if (pattern := _compiled(line)) is not None]
        # Nearly every name matches no pattern at all: one expression over all of them says so at once.
        merged = "|".join(re.sub(r"\(\?P<\w+>", "(?:", regex.pattern) for regex, _ in self._patterns)
        self._any = re.compile(merged, re.DOTALL) if merged else None

    @classmethod
    def from_file(cls, text: str) -> IgnoreList:
        """The list in a file that anybody may have written: what is no pattern, or a costly one, is passed over."""
        return cls(line for line in text.splitlines() if _is_harmless(line))

    def decide(self, relative: str) -> bool | None:
        """True to leave out, False to take back in, None where no pattern speaks of it.

        Args:
            relative: the path below the list's own folder, with "/" between its steps and behind a folder.
        """
        if self._any is None or self._any.match(relative) is None:
            return None
        for regex, is_left_out in reversed(self._patterns):
            match = regex.match(relative)
            if match is not None and _is_about(match, relative):
                return is_left_out
        return None


def is_unclosed(line: str) -> bool:
    """True for a pattern with a "[" that nothing closes: git matches no name with it."""
    return "[" in _CLASS.sub("", line)


def _compiled(line: str) -> tuple[re.Pattern[str], bool] | None:
    try:
        pattern = GitIgnoreSpecPattern(line)
    except GitIgnorePatternError as error:
        raise ValueError(line) from error
    if pattern.regex is None:
        return None
    # pathspec writes `*/` as an expression that finds any "/", on whatever step of the path.
    is_any_folder = line.strip().endswith("/") and not pattern.regex.pattern.startswith("^")
    return (_ANY_FOLDER if is_any_folder else pattern.regex, bool(pattern.include))


def _is_about(match: re.Match[str], relative: str) -> bool:
    """False where a pattern matched a folder above the entry, or is one (`a/**`) about what lies inside the entry."""
    if match.lastindex is not None:  # the "/" behind the folder that the pattern names
        return match.end(match.lastindex) == len(relative)
    return not (relative.endswith("/") and match.end() == len(relative))


def _is_harmless(line: str) -> bool:
    steps = line.split("/")
    is_cheap = steps.count("**") <= _STARS_LIMIT and all(step.count("*") <= _STARS_LIMIT for step in steps)
    if not is_cheap or len(line) > 1_000:
        return False
    try:
        _compiled(line)
    except ValueError:
        return False
    return True
