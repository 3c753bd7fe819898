"""tesseract, the text recognition program, where it is installed: a picture in, the words that it shows out.

It runs in a process of its own for each picture, shut in by `finder.workers.confined`, with a deadline, and is ended
with whatever it has started. Pictures come from anybody: nothing but its standard output is taken from it, and of that
only what has the form agreed. Imports no reader.

Source: tesseract(1); its TSV output, https://tesseract-ocr.github.io/tessdoc/Command-Line-Usage.html.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from finder.errors import CancelledError, WorkerDiedError
from finder.workers.launch import command, environment

PROGRAM = "tesseract"
HOW_TO_INSTALL = (
    "Install tesseract and the data of your languages: sudo apt install tesseract-ocr tesseract-ocr-deu,"
    " sudo dnf install tesseract, brew install tesseract"
)
_LOOK_S = 15.0
_KNOWN_FOR_S = 300.0
_OUTPUT_BYTES = 8 << 20
_LEAST_CONFIDENCE = 50.0
"""Of a line's words on average, in per cent: below it is what tesseract makes of grass and faces."""
_WORD_LEVEL = "5"
_MOST_PAGES = 10_000
_LANGUAGE_NAME = re.compile(r"[A-Za-z][\w/-]{1,30}")
_ORIENTATION = "osd"
_MOST_LANGUAGES = 3
_LANGUAGES = {
    "ar": "ara", "bg": "bul", "ca": "cat", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa",
    "et": "est", "eu": "eus", "fa": "fas", "fi": "fin", "fr": "fra", "ga": "gle", "gl": "glg", "he": "heb", "hi": "hin",
    "hr": "hrv", "hu": "hun", "id": "ind", "is": "isl", "it": "ita", "ja": "jpn", "ko": "kor", "lt": "lit", "lv": "lav",
    "nb": "nor", "nl": "nld", "nn": "nor", "no": "nor", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus", "sk": "slk",
    "sl": "slv", "sr": "srp", "sv": "swe", "th": "tha", "tr": "tur", "uk": "ukr", "vi": "vie", "zh": "chi_sim",
    "zh_hk": "chi_tra", "zh_tw": "chi_tra",
}  # fmt: skip
"""What a locale calls a language (ISO 639-1) -> what tesseract calls it."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A tesseract that runs."""

    path: str
    languages: tuple[str, ...]
    """Those that it reads in: the user's and English, as far as their data are there."""
    finds_orientation: bool
    """Pages that lie on their side are read too."""


class Tesseract:
    """Runs it, for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_stopped = False
        self._looked_at: tuple[str, float] = ("", 0.0)
        self._installed: Installed | None = None

    def installed(self) -> Installed | None:
        """What is installed; None where there is none, or it does not run. Asked often: looked at now and then."""
        path = shutil.which(PROGRAM)
        if path is None:
            return None
        known, at_s = self._looked_at
        if known != path or time.monotonic() - at_s > _KNOWN_FOR_S:
            self._installed = self._look(os.path.realpath(path))
            self._looked_at = (path, time.monotonic())
        return self._installed

    def read(self, picture: bytes | int, timeout_s: float, dpi: int | None = None) -> dict[int, str]:
        """The words in a picture, by its page, counted from 1; a page without words is left out.

        Args:
            picture: its bytes, or a descriptor that stands at its first.
            dpi: dots per inch, None where the picture says so itself.
        Raises:
            WorkerDiedError: it was too slow, crashed, is not there any more, or would not end to talk.
            CancelledError: `stop` was called.
        """
        installed = self.installed()
        if installed is None:
            raise WorkerDiedError("died", f"{PROGRAM} is not installed any more")
        arguments = ["-", "-", "-l", "+".join(installed.languages), "-c", "tessedit_create_tsv=1"]
        arguments += ["--psm", "1"] if installed.finds_orientation else []
        arguments += ["--dpi", str(dpi)] if dpi is not None else []
        return texts_of(self._run([installed.path, *arguments], picture, timeout_s).decode("utf-8", "replace"))

    def stop(self) -> None:
        """End what runs; nothing runs afterwards."""
        with self._lock:
            self._is_stopped = True
            for process in self._running:
                _kill(process)

    def _look(self, path: str) -> Installed | None:
        try:
            said = self._run([path, "--list-langs"], b"", _LOOK_S).decode("utf-8", "replace")
        except WorkerDiedError:
            return None
        there = [line.strip() for line in said.splitlines() if _LANGUAGE_NAME.fullmatch(line.strip())]
        languages = wanted_languages(there, os.environ)
        return Installed(path, languages, _ORIENTATION in there) if languages else None

    def _run(self, arguments: Sequence[str], given: bytes | int, timeout_s: float) -> bytes:
        """What a confined program writes to its standard output.

        Raises:
            WorkerDiedError, CancelledError: as `read`.
        """
        with self._started(arguments, given) as process:
            assert process.stdout is not None
            late: list[subprocess.Popen[bytes]] = []
            timer = threading.Timer(timeout_s, _end_late, [process, late])
            timer.start()
            try:
                output = process.stdout.read(_OUTPUT_BYTES + 1)
                if len(output) <= _OUTPUT_BYTES:
                    process.wait()
            finally:
                timer.cancel()
        if self._is_stopped:
            raise CancelledError
        if late:
            raise WorkerDiedError("too_slow", f"{PROGRAM} did not answer in time and was ended")
        if len(output) > _OUTPUT_BYTES or process.returncode != 0:
            raise WorkerDiedError("crashed", f"{PROGRAM} failed", f"exit status {process.returncode}")
        return output

    @contextlib.contextmanager
    def _started(self, arguments: Sequence[str], given: bytes | int) -> Iterator[subprocess.Popen[bytes]]:
        """The running program, which is over afterwards, with all that it has started."""
        with self._lock:
            if self._is_stopped:
                raise CancelledError
            process = subprocess.Popen(
                command("finder.workers.confined", str(os.getpid()), *arguments),
                stdin=given if isinstance(given, int) else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment(),
                cwd="/",
                start_new_session=True,
            )
            self._running.add(process)
        feeding = threading.Thread(target=_feed, args=(process, given), name=PROGRAM, daemon=True)
        feeding.start()
        try:
            yield process
        finally:
            with self._lock:
                self._running.discard(process)
            _kill(process)
            process.wait()
            feeding.join()
            assert process.stdout is not None
            process.stdout.close()


def wanted_languages(there: Sequence[str], variables: os._Environ[str] | dict[str, str]) -> tuple[str, ...]:
    """Of the languages that are there, those to read in: the user's by the locale, and English; else what there is."""
    names = [variables.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")]
    locales = [locale.partition(".")[0].partition("@")[0].lower() for locale in ":".join(names).split(":")]
    wanted = [_LANGUAGES.get(locale) or _LANGUAGES.get(locale.partition("_")[0]) for locale in locales]
    chosen = dict.fromkeys(code for code in (*wanted, "eng") if code in there)
    others = dict.fromkeys(code for code in there if code != _ORIENTATION)
    return tuple(code for code in chosen or others if code is not None)[:_MOST_LANGUAGES]


def texts_of(tsv: str) -> dict[int, str]:
    """The text of each page in tesseract's TSV, without the lines that it is not sure of.

    Columns: level, page, block, paragraph, line, word, left, top, width, height, confidence, text.
    """
    lines: dict[tuple[int, ...], list[tuple[float, str]]] = defaultdict(list)
    for row in tsv.splitlines():
        values = row.split("\t", 11)
        if len(values) == 12 and values[0] == _WORD_LEVEL and values[11].strip():
            with contextlib.suppress(ValueError):
                confidence, (page, block, paragraph, line) = float(values[10]), map(int, values[1:5])
                if 1 <= page <= _MOST_PAGES:
                    lines[page, block, paragraph, line].append((confidence, values[11].strip()))
    pages: dict[int, str] = defaultdict(str)
    last: tuple[int, ...] = ()
    for place, words in lines.items():
        text = " ".join(word for _, word in words)
        sure = sum(confidence * len(word) for confidence, word in words) / sum(len(word) for _, word in words)
        if sure >= _LEAST_CONFIDENCE and any(map(str.isalnum, text)):
            before = pages[place[0]]
            pages[place[0]] = before + ("" if not before else "\n" if last == place[:3] else "\n\n") + text
            last = place[:3]
    return dict(pages)


def _feed(process: subprocess.Popen[bytes], given: bytes | int) -> None:
    if isinstance(given, bytes) and process.stdin is not None:
        with contextlib.suppress(OSError), process.stdin as stdin:  # it may end without listening
            stdin.write(given)


def _end_late(process: subprocess.Popen[bytes], late: list[subprocess.Popen[bytes]]) -> None:
    late.append(process)
    _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it has started: they are a session of their own, which may outlive it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
