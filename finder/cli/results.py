"""How an answer to `find` looks: rows for a person on a terminal, lines for a pipe.

rich's console is imported for a terminal alone: it costs a tenth of a second.

A row is the file's name and date, the passage, and one line with the place, the folder and how well it fits. A line
in a pipe is `path TAB strength TAB place TAB passage`: the path is for showing, `--json` has the exact one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING

from rich.cells import cell_len

from finder.cli.excerpt import Excerpt, code_excerpt, cut_middle, cut_right, excerpt
from finder.cli.screen import count, is_terminal, print_json, printable, say, short_path
from finder.search.found import Chip, Coverage, Found, FoundFile, FoundPassage, line_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_WIDEST_CELLS = 100
_LINE_CELLS = 200
_PASSAGE_LINES = 3
_HEADING_CELLS = 28
_LEAST_FOLDER_CELLS = 16
_REASON_CELLS = 52
_ANSWER_STYLE = "black on #ffe28a"
"""Both colours, so that it can be read whatever the terminal's are."""
_STRENGTH_MARKS = {"strong": "●", "good": "◐", "weak": "○"}
_SAFE_URI = re.compile(r"file:///[A-Za-z0-9._~%/:@!$&'()*+,;=-]*")
"""What a terminal may be given as a link (RFC 3986): nothing in it can end an OSC 8 sequence."""


def show(found: Found, as_json: bool, limit: int) -> None:
    """Print an answer on stdout, as what reads it wants it.

    Args:
        limit: so many files at most were asked for.
    """
    if as_json:
        print_json(found)
    elif is_terminal(sys.stdout):
        from rich.console import Console

        show_rows(found, Console(highlight=False, markup=False, emoji=False), limit)
    else:
        print("".join(f"{line}\n" for line in lines(found)), end="")
        for line in outcome(found):
            say(f"inkling: {line}")


def has_match(found: Found) -> bool:
    """True where something is above weak: what exit status 0 means."""
    return any(file["strength"] != "weak" for file in found["results"])


def outcome(found: Found) -> list[str]:
    """What a person should know of the answer as a whole: whether anything fits, and what it cannot know yet."""
    lines = [] if has_match(found) else [_nothing(found)]
    if found["suggestion"] is not None:
        lines.append(f"Did you mean: {printable(found['suggestion'])}")
    if found["understood"]:
        lines.append(_understood(found["understood"]))
    coverage = found["coverage"]
    if coverage["pending"] and has_match(found):
        lines.append(f"Still indexing {count(coverage['pending'], 'file')}: more may be found.")
    is_elsewhere = found["empty_because"] == "folder_not_indexed"
    # Worth a line only where the file that was meant may be among them.
    if coverage["failed"] and not has_match(found) and not is_elsewhere:
        lines.append(f"{count(coverage['failed'], 'file')} could not be read: inkling status --failed names them.")
    is_told = any(chip["fits_without"] for chip in found["understood"])
    if coverage["filtered_out"] and not has_match(found) and not is_told and not is_elsewhere:
        lines.append(f"{coverage['filtered_out']:,} more hidden by filters.")
    return lines + [printable(note) for note in found["notes"]]


def _nothing(found: Found) -> str:
    coverage = found["coverage"]
    if found["empty_because"] == "folder_not_indexed":
        return "Nothing is indexed there."
    if found["empty_because"] == "hidden_by_filters":
        return "Nothing fits with these filters."
    if coverage["pending"]:
        return f"Nothing fits yet: {count(coverage['pending'], 'file')} still to be indexed."
    if not coverage["indexed"] and not found["understood"]:
        return "Nothing is indexed here. Add a folder with: inkling index FOLDER"
    if not found["query"] or not coverage["indexed"]:
        return "No file passes these filters."
    files = "The one indexed file does not answer" if coverage["indexed"] == 1 else _none_of(coverage)
    return f"Nothing fits. {files} “{printable(found['query'])}”."


def _understood(chips: Sequence[Chip]) -> str:
    """`Understood: .pdf · before 2020 · not in archive (without it 3 fit)`."""
    return "Understood: " + " · ".join(
        printable(chip["text"]) + (f" (without it {chip['fits_without']:,} fit)" if chip["fits_without"] else "")
        for chip in chips
    )


def _none_of(coverage: Coverage) -> str:
    return f"None of {count(coverage['indexed'], 'file')} answers"


def place(passage: FoundPassage) -> str:
    """Where a passage stands, in words: `page 4 · Deposits`."""
    where = passage["label"]
    if where is None and passage["page"] is not None:
        where = f"page {passage['page']}"
    if where is None and (line := line_of(passage)) is not None:
        where = f"line {line}"
    heading = passage["heading"]
    if heading and where and f" {heading}," in where:  # a sheet's name is part of its label
        heading = None
    parts = (where, heading and cut_right(printable(heading), _HEADING_CELLS))
    return printable(" · ".join(part for part in parts if part))


# --- lines for a pipe


def lines(found: Found) -> list[str]:
    """One line for each result, its cells parted by tabs: path, strength, place, passage."""
    return ["\t".join(_cells(file)) for file in found["results"]]


def _cells(file: FoundFile) -> tuple[str, ...]:
    first = next(iter(file["passages"]), None)
    passage = (place(first), _excerpt(first, _LINE_CELLS).text) if first else ("", "")
    return (printable(file["path"]), file["strength"], *passage)


def _excerpt(passage: FoundPassage, cells: int) -> Excerpt:
    return excerpt(passage["text"], passage["words"], passage["answer"], cells)


# --- rows for a person


def show_rows(found: Found, console: Console, limit: int) -> None:
    """A row for each result, weak ones behind a divider; then what is to be known of the answer as a whole."""
    from rich.rule import Rule
    from rich.text import Text

    width = min(console.width, _WIDEST_CELLS)
    notes = outcome(found)
    if not has_match(found):
        console.print(Text(f"{notes.pop(0)}\n", style="bold"))
    is_divided = False
    for file in found["results"]:
        if file["strength"] == "weak" and not is_divided:
            console.print(Rule("Weaker matches", align="left", style="dim"), width=width)
            is_divided = True
        _show_row(console, file, width)
    for line in (*notes, _footer(found, limit)):
        console.print(Text(line, style="dim"))


def _show_row(console: Console, file: FoundFile, width: int) -> None:
    from rich.text import Text

    lines = [_title(file, width)]
    if file["passages"]:
        style = "dim" if file["strength"] == "weak" else ""
        lines += [Text("  ", style).append_text(line) for line in _passage_lines(console, file, width - 2)]
    lines.append(Text(f"  {_details(file, width - 2)}", "dim"))
    for line in (*lines, Text()):
        console.print(line, no_wrap=True, overflow="ignore", crop=False)


def _title(file: FoundFile, width: int) -> Text:
    from rich.style import Style
    from rich.text import Text

    date = _date(file["modified"])
    name = cut_middle(printable(file["name"]), max(8, width - 4 - len(date)))
    title = Text(f"{_STRENGTH_MARKS[file['strength']]} ")
    is_link = _SAFE_URI.fullmatch(file["uri"]) is not None
    title.append(name, Style(bold=True, link=file["uri"] if is_link else None))
    for low, high in _kept_spans(file["name"], name, file["name_words"]):
        title.stylize("underline", 2 + low, 2 + high)
    gap = max(2, width - 2 - cell_len(name) - len(date))
    return title.append(" " * gap + date, "dim")


def _kept_spans(name: str, shown: str, spans: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Spans of a name in what is shown of it: its beginning and its end."""
    head, tail = _equal_chars(name, shown), len(name) - _equal_chars(name[::-1], shown[::-1])
    shift = len(shown) - len(name)
    return [
        (low, high) if high <= head else (low + shift, high + shift)
        for low, high in spans
        if high <= head or low >= tail
    ]


def _equal_chars(left: str, right: str) -> int:
    """How many they begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False)))


def _passage_lines(console: Console, file: FoundFile, width: int) -> list[Text]:
    from rich.text import Text

    first = file["passages"][0]
    room = width * _PASSAGE_LINES - width // 4
    is_code = file["type"] == "code"
    shown = code_excerpt(first["text"], first["words"], first["answer"], width) if is_code else _excerpt(first, room)
    body = Text(shown.text)
    if shown.answer is not None:
        body.stylize(_ANSWER_STYLE, *shown.answer)
    for low, high in shown.marks:
        body.stylize("bold underline", low, high)
    return list(body.wrap(console, width))[:_PASSAGE_LINES]


def _details(file: FoundFile, width: int) -> str:
    first = next(iter(file["passages"]), None)
    further = f"+{len(file['passages']) - 1}" if len(file["passages"]) > 1 else ""
    where = " ".join(part for part in (place(first) if first else "", further) if part)
    reason = printable(file["reason"])
    fit = f"{file['strength']}, {cut_right(reason[:1].lower() + reason[1:], _REASON_CELLS)}"
    copies = count(len(file["copies"]) + 1, "copy", "copies") if file["copies"] else ""
    rest = [part for part in (fit, copies, "offline" if file["is_offline"] else "") if part]
    room = width - cell_len(" · ".join((where, "", *rest)))
    folder = cut_middle(short_path(_folder(file)), max(_LEAST_FOLDER_CELLS, room), tail_cells=width)
    return cut_right(" · ".join(part for part in (where, folder, *rest) if part), width)


def _folder(file: FoundFile) -> str:
    return file["path"].removesuffix(file["name"]).rstrip("/\\") or "/"


def _date(modified: str) -> str:
    """`3 May 2024`, in the computer's time zone; as it came where it is no date."""
    try:
        when = datetime.fromisoformat(modified).astimezone()
    except (ValueError, OverflowError):
        return printable(modified)
    return f"{when.day} {when:%b %Y}"


def _footer(found: Found, limit: int) -> str:
    matches = [file for file in found["results"] if file["strength"] != "weak"]
    shown = count(len(matches), "match", "matches")
    fits = sum(found["kinds"].values())
    is_cut = len(matches) >= limit and fits > sum(1 + len(file["copies"]) for file in matches)
    # Of a chosen type alone it is not told how many there are.
    if is_cut and not any(chip["field"] == "type" for chip in found["understood"]):
        shown = f"{len(matches):,} of {fits:,} matches (--limit shows more)"
    return f"{shown} in {count(found['coverage']['indexed'], 'file')}, {found['elapsed_ms'] / 1000:.2f} s"
