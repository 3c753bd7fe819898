"""What may follow while a query is typed: fields, types, and the folders, endings and languages of the index.

Never fails: where nothing fits there is nothing to offer.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable

import apsw

from finder.languages import LANGUAGES
from finder.paths import display
from finder.search.found import Completion, ItemKind
from finder.search.language.filters import EXAMPLES, FIELDS, LISTED, TYPES, Field
from finder.search.language.parsing import item_as_typed
from finder.store import facets, folders

_MOST = 20
_TOKEN = re.compile(r"(?P<dash>[-－]?)(?:(?P<field>[A-Za-z]+)[:：](?P<value>.*)|(?P<word>[A-Za-z]*))", re.DOTALL)
_TIMES = ("today", "yesterday", "week", "month", "year", "<30d", ">1y")
_SIZES = (">1mb", ">10mb", ">100mb", "<100kb")


def complete(connection: apsw.Connection, text: str, cursor: int) -> list[Completion]:
    """Up to 20 completions of what stands before the cursor, the likeliest first.

    Args:
        cursor: an offset in `text`; what is no offset in it counts as the nearest that is.
    """
    cursor = max(0, min(cursor, len(text)))
    start = _token_start(text, cursor)
    match = _TOKEN.fullmatch(text[start:cursor])
    if match is None:
        return []
    if match["field"] is None:
        start += len(match["dash"])
        found = [(f"{field}:", EXAMPLES[field]) for field in FIELDS if field.startswith(match["word"].lower())]
        return [Completion(text=item, kind="field", start=start, end=cursor, about=about) for item, about in found]
    name = match["field"].lower()
    if name not in FIELDS:
        return []
    field: Field = name
    typed = match["value"].rpartition(",")[2] if field in LISTED else match["value"]
    kind, values = _VALUES[field](connection, typed.lstrip('"“').casefold())
    return [
        Completion(text=value, kind=kind, start=cursor - len(typed), end=cursor, about=about)
        for value, about in list(values)[:_MOST]
    ]


def _token_start(text: str, cursor: int) -> int:
    """Where the word begins that the cursor is in; white space within quotes ends none."""
    start, is_quoted = 0, False
    for at, char in enumerate(text[:cursor]):
        if char in '"“”':
            is_quoted = not is_quoted
        elif char.isspace() and not is_quoted:
            start = at + 1
    return start


_Values = tuple[ItemKind, Iterable[tuple[str, str]]]


def _types(connection: apsw.Connection, typed: str) -> _Values:
    return "type", [(name, "") for name in TYPES if name.startswith(typed)]


def _extensions(connection: apsw.Connection, typed: str) -> _Values:
    found = facets.extensions(connection)
    return "extension", [(item_as_typed(name), "") for name in found if name.startswith(typed.lstrip("."))]


def _languages(connection: apsw.Connection, typed: str) -> _Values:
    known = [*facets.languages(connection), *LANGUAGES]
    fitting = [code for code in dict.fromkeys(known) if f"{code} {LANGUAGES[code]}".casefold().find(typed) in (0, 3)]
    return "language", [(code, LANGUAGES[code]) for code in fitting]


def _folders(connection: apsw.Connection, typed: str) -> _Values:
    names: dict[str, str] = {}
    for path in folders.beginning_with(connection, typed, _MOST):
        name = os.fsdecode(os.path.basename(path))
        if name.isprintable():  # no query can hold what is no text
            names.setdefault(item_as_typed(name), display(path))
    return "folder", names.items()


def _fixed(kind: ItemKind, values: tuple[str, ...]) -> Callable[[apsw.Connection, str], _Values]:
    return lambda connection, typed: (kind, [(value, "") for value in values if value.startswith(typed)])


_VALUES: dict[Field, Callable[[apsw.Connection, str], _Values]] = {
    "ext": _extensions,
    "type": _types,
    "in": _folders,
    "lang": _languages,
    "modified": _fixed("time", _TIMES),
    "before": _fixed("time", ("today", "yesterday")),
    "after": _fixed("time", ("today", "yesterday")),
    "size": _fixed("size", _SIZES),
    "name": _fixed("type", ()),
}
