"""The extract workers as the pipeline sees them: an open file in, its passages out. Imports no reader."""

from __future__ import annotations

import os.path
import queue
import re
from pathlib import Path

from finder.errors import CancelledError, FileError, FinderError, ServiceError, WorkerDiedError
from finder.types import Extraction
from finder.workers.child import WorkerSpec
from finder.workers.extraction_wire import from_json
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
    """

    def __init__(self, logs: Path, count: int = 1) -> None:
        self.workers = [Worker(_spec(f"extract-{number}"), logs) for number in range(1, count + 1)]
        self.sandbox: str | None = None
        """What holds the readers, in words; None until one has run."""
        self._free: queue.LifoQueue[Worker] = queue.LifoQueue()
        for worker in reversed(self.workers):
            self._free.put(worker)

    def extract(self, descriptor: int, name: bytes) -> Extraction:
        """Read and split one regular file, from its first byte.

        Args:
            descriptor: open for reading; its offset moves, and it stays the caller's to close.
            name: the file's name, without its folder.
        Raises:
            FileError: the reader's verdict on this file.
            WorkerDiedError: code crashed_reader, too_slow or too_much_memory; or `died`, where the process was
                killed by somebody else and the file may well be innocent.
            ServiceError: no worker starts.
        """
        worker = self._free.get()
        try:
            return self._extract(worker, descriptor, name)
        except WorkerDiedError as error:
            code = "crashed_reader" if error.code == "crashed" else error.code
            raise WorkerDiedError(code, _TITLES.get(code, error.title), error.detail) from error
        finally:
            self._free.put(worker)

    def stop(self) -> None:
        """End the workers; what they were reading ends in a CancelledError."""
        for worker in self.workers:
            worker.stop()

    def _extract(self, worker: Worker, descriptor: int, name: bytes) -> Extraction:
        is_long = os.path.splitext(name)[1].lower() in _LONG_SUFFIXES
        deadline_s = _LONG_DEADLINE_S if is_long else _DEADLINE_S
        try:
            reply = worker.request("extract", {}, (name,), (descriptor,), timeout_s=deadline_s)
            return from_json(reply.result)
        except (ServiceError, CancelledError):
            raise
        except (FinderError, ValueError) as error:
            if isinstance(error, FileError) and _is_sound(error):
                raise
            # A bug of the reader, met by this file alone, or a file that has got the better of it.
            raise FileError("crashed_reader", _TITLES["crashed_reader"]) from error
        finally:
            self.sandbox = str(worker.told.get("sandbox", "")) or self.sandbox


def _is_sound(error: FileError) -> bool:
    """True for what a reader may say of a file. A captured one says anything, and this is stored and shown."""
    words = error.title + error.detail + error.hint
    return error.code in _CODES and len(words) <= _LONGEST_WORDS and not _SURROGATE.search(words)


def _spec(name: str) -> WorkerSpec:
    return WorkerSpec(
        name, "finder.workers.extract_worker", renew_after=_RENEW_AFTER, idle_s=_IDLE_S, is_background=True
    )
