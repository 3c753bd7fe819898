"""`doctor`: look at everything that must be right for Inkling to work, and say what to do where it is not.

The report is made to be pasted into a bug report: paths are shown with the user's home folder as `~`.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, cast

from finder import __version__
from finder.cli.screen import count, print_json, printable, short_path, size
from finder.config import SettingsFile
from finder.errors import FinderError
from finder.paths import Home
from finder.service.client import connect
from finder.service.protocol.status import Status

Verdict = Literal["ok", "note", "problem"]

_OLDEST_PYTHON = (3, 11)
_PACKAGES = ("torch", "tokenizers", "chromadb", "watchdog", "pypdfium2", "rich")
_DISK_FLOOR_BYTES = 1 << 30
_DISK_FLOOR_SHARE = 0.02
"""Indexing pauses below the larger of the two."""
_FEW_WATCHES = 65_536
_WATCH_LIMITS = Path("/proc/sys/fs/inotify")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    detail: str
    hint: str = ""
    """The next step, where there is one."""


def doctor(home: Home, as_json: bool) -> int:
    """Print every check; 2 where something is broken."""
    checks = list(examine(home))
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        print("\n".join(_line(check) for check in checks))
    return 2 if any(check.verdict == "problem" for check in checks) else 0


def examine(home: Home) -> Iterator[Check]:
    """Every check, from the computer to the service. A check that cannot be made is a problem, never a traceback."""
    yield _python()
    yield Check("system", "ok", f"{platform.system()} {platform.release()}, {platform.machine()}")
    yield from (_package(name) for name in _PACKAGES)
    checks: tuple[tuple[str, Callable[[Home], Check]], ...] = (
        ("sqlite", lambda _: _sqlite()),
        ("home", _home),
        ("disk", _disk),
        ("settings", _settings),
        ("model", _model),
        ("tesseract", _tesseract),
        ("watching", lambda _: _watching()),
    )
    for name, look in checks:
        try:
            yield look(home)
        except (FinderError, OSError, ImportError) as error:
            yield _problem(name, error)
    yield from _service(home)


def _line(check: Check) -> str:
    hint = f"\n{'':23}-> {printable(check.hint)}" if check.hint else ""
    return f"{check.verdict:<8} {check.name:<13} {printable(check.detail)}{hint}"


def _problem(name: str, error: Exception) -> Check:
    if not isinstance(error, FinderError):
        return Check(name, "problem", f"{type(error).__name__}: {error}")
    where = f" ({short_path(error.path)})" if error.path else ""
    return Check(name, "problem", ": ".join(part for part in (error.title + where, error.detail) if part), error.hint)


def _python() -> Check:
    found = f"Inkling {__version__} on Python {platform.python_version()}"
    if sys.version_info < _OLDEST_PYTHON:
        return Check("inkling", "problem", found, "Install Python 3.11 or newer.")
    return Check("inkling", "ok", found)


def _package(name: str) -> Check:
    try:
        return Check(name, "ok", version(name))
    except PackageNotFoundError:
        return Check(name, "problem", "not installed", "Install Inkling again: pip install --force-reinstall .")


def _sqlite() -> Check:
    import apsw

    if "ENABLE_FTS5" not in apsw.compile_options:
        return Check("sqlite", "problem", f"{apsw.sqlite_lib_version()} without FTS5", "Install apsw from PyPI.")
    return Check("sqlite", "ok", f"{apsw.sqlite_lib_version()} (apsw {apsw.apsw_version()}), with FTS5")


def _home(home: Home) -> Check:
    shown = short_path(str(home.root))
    home.create()
    with tempfile.TemporaryFile(dir=home.root):
        pass
    if os.name == "posix" and home.root.stat().st_mode & 0o077:
        return Check("home", "note", f"{shown} can be read by others", f"chmod 700 {shown}")
    return Check("home", "ok", f"{shown}, writable")


def _disk(home: Home) -> Check:
    usage = shutil.disk_usage(home.root)
    floor = max(_DISK_FLOOR_BYTES, usage.total * _DISK_FLOOR_SHARE)
    if usage.free < floor:
        return Check("disk", "problem", f"{size(usage.free)} free", f"Indexing pauses below {size(floor)}: free some.")
    return Check("disk", "ok", f"{size(usage.free)} free of {size(usage.total)}")


def _settings(home: Home) -> Check:
    settings = SettingsFile(home.settings).load()
    return Check("settings", "ok", f"{count(len(settings.folders), 'folder')}, model {settings.model}")


def _model(home: Home) -> Check:
    from finder.embed.weights import find_model, folder_path, known_model, verify

    name = SettingsFile(home.settings).load().model
    if known_model(name) is None and folder_path(name) is None:
        return Check("model", "note", f"{name} has no weights on this computer")
    found = find_model(name, home.models)
    verify(found.spec, found.folder, home.models)
    return Check("model", "ok", f"{name}, weights verified")


def _tesseract(home: Home) -> Check:
    """The one program of others that is used, where it is there."""
    from finder.workers.tesseract import HOW_TO_INSTALL, Tesseract

    is_wanted = SettingsFile(home.settings).load().recognises_text
    found = Tesseract().installed()
    if found is not None:
        use = "reads pictures" if is_wanted else "may read pictures: inkling settings recognises_text true"
        return Check("tesseract", "ok", f"{short_path(found.path)} ({', '.join(found.languages)}) {use}")
    if not is_wanted:
        return Check("tesseract", "ok", "not installed; only needed to recognise text in pictures, which is off")
    return Check("tesseract", "note", "not installed, or does not run: no text is recognised", HOW_TO_INSTALL)


def _watching() -> Check:
    try:
        limit = int((_WATCH_LIMITS / "max_user_watches").read_text())
    except (OSError, ValueError):
        return Check("watching", "ok", "this system has no inotify limit")
    if limit < _FEW_WATCHES:
        return Check(
            "watching",
            "note",
            f"{limit:,} folders can be watched at once; others are scanned now and then",
            "echo fs.inotify.max_user_watches=524288 | sudo tee /etc/sysctl.d/60-inkling.conf && sudo sysctl --system",
        )
    return Check("watching", "ok", f"{limit:,} folders can be watched at once")


def _service(home: Home) -> Iterator[Check]:
    """Start the service if need be: that it can be started is what is asked."""
    try:
        with connect(home) as client:
            status = cast(Status, client.call("status", {}))
    except (FinderError, OSError) as error:
        yield _problem("service", error)
        return
    yield Check("service", "ok", f"{status['version']}, pid {status['pid']}, {status['phase']}")
    is_whole = not status["sandbox"].startswith("limits only")
    yield Check("sandbox", "ok" if is_whole else "note", status["sandbox"])
    yield from (Check("index", "note", note) for note in status["notes"])
