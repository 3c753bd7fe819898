"""Every error a person may see, in one tree, with no heavy imports.

    FinderError                    title, detail, hint, path: what happened, why, what to do next
    ├── UsageFaultError            the request itself is wrong (no such folder, an empty query)
    ├── FileError                  one file could not be read; recorded with its reason, indexing goes on
    ├── EnvironmentFaultError      not our bug: weights missing, store locked, disk full, limit reached
    │   ├── ModelUnavailableError  weights missing, damaged or unreadable
    │   ├── PausedError            indexing rests, because the user or the computer wants it so
    │   ├── DeviceFaultError       a graphics processor failed
    │   ├── UnsoundVectorError     a vector that is not finite, of the wrong length, or not of norm 1
    │   ├── NewerIndexError        the index was made by a newer version; left untouched
    │   └── StoreDamagedError      a store does not answer truthfully
    ├── ServiceError               the service does not run, or speaks another protocol
    │   └── WorkerDiedError        a worker process ended, or was ended at its deadline
    └── CancelledError             somebody asked for it to stop: silent

Anything else is a bug: it is logged with its traceback.
"""

from __future__ import annotations

from finder.types import JsonObject


class FinderError(Exception):
    """An error with words for a person.

    Args:
        title: what happened, in one short line.
        detail: the cause, as far as it is known.
        hint: the next step, as something to do.
        path: the file or folder it is about, for showing.
    """

    def __init__(self, title: str, detail: str = "", hint: str = "", path: str | None = None) -> None:
        super().__init__(title)
        self.title = title
        self.detail = detail
        self.hint = hint
        self.path = path

    def __str__(self) -> str:
        where = f" ({self.path})" if self.path else ""
        return ": ".join(part for part in (self.title + where, self.detail) if part)

    def to_json(self) -> JsonObject:
        """As it travels over the socket; `error_from_json` is the way back."""
        return {
            "kind": type(self).__name__,
            "title": self.title,
            "detail": self.detail,
            "hint": self.hint,
            "path": self.path,
        }


class UsageFaultError(FinderError):
    """The request itself cannot be carried out as it was put."""


class FileError(FinderError):
    """One file could not be read. `code` is stable and short: it is stored, counted and tested.

    Codes: encrypted, corrupt, empty, no_text, binary, too_large, too_slow, too_much_memory, crashed_reader,
    ended_service, no_permission, not_regular, changed_while_read, unsupported, vanished.
    """

    def __init__(self, code: str, title: str, detail: str = "", hint: str = "", path: str | None = None) -> None:
        super().__init__(title, detail, hint, path)
        self.code = code

    def to_json(self) -> JsonObject:
        return {**super().to_json(), "code": self.code}


class EnvironmentFaultError(FinderError):
    """The computer stands in the way, not a bug of ours; the hint can be acted on."""


class ModelUnavailableError(EnvironmentFaultError):
    """Model weights are missing, damaged or unreadable."""


class PausedError(EnvironmentFaultError):
    """Indexing rests; what waits for it would wait for as long."""


class DeviceFaultError(EnvironmentFaultError):
    """A graphics processor failed; the process that met it is not to use it again."""


class UnsoundVectorError(EnvironmentFaultError):
    """A model returned a vector that is not finite, of the wrong length, or not of norm 1."""


class NewerIndexError(EnvironmentFaultError):
    """The index was written by a newer version of this program; nothing was touched."""


class StoreDamagedError(EnvironmentFaultError):
    """A store does not answer truthfully and is to be rebuilt."""


class ServiceError(FinderError):
    """The service does not run, went away, or speaks another protocol."""


class WorkerDiedError(ServiceError):
    """A worker process ended before it answered. `code` says how: died, too_slow, too_much_memory."""

    def __init__(self, code: str, title: str, detail: str = "", hint: str = "", path: str | None = None) -> None:
        super().__init__(title, detail, hint, path)
        self.code = code

    def to_json(self) -> JsonObject:
        return {**super().to_json(), "code": self.code}


class CancelledError(FinderError):
    """Somebody asked for it to stop."""

    def __init__(self) -> None:
        super().__init__("Cancelled")


_KINDS: dict[str, type[FinderError]] = {
    kind.__name__: kind
    for kind in (
        FinderError,
        UsageFaultError,
        FileError,
        EnvironmentFaultError,
        ModelUnavailableError,
        PausedError,
        DeviceFaultError,
        UnsoundVectorError,
        NewerIndexError,
        StoreDamagedError,
        ServiceError,
        WorkerDiedError,
    )
}


def error_from_json(data: JsonObject) -> FinderError:
    """The error that `to_json` described; an unknown kind becomes a plain `FinderError`."""
    kind = str(data.get("kind", ""))
    if kind == CancelledError.__name__:
        return CancelledError()
    words = {key: str(data.get(key) or "") for key in ("title", "detail", "hint")}
    path = data.get("path")
    if kind in (FileError.__name__, WorkerDiedError.__name__):
        coded: type[FileError | WorkerDiedError] = FileError if kind == FileError.__name__ else WorkerDiedError
        return coded(str(data.get("code", "corrupt")), path=path, **words)
    return _KINDS.get(kind, FinderError)(path=path, **words)
