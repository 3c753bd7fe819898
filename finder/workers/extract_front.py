"""The extract workers as the pipeline sees them: an open file in, its passages out. Imports no reader."""

from __future__ import annotations

import os.path
import queue
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from finder.errors import CancelledError, FileError, FinderError, ServiceError, WorkerDiedError
from finder.extract.kinds import is_picture
from finder.types import Extraction, JsonObject
from finder.workers.channel import Blob
from finder.workers.child import WorkerSpec
from finder.workers.extraction_wire import from_json
from finder.workers.recognition import DrawnPage, Recognised, Recogniser
from finder.workers.serving import Reply
from finder.workers.supervisor import Worker

_DEADLINE_S = 20.0
_LONG_DEADLINE_S = 60.0
_LONG_SUFFIXES = frozenset(
    b".pdf .doc .docx .docm .ppt .pptx .pptm .xls .xlsx .xlsm .xlsb .odt .ods .odp .rtf .epub".split()
)
_RENEW_AFTER = 500
_IDLE_S = 60.0
_CODES = frozenset(("encrypted", "corrupt", "empty", "no_text", "binary", "too_large", "unsupported"))
"""What readers raise (see `finder.extract.registry.read_document`)."""
_LONGEST_WORDS = 1000
_SURROGATE = re.compile("[\ud800-\udfff]")
_TITLES = {
    "crashed_reader": "Its reader crashed",
    "too_slow": "Reading it took too long",
    "too_much_memory": "Reading it took too much memory",
}


class ExtractFront:
    """Takes text out of open files, one file per worker at a time.

    Args:
        logs: the folder for the workers' logs.
        count: workers, each started when it is needed; as many calls run at one time, further ones wait.
        recognises_text: whether the user wants text in pictures to be recognised, asked again for each file.
    """

    def __init__(self, logs: Path, count: int = 1, recognises_text: Callable[[], bool] = lambda: False) -> None:
        self._recogniser = Recogniser(recognises_text)
        self.workers = [Worker(_spec(f"extract-{number}"), logs) for number in range(1, count + 1)]
        self.sandbox: str | None = None
        """What holds the readers, in words; None until one has run."""
        self._free: queue.LifoQueue[Worker] = queue.LifoQueue()
        for worker in reversed(self.workers):
            self._free.put(worker)

    @property
    def recognises_text(self) -> bool:
        """True where text in pictures is wanted, and can be recognised."""
        return self._recogniser.is_ready

    def extract(self, descriptor: int, name: bytes, recognises: bool = False) -> Extraction:
        """Read and split one regular file, from its first byte.

        Args:
            descriptor: open for reading; its offset moves, and it stays the caller's to close.
            name: the file's name, without its folder.
            recognises: read what its pictures show as well; of a PDF, on the pages without text.
        Raises:
            FileError: the reader's verdict on this file.
            WorkerDiedError: code crashed_reader, too_slow or too_much_memory; or `died`, where the process was
                killed by somebody else and the file may well be innocent.
            ServiceError: no worker starts.
        """
        if not recognises:
            return self._extract(descriptor, name)
        if is_picture(name):
            return self._extract(descriptor, name, self._recogniser.read_picture(descriptor))
        pages: Sequence[int] | None = None
        try:
            extraction = self._extract(descriptor, name)
        except FileError as error:
            if error.code != "no_text":
                raise
        else:
            pages = extraction.blank_pages
            if not pages:
                return extraction
        return self._extract(
            descriptor, name, self._recogniser.read_pages(pages, lambda page: self._drawn(descriptor, page))
        )

    def stop(self) -> None:
        """End the workers; what they were reading ends in a CancelledError."""
        self._recogniser.stop()
        for worker in self.workers:
            worker.stop()

    def _extract(self, descriptor: int, name: bytes, recognised: Recognised | None = None) -> Extraction:
        is_long = os.path.splitext(name)[1].lower() in _LONG_SUFFIXES
        deadline_s = _LONG_DEADLINE_S if is_long else _DEADLINE_S
        params: JsonObject = {} if recognised is None else {"recognised": recognised.texts}
        try:
            extraction = from_json(self._asked("extract", params, name, descriptor, deadline_s).result)
        except ValueError as error:
            raise crashed() from error
        if recognised is None:
            return extraction
        return replace(extraction, notes=extraction.notes + recognised.notes)

    def _drawn(self, descriptor: int, page: int) -> DrawnPage:
        reply = self._asked("render", {"page": page}, b"", descriptor, _DEADLINE_S)
        count, dpi = reply.result.get("page_count"), reply.result.get("dpi")
        if type(count) is not int or type(dpi) is not int or len(reply.blobs) != 1:
            raise crashed()
        return DrawnPage(count, bytes(reply.blobs[0]), dpi)

    def _asked(self, method: str, params: JsonObject, name: bytes, descriptor: int, deadline_s: float) -> Reply:
        """The answer of whichever worker is free first.

        Raises:
            FileError, WorkerDiedError, ServiceError: as `extract`.
        """
        worker = self._free.get()
        try:
            return ask_reader(worker, method, params, (name,), (descriptor,), deadline_s)
        finally:
            self.sandbox = str(worker.told.get("sandbox", "")) or self.sandbox
            self._free.put(worker)


def ask_reader(
    worker: Worker,
    method: str,
    params: JsonObject,
    blobs: Sequence[Blob],
    descriptors: Sequence[int],
    deadline_s: float,
) -> Reply:
    """The answer of a worker that has a hostile file in hand.

    Raises:
        FileError, WorkerDiedError, ServiceError: as `ExtractFront.extract`.
    """
    try:
        return worker.request(method, params, blobs, descriptors, timeout_s=deadline_s)
    except WorkerDiedError as error:
        code = "crashed_reader" if error.code == "crashed" else error.code
        raise WorkerDiedError(code, _TITLES.get(code, error.title), error.detail) from error
    except (ServiceError, CancelledError):
        raise
    except FinderError as error:
        if isinstance(error, FileError) and _is_sound(error):
            raise
        # A bug of the reader, met by this file alone, or a file that has got the better of it.
        raise crashed() from error


def crashed() -> FileError:
    """The error of a file whose reader failed, or said what no reader says."""
    return FileError("crashed_reader", _TITLES["crashed_reader"])


def _is_sound(error: FileError) -> bool:
    """True for what a reader may say of a file. A captured one says anything, and this is stored and shown."""
    words = error.title + error.detail + error.hint
    return error.code in _CODES and len(words) <= _LONGEST_WORDS and not _SURROGATE.search(words)


def _spec(name: str) -> WorkerSpec:
    return WorkerSpec(
        name, "finder.workers.extract_worker", renew_after=_RENEW_AFTER, idle_s=_IDLE_S, is_background=True
    )
