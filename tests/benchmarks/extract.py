"""How much of what real files hold do the readers find?

    python -m tests.benchmarks.extract FOLDER [--only FORMAT ...] [--verbose]

FOLDER holds files and `manifest.jsonl`, a line a file: `path` in the folder, `format`, and either `expect`, phrases
that its text must hold, or `expect_error`, how reading it must end; `ocr` where the words are in pictures. Each file is
read by the real worker in its sandbox. Right is a file that yields every phrase, or ends exactly as it must; where a
lock is on a part alone (a mail's body, one file of an archive), the rest is read and the lock must be noted. Files that
are found by name alone by design, and those that want text recognition, are counted apart.

Where `pdftotext` (poppler) is installed, PDFs are measured against it, word by word, and on files over 100 kB against
the speed of pypdfium2 alone, in alternating turns.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from rich.console import Console
from rich.table import Table

from finder.errors import FileError, WorkerDiedError
from finder.extract.kinds import kind_of
from finder.types import Extraction, JsonObject
from finder.workers.extract_front import ExtractFront

_NO_WORDS = 20
"""Fewer word characters than this are no text."""
_ALLOWED_CODES = {
    "encrypted": {"encrypted"},
    "corrupt": {"corrupt"},
    "empty": {"empty"},
    "no_text": {"no_text", "unsupported"},
    "binary": {"binary", "unsupported"},
}
"""How reading must end, by what the manifest expects. All else (bombs, damage) may end in text or any reason."""
_LOCK = re.compile("encrypted|Protected by a password")
"""In a note: a part of the file is locked."""
_CRASHES = frozenset(("crashed_reader", "too_slow", "too_much_memory", "died"))
_LARGE_BYTES = 100_000
_TURNS = 3
_PLAIN = str.maketrans("’‘“”–—", "''\"\"--")
_WORD = re.compile(r"\w+")
_BROKEN_WORD = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]\n(?=[a-zà-ÿ])")


def text_of(extraction: Extraction) -> str:
    """The document's text put together again from its passages."""
    pieces: list[str] = []
    end = 0
    for passage in extraction.passages:
        pieces += ["\n" if passage.start > end else "", passage.text]
        end = passage.end
    return "".join(pieces)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the worker made of one file."""

    text: str
    code: str | None
    """Why there is no text; None where there is."""
    is_locked: bool
    """A note says that a part of it is."""
    seconds: float


def read(front: ExtractFront, path: Path) -> Reading:
    descriptor = os.open(path, os.O_RDONLY)
    begun = time.perf_counter()
    is_locked = False
    try:
        extraction = front.extract(descriptor, os.fsencode(path.name))
        text, code = text_of(extraction), None
        is_locked = any(map(_LOCK.search, extraction.notes))
    except (FileError, WorkerDiedError) as error:
        text, code = "", error.code
    finally:
        os.close(descriptor)
    return Reading(text, code, is_locked, time.perf_counter() - begun)


def missing_from(entry: JsonObject, reading: Reading) -> tuple[str, ...]:
    """What `entry` of the manifest asks for and reading did not give."""
    text, code = reading.text, reading.code
    expected = entry.get("expect_error")
    if expected is None:
        plain = _normalised(text)
        dense = plain.replace(" ", "")
        return tuple(
            p for p in entry["expect"] if (n := _normalised(p)) not in plain and n.replace(" ", "") not in dense
        )
    is_silent = expected in ("no_text", "binary") and code is None and len(re.findall(r"\w", text)) < _NO_WORDS
    if expected == "encrypted" and reading.is_locked:
        return ()
    is_right = code in _ALLOWED_CODES[expected] if expected in _ALLOWED_CODES else code not in _CRASHES
    return () if is_right or is_silent else (f"ending in {expected}",)


def _normalised(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).replace("\u00ad", "").replace("\u200b", "").translate(_PLAIN)
    return " ".join(text.split()).casefold()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    path: str
    reading: Reading
    missing: tuple[str, ...]
    """What it should have given; empty where all is right."""


def group_of(entry: JsonObject) -> str:
    if entry.get("expect_error"):
        return f"trouble: {entry['expect_error']}"
    if entry.get("ocr"):
        return "wants text recognition"
    if kind_of(Path(entry["path"]).name).reader is None:
        return "by name alone"
    return str(entry["format"])


_APART = ("by name alone", "wants text recognition")


def report(outcomes: dict[str, list[Outcome]], console: Console, is_verbose: bool) -> None:
    table = Table("format", "files", "right", "share", "words/s", title="Files that give all that they must")
    for column in table.columns[1:]:
        column.justify = "right"
    counted = [outcome for group, found in outcomes.items() if group not in _APART for outcome in found]
    for group in sorted(outcomes, key=lambda group: (group in _APART, group)):
        _add_row(table, group, outcomes[group])
    table.add_section()
    _add_row(table, "all but the last two kinds" if set(_APART) & set(outcomes) else "all", counted)
    console.print(table)
    for group in sorted(outcomes):
        for outcome in outcomes[group]:
            if outcome.missing and (is_verbose or group not in _APART):
                console.print(
                    f"{outcome.path} ({outcome.reading.code or 'read'}): missing {'; '.join(outcome.missing)}"
                )


def _add_row(table: Table, group: str, outcomes: Sequence[Outcome]) -> None:
    right = sum(not outcome.missing for outcome in outcomes)
    words = sum(len(_WORD.findall(outcome.reading.text)) for outcome in outcomes)
    seconds = sum(outcome.reading.seconds for outcome in outcomes)
    share = right / len(outcomes) if outcomes else 0.0
    table.add_row(group, str(len(outcomes)), str(right), f"{share:.3f}", f"{words / seconds:,.0f}" if seconds else "-")


def compare_pdfs(front: ExtractFront, paths: Iterable[Path], console: Console, is_verbose: bool) -> None:
    """Words against pdftotext's, and on large files the time against pypdfium2's own."""
    found = wanted = 0
    shares: list[float] = []
    ours_s = theirs_s = 0.0
    sizes: Counter[str] = Counter()
    for path in paths:
        theirs = Counter(_words(_pdftotext(path)))
        reading = read(front, path)
        if not theirs or reading.code is not None:
            continue
        common = (theirs & Counter(_words(reading.text))).total()
        found, wanted = found + common, wanted + theirs.total()
        shares.append(common / theirs.total())
        if is_verbose and shares[-1] < 0.97:
            lost = theirs - Counter(_words(reading.text))
            console.print(f"{path.name}: {shares[-1]:.3f} of {theirs.total()}; lost {list(lost)[:12]}")
        if path.stat().st_size > _LARGE_BYTES:
            sizes["files"] += 1
            ours_s += _fastest(lambda path=path: read(front, path))
            theirs_s += _fastest(lambda path=path: _pypdfium2(path))
    if not shares:
        return
    table = Table("measure", "value", title="PDF")
    table.add_row(f"words of pdftotext found, of {wanted:,} in {len(shares)} files", f"{found / wanted:.3f}")
    table.add_row("the same, mean of the files", f"{sum(shares) / len(shares):.3f}")
    table.add_row("files below 0.95", str(sum(share < 0.95 for share in shares)))
    if ours_s:
        table.add_row(f"{sizes['files']} files over 100 kB: through the worker", f"{ours_s:.2f} s")
        table.add_row("pypdfium2 alone", f"{theirs_s:.2f} s")
        table.add_row("speed in parts of pypdfium2's", f"{theirs_s / ours_s:.2f}")
    console.print(table)


def _words(text: str) -> list[str]:
    text = _BROKEN_WORD.sub("", text.replace("\r", ""))
    return _WORD.findall(unicodedata.normalize("NFKC", text).replace("\u00ad", "").casefold())


def _pdftotext(path: Path) -> str:
    command = ["pdftotext", "-enc", "UTF-8", os.fspath(path), "-"]
    return subprocess.run(command, capture_output=True, check=False, timeout=120).stdout.decode("utf-8", "replace")


def _pypdfium2(path: Path) -> int:
    """The plainest use of the library: every page's text, and nothing done with it."""
    pdf = pypdfium2.PdfDocument(path)
    try:
        return sum(len(pdf[index].get_textpage().get_text_range()) for index in range(len(pdf)))
    finally:
        pdf.close()


def _fastest(action: Callable[[], object]) -> float:
    times = []
    for _ in range(_TURNS):
        begun = time.perf_counter()
        action()
        times.append(time.perf_counter() - begun)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.extract")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=[], help="formats, as the manifest calls them")
    parser.add_argument("--verbose", action="store_true", help="misses of files that are counted apart, and lost words")
    arguments = parser.parse_args()
    lines = (arguments.folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [entry for entry in map(json.loads, lines) if not arguments.only or entry["format"] in arguments.only]
    console = Console(width=None if sys.stdout.isatty() else 200, soft_wrap=True, markup=False, highlight=False)
    with tempfile.TemporaryDirectory() as logs:
        front = ExtractFront(Path(logs))
        try:
            outcomes: dict[str, list[Outcome]] = defaultdict(list)
            for entry in entries:
                reading = read(front, arguments.folder / entry["path"])
                missing = missing_from(entry, reading)
                outcomes[group_of(entry)].append(Outcome(entry["path"], reading, missing))
            report(outcomes, console, arguments.verbose)
            if shutil.which("pdftotext"):
                pdfs = [
                    arguments.folder / e["path"] for e in entries if e["format"] == "pdf" and not e.get("expect_error")
                ]
                compare_pdfs(front, pdfs, console, arguments.verbose)
        finally:
            front.stop()


if __name__ == "__main__":
    main()
