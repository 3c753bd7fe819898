"""How an answer to `find` looks: rows for a person on a terminal, lines for a pipe.

rich's console is imported for a terminal alone: it costs a tenth of a second.

A row is the file's name and date, the passage, and one line with the place, the folder and how well it fits. A line
in a pipe is `path TAB strength TAB place TAB passage`: the path is for showing, `--json` has the exact one.
"""

from __future__ import annotations

import re
import sys
from datetime import datetime
from typing import TYPE_CHECKING

from rich.cells import cell_len

from finder.cli.excerpt import Excerpt, code_excerpt, cut_middle, cut_right, excerpt, marks_in, query_words
from finder.cli.screen import count, is_terminal, print_json, printable, say, short_path
from finder.search.found import Coverage, Found, FoundFile, FoundPassage

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_WIDEST_CELLS = 100
_LINE_CELLS = 200
_PASSAGE_LINES = 3
_HEADING_CELLS = 28
_LEAST_FOLDER_CELLS = 16
_STRENGTH_MARKS = {"strong": "●", "good": "◐", "weak": "○"}
_SAFE_URI = re.compile(r"file:///[A-Za-z0-9._~%/:@!$&'()*+,;=-]*")
"""What a terminal may be given as a link (RFC 3986): nothing in it can end an OSC 8 sequence."""


def show(found: Found, as_json: bool) -> None:
    """Print an answer on stdout, as what reads it wants it."""
    if as_json:
        print_json(found)
    elif is_terminal(sys.stdout):
        from rich.console import Console

        show_rows(found, Console(highlight=False, markup=False, emoji=False))
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
    coverage = found["coverage"]
    if coverage["pending"] and has_match(found):
        lines.append(f"Still indexing {count(coverage['pending'], 'file')}: more may be found.")
    # Worth a line only where the file that was meant may be among them.
    if coverage["failed"] and not has_match(found):
        lines.append(f"{count(coverage['failed'], 'file')} could not be read: inkling index FOLDER names them.")
    if coverage["filtered_out"] and not has_match(found):
        lines.append(f"{coverage['filtered_out']:,} more hidden by --in.")
    return lines + [printable(note) for note in found["notes"]]


def _nothing(found: Found) -> str:
    coverage = found["coverage"]
    if coverage["pending"]:
        return f"Nothing fits yet: {count(coverage['pending'], 'file')} still to be indexed."
    if not coverage["indexed"]:
        return "Nothing is indexed here. Add a folder with: inkling index FOLDER"
    files = "The one indexed file does not answer" if coverage["indexed"] == 1 else _none_of(coverage)
    return f"Nothing fits. {files} “{printable(found['query'])}”."


def _none_of(coverage: Coverage) -> str:
    return f"None of {count(coverage['indexed'], 'file')} answers"


def place(passage: FoundPassage) -> str:
    """Where a passage stands, in words: `page 4 · Deposits`."""
    where = passage["label"]
    if where is None and passage["page"] is not None:
        where = f"page {passage['page']}"
    if where is None and passage["line"] is not None:
        where = f"line {passage['line']}"
    heading = passage["heading"]
    if heading and where and f" {heading}," in where:  # a sheet's name is part of its label
        heading = None
    parts = (where, heading and cut_right(printable(heading), _HEADING_CELLS))
    return printable(" · ".join(part for part in parts if part))


# --- lines for a pipe


def lines(found: Found) -> list[str]:
    """One line for each result, its cells parted by tabs: path, strength, place, passage."""
    words = query_words(found["query"])
    return ["\t".join(_cells(file, words)) for file in _ordered(found)]


def _cells(file: FoundFile, words: tuple[str, ...]) -> tuple[str, ...]:
    first = next(iter(file["passages"]), None)
    passage = (place(first), excerpt(first["text"], words, _LINE_CELLS).text) if first else ("", "")
    return (printable(file["path"]), file["strength"], *passage)


def _ordered(found: Found) -> list[FoundFile]:
    """Weak matches last, else in the order of the answer."""
    return sorted(found["results"], key=lambda file: file["strength"] == "weak")


# --- rows for a person


def show_rows(found: Found, console: Console) -> None:
    """A row for each result, weak ones behind a divider; then what is to be known of the answer as a whole."""
    from rich.rule import Rule
    from rich.text import Text

    width = min(console.width, _WIDEST_CELLS)
    words = query_words(found["query"])
    notes = outcome(found)
    if not has_match(found):
        console.print(Text(f"{notes.pop(0)}\n", style="bold"))
    is_divided = False
    for file in _ordered(found):
        if file["strength"] == "weak" and not is_divided:
            console.print(Rule("Weaker matches", align="left", style="dim"), width=width)
            is_divided = True
        _show_row(console, file, words, width)
    for line in (*notes, _footer(found)):
        console.print(Text(line, style="dim"))


def _show_row(console: Console, file: FoundFile, words: tuple[str, ...], width: int) -> None:
    from rich.text import Text

    lines = [_title(file, words, width)]
    if file["passages"]:
        style = "dim" if file["strength"] == "weak" else ""
        lines += [Text("  ", style).append_text(line) for line in _passage_lines(console, file, words, width - 2)]
    lines.append(Text(f"  {_details(file, width - 2)}", "dim"))
    for line in (*lines, Text()):
        console.print(line, no_wrap=True, overflow="ignore", crop=False)


def _title(file: FoundFile, words: tuple[str, ...], width: int) -> Text:
    from rich.style import Style
    from rich.text import Text

    date = _date(file["modified"])
    name = cut_middle(printable(file["name"]), max(8, width - 4 - len(date)))
    title = Text(f"{_STRENGTH_MARKS[file['strength']]} ")
    is_link = _SAFE_URI.fullmatch(file["uri"]) is not None
    title.append(name, Style(bold=True, link=file["uri"] if is_link else None))
    for (low, high), _ in marks_in(name, words):
        title.stylize("underline", 2 + low, 2 + high)
    gap = max(2, width - 2 - cell_len(name) - len(date))
    return title.append(" " * gap + date, "dim")


def _passage_lines(console: Console, file: FoundFile, words: tuple[str, ...], width: int) -> list[Text]:
    from rich.text import Text

    text = file["passages"][0]["text"]
    room = width * _PASSAGE_LINES - width // 4
    shown: Excerpt = code_excerpt(text, words, width) if file["type"] == "code" else excerpt(text, words, room)
    body = Text(shown.text)
    for low, high in shown.marks:
        body.stylize("bold underline", low, high)
    return list(body.wrap(console, width))[:_PASSAGE_LINES]


def _details(file: FoundFile, width: int) -> str:
    first = next(iter(file["passages"]), None)
    further = f"+{len(file['passages']) - 1}" if len(file["passages"]) > 1 else ""
    where = " ".join(part for part in (place(first) if first else "", further) if part)
    fit = f"{file['strength']} ({', '.join(file['why'])})"
    copies = count(len(file["copies"]) + 1, "copy", "copies") if file["copies"] else ""
    rest = [part for part in (fit, copies) if part]
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


def _footer(found: Found) -> str:
    matches = sum(file["strength"] != "weak" for file in found["results"])
    shown = count(matches, "match", "matches")
    return f"{shown} in {count(found['coverage']['indexed'], 'file')}, {found['elapsed_ms'] / 1000:.2f} s"
