"""What a row shows, taken once out of a result of the service. Imports no Qt widget."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from finder.text import clean
from finder.types import FileType, Strength
from ui.words.phrases import Phrases

if TYPE_CHECKING:
    from finder.search.found import FoundFile

Kind = Literal["pdf", "document", "code", "mail", "slides", "sheet", "image", "folder"]
"""What a thumbnail looks like."""
_KINDS: dict[FileType, Kind] = {
    "code": "code", "mail": "mail", "slides": "slides", "sheet": "sheet", "image": "image", "notebook": "code",
    "video": "image", "archive": "folder",
}  # fmt: skip
_SHOWN_CHARS = 1_200
"""Of a passage: more than two lines of the widest window hold."""
_SEEN_CHARS, _LEAD_CHARS = 70, 24
"""So far into a passage its mark is on the first of two lines; of what is before a mark further on so much is shown."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Badge:
    """A fact about a file, as an icon and a word."""

    glyph: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One result, ready to be painted."""

    file: FoundFile
    name: str
    folder: tuple[str, ...]
    """The parts of its path, the home's as `~`."""
    date: str
    size: str
    place: str = field(compare=False)  # it is learned of what is shown, which is then not to be shown anew
    passage: str
    answer: Span | None
    """In `passage`: what answers by meaning."""
    words: tuple[Span, ...]
    """In `passage`: equal words."""
    name_words: tuple[Span, ...]
    further: int
    """Passages beside the one that is shown."""
    kind: Kind
    strength: Strength
    badges: tuple[Badge, ...]

    @property
    def uri(self) -> str:
        return self.file["uri"]

    @property
    def is_weak(self) -> bool:
        return self.strength == "weak"

    @property
    def is_ranked(self) -> bool:
        """False where only filters or a topic were asked for: then nothing fits better or worse."""
        return bool(self.file["why"]) or "relation" in self.file


def row_of(file: FoundFile, phrases: Phrases, home: str, page: int | None = None) -> Row:
    """What a result of the service shows.

    Args:
        home: the user's own folder, which paths call Home.
        page: on which the hit is, where that is known; the service knows on which its passage begins.
    """
    passages = file["passages"]
    best: dict[str, Any] = dict(passages[0]) if passages else {}
    text, answer, words = _shown(best)
    return Row(
        file=file,
        name=file["name"],
        folder=folder_parts(file["path"].removesuffix(file["name"]), home, phrases),
        date=phrases.date(file["modified"]),
        size=phrases.size(file["size_bytes"]),
        place=phrases.place(passages[0], page) if passages else "",
        passage=text,
        answer=answer,
        words=words,
        name_words=tuple(spans(file.get("name_words"), len(file["name"]))),
        further=max(0, len(passages) - 1),
        kind=kind_of(file["name"], file["type"]),
        strength=file["strength"],
        badges=_badges(file, phrases),
    )


def kind_of(name: str, type_: FileType) -> Kind:
    """What the thumbnail of a file looks like."""
    return "pdf" if name.lower().endswith(".pdf") else _KINDS.get(type_, "document")


def _shown(passage: dict[str, Any]) -> tuple[str, Span | None, tuple[Span, ...]]:
    """A passage's text on one line, with what is marked in it; long ones begin near what answers."""
    text: str = passage.get("text", "")
    answer = next(iter(spans([passage.get("answer")], len(text))), None)
    words = spans(passage.get("words"), len(text))
    first = answer[0] if answer else words[0][0] if words else 0
    cut = _beginning(text, first) if first > _SEEN_CHARS else 0
    lead = "… " if cut else ""
    line, places = _on_one_line(text[cut : cut + _SHOWN_CHARS])

    def moved(span: Span) -> Span:
        begin, end = (len(lead) + places[min(max(0, at - cut), len(places) - 1)] for at in span)
        return begin, end

    kept = tuple(moved(span) for span in words if cut <= span[0] < cut + len(places) - 1)
    return lead + line, moved(answer) if answer else None, kept


def _on_one_line(text: str) -> tuple[str, list[int]]:
    """A text with one space for each run of white space, and where its characters, and its end, then stand."""
    line: list[str] = []
    places: list[int] = []
    for char in text:
        is_more_space = char.isspace() and line and line[-1] == " "
        places.append(len(line) - 1 if is_more_space else len(line))
        if not is_more_space:
            line.append(" " if char.isspace() else char)
    return "".join(line), [*places, len(line)]


def _beginning(text: str, first: int) -> int:
    """Where a passage begins whose mark at `first` would not be seen: a little before it, at a word if it can."""
    near = first - _LEAD_CHARS
    gap = max(text.rfind(" ", near - _LEAD_CHARS, near), text.rfind("\n", near - _LEAD_CHARS, near))
    return gap + 1 if gap >= 0 else near


def spans(found: object, length: int) -> list[Span]:
    """Well-formed `[start, end]` pairs within a text; what else the service sends is as if it had sent nothing."""
    if not isinstance(found, list):
        return []
    pairs = [item for item in found if isinstance(item, list | tuple) and len(item) == 2]
    return sorted((int(low), min(length, int(high))) for low, high in pairs if 0 <= low < min(length, high))


def folder_parts(path: str, home: str, phrases: Phrases) -> tuple[str, ...]:
    """The folders of a path, one after the other."""
    path, home = path.rstrip("/\\"), home.rstrip("/\\")
    is_inside = bool(home) and (path == home or path.startswith((home + "/", home + "\\")))
    parts = [clean(part) for part in path[len(home) * is_inside :].replace("\\", "/").split("/") if part]
    return (phrases.home(), *parts) if is_inside else tuple(parts) or ("/",)


def _badges(file: FoundFile, phrases: Phrases) -> tuple[Badge, ...]:
    badges = []
    if file["copies"]:
        badges.append(Badge("copies", phrases.copies(len(file["copies"]) + 1)))
    if file["is_offline"]:
        badges.append(Badge("offline", phrases.offline()))
    reach = file.get("reach")
    if reach == "name":
        badges.append(Badge("clock", phrases.name_only()))
    elif reach == "text":
        badges.append(Badge("clock", phrases.text_only()))
    return tuple(badges[:2])
