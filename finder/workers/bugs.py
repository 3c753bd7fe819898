"""What is written down of a bug: where it happened and its type, never its message. Imports the standard library alone.

A message may quote what was worked on ("invalid literal for int(): ..."), and neither document text nor query text
may reach a log.
"""

from __future__ import annotations

import traceback


def trace_of(error: BaseException) -> str:
    """The traceback of `error` and of its causes, each ending in the type's name alone."""
    parts = [*traceback.format_tb(error.__traceback__), type(error).__name__]
    cause = error.__cause__ or error.__context__
    if cause is not None:
        parts += ["\n\nafter\n", trace_of(cause)]
    return "".join(parts)
