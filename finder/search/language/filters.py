"""What a filter asks of a file: the fields of the query language and their values. Pure.

field      value                                    a file passes where
ext        pdf,docx                                 its name ends so
type       document, code, image, ...               it is of that kind
in         /absolute, ~/below, name, part/of/path   it lies in that folder, or in any folder called so, or below
name       word, "two words"                        its name holds a word that begins so, or the words in a row
modified   see `finder.search.language.times`       its date lies in that time
before     2024, 2024-03, 2024-03-15                its date is earlier than the beginning of that time
after      2023, 2023-06, 2023-06-01                its date is not earlier than the beginning of that time
size       >1mb, <=10kb, 1mb..5mb, 100kb            its bytes are so many; without a sign: or more; 0: none
lang       zh, de, ...                              its text is in that language, as far as can be told

Several values of one field, by commas or by repetition, are alternatives; before, after, modified, size and name must
all hold when they are repeated. Different fields must all hold. A negated filter must not hold, each for itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from finder.languages import LANGUAGES, OWN_NAMES
from finder.search.language import times
from finder.search.language.times import Span
from finder.types import FileType

Field = Literal["ext", "type", "in", "name", "modified", "before", "after", "size", "lang"]
FIELDS: tuple[Field, ...] = get_args(Field)
LISTED: frozenset[Field] = frozenset({"ext", "type", "in", "name", "lang"})
"""Fields whose value is a list."""

TYPES: tuple[FileType, ...] = get_args(FileType)
_OTHER_TYPE_NAMES: dict[str, FileType] = {
    "picture": "image",
    "photo": "image",
    "email": "mail",
    "spreadsheet": "sheet",
    "presentation": "slides",
    "slide": "slides",
    "music": "audio",
    "film": "video",
    "movie": "video",
    "文档": "document",
    "代码": "code",
    "图片": "image",
    "照片": "image",
    "邮件": "mail",
    "表格": "sheet",
    "幻灯片": "slides",
    "压缩包": "archive",
    "音频": "audio",
    "视频": "video",
}
EXAMPLES: dict[Field, str] = {
    "ext": "ext:pdf",
    "type": "type:document",
    "in": "in:folder",
    "name": "name:word",
    "modified": "modified:<30d",
    "before": "before:2024-03",
    "after": "after:2023",
    "size": "size:>1mb",
    "lang": "lang:en",
}
"""One that makes sense, for a note beside one that does not."""

MOST_VALUES = 64
"""Of one filter."""
_SIZE = re.compile(r"(<=|>=|<|>)?(\d{1,15}(?:[.,]\d{1,2})?) ?([kmgt]?i?b?)", re.IGNORECASE)
"""Two decimals at most: 1,000 is a thousand to some and one to others."""
_SIZE_SIGNS = {"": "or more", ">": "more than", ">=": "at least", "<": "less than", "<=": "at most"}


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on files."""

    field: Field
    text: str
    """As understood, in plain English, without the negation."""
    values: tuple[str, ...] = ()
    """Alternatives, of the listed fields: lower-case, but for folders and names."""
    span: Span | None = None
    """Of dates in nanoseconds since 1970, of sizes in bytes; None for the listed fields."""
    is_negated: bool = False


def filter_of(field: Field, items: Sequence[str], now: datetime, is_negated: bool) -> Filter | None:
    """The filter that a field and its value ask for; None where the value makes no sense.

    Args:
        items: the value, parted at its commas where the field is `LISTED`, without quotes.
        now: what ages count from; its time zone is the one in which days begin.
    """
    if not 0 < len(items) <= MOST_VALUES:
        return None
    if field not in LISTED:
        found = _span(field, items[0], now)
        return found and Filter(field, found[1], span=found[0], is_negated=is_negated)
    values = tuple(dict.fromkeys(_READERS[field](item) for item in items))
    if "" in values:
        return None
    return Filter(field, _SHOWN[field](values), values=values, is_negated=is_negated)


def _span(field: Field, value: str, now: datetime) -> tuple[Span, str] | None:
    if field == "size":
        return _size(value)
    return times.read(field, value, now)


def _size(value: str) -> tuple[Span, str] | None:
    if ".." in value:
        first, last = (_size(part) for part in value.split("..", 1))
        if first is None or last is None or first[0].least is None or last[0].least is None:
            return None
        span = Span(first[0].least, last[0].least + 1)
        return (span, f"{_bytes(span.least)} to {_bytes(last[0].least)}") if first[0].least <= last[0].least else None
    match = _SIZE.fullmatch(value.strip())
    if match is None:
        return None
    sign, number, unit = match[1] or "", float(match[2].replace(",", ".")), match[3].lower()
    base = 1024 if "i" in unit else 1000
    if unit in ("i", "ib"):
        return None
    size_bytes = round(number * base ** " kmgt".index(unit[:1] if unit[:1] in "kmgt" and unit else " "))
    if not sign and not size_bytes:  # or more would be every file
        return Span(0, 1), "0 bytes"
    spans = {
        "": Span(size_bytes, None),
        ">=": Span(size_bytes, None),
        ">": Span(size_bytes + 1, None),
        "<": Span(None, size_bytes),
        "<=": Span(None, size_bytes + 1),
    }
    shown = _bytes(size_bytes)
    return spans[sign], f"{shown} or more" if sign in ("", ">=") else f"{_SIZE_SIGNS[sign]} {shown}"


def _bytes(count: int | None) -> str:
    size = float(count or 0)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.4g} {unit}"
        size /= 1000
    return f"{size:.4g} TB"


def _extension(item: str) -> str:
    return item.lower().removeprefix("*").strip(".")


def _type(item: str) -> str:
    name = item.lower()
    for candidate in (name, name.removesuffix("s")):
        if candidate in TYPES:
            return candidate
        if candidate in _OTHER_TYPE_NAMES:
            return _OTHER_TYPE_NAMES[candidate]
    return ""


def _language(item: str) -> str:
    code = re.split("[-_]", item.lower())[0]  # zh-CN, pt_BR
    if code in LANGUAGES:
        return code
    own = next((code for code, names in OWN_NAMES.items() if item.lower() in names), "")
    return own or next((code for code, name in LANGUAGES.items() if name.lower() == item.lower()), "")


def _folder(item: str) -> str:
    return item.strip() if item.strip() == "/" else item.strip().rstrip("/")


def _name(item: str) -> str:
    return item.strip() if any(char.isalnum() for char in item) else ""


def _any_of(values: Sequence[str]) -> str:
    return " or ".join((", ".join(values[:-1]), values[-1])) if len(values) > 1 else values[0]


_READERS: dict[Field, Callable[[str], str]] = {
    "ext": _extension,
    "type": _type,
    "in": _folder,
    "name": _name,
    "lang": _language,
}
"""From an item as typed to the value; empty where it makes no sense."""
_SHOWN: dict[Field, Callable[[Sequence[str]], str]] = {
    "ext": lambda values: _any_of([f".{value}" for value in values]),
    "type": lambda values: _any_of(values),
    "in": lambda values: f"in {_any_of(values)}",
    "name": lambda values: f"named {_any_of([f'“{value}”' for value in values])}",
    "lang": lambda values: f"in {_any_of([LANGUAGES[value] for value in values])}",
}
