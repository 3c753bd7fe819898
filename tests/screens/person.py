"""Somebody's own folder with files, and homes of Inkling that know it differently: full, empty, in trouble, huge."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import apsw

from finder.config import FolderSetting, Settings, SettingsFile
from finder.files.identity import signed
from finder.paths import Home, path_to_uri
from finder.service.client import connect
from finder.store import contents, files, folders, schema
from finder.store.files import SeenFile
from finder.types import Extraction, FileIdentity, FileState, Passage
from tests.conftest import end_service
from tests.screens import files as person_files

HomeName = Literal["full", "empty", "trouble", "broken", "huge"]
"""`trouble`: a folder is away, files are damaged, the model is missing. `broken`: its service does not start."""

_HUGE = 100_000
_PER_FOLDER = 500
_PLAIN = Settings(pauses_on_low_disk=False, pauses_on_battery=False)
_FAILURES = ((0.0004, "corrupt", "the file is damaged: it ends early"), (0.0011, "encrypted", "it wants a password"))
_NAME_ONLY = ((0.004, "no_text", "scanned, and no text in it"), (0.03, "binary", "no text: program data"))


def home_of(root: Path, name: HomeName) -> Home:
    """Where each lives, below the folder of a run."""
    return Home(root / "homes" / name)


@contextmanager
def person(names: Iterable[HomeName]) -> Iterator[Path]:
    """Make files, and those homes with their services, which end with it. Yields the folder of the run."""
    with tempfile.TemporaryDirectory(prefix="inkling-screens-") as folder:
        root = Path(folder)
        place, run = root / "ada", root / "run"
        person_files.write(place)
        person_files.write_newcomer(root / "grace")
        (root / "nobody").mkdir()
        run.mkdir(mode=0o700)
        os.environ |= {"HOME": str(place), "XDG_RUNTIME_DIR": str(run), "DBUS_SESSION_BUS_ADDRESS": "unix:path=/none"}
        makers = {"full": _full, "empty": _empty, "trouble": _trouble, "broken": _broken, "huge": _huge}
        try:
            for name in sorted(set(names)):
                makers[name](home_of(root, name), place)
            yield root
        finally:
            for name in names:
                end_service(home_of(root, name))


def _made(home: Home, settings: Settings) -> Home:
    home.create()
    SettingsFile(home.settings).save(settings)
    return home


def _index(home: Home, paths: Iterable[Path]) -> None:
    with connect(home) as client:
        uris = [path_to_uri(bytes(path)) for path in paths]
        client.call("index", {"folders": uris, "is_watched": True}, timeout_s=300)


def _full(home: Home, place: Path) -> None:
    _index(_made(home, _PLAIN), sorted(place.iterdir()))


def _empty(home: Home, place: Path) -> None:
    _made(home, _PLAIN)


def _trouble(home: Home, place: Path) -> None:
    """What was there is taken away after it was indexed, and a model is chosen that nobody has downloaded."""
    scans, drive = place / "Scans", place.parent / "drive"
    person_files.write_damaged(scans)
    person_files.write_drive(drive)
    _index(_made(home, _PLAIN), [scans, drive])
    end_service(home)
    drive.rename(place.parent / "unplugged")
    settings = SettingsFile(home.settings)
    settings.save(replace(settings.load(), model="Qwen3-Embedding-0.6B"))


def _broken(home: Home, place: Path) -> None:
    _made(home, _PLAIN)
    home.settings.write_text("folders = [\n")


def _huge(home: Home, place: Path) -> None:
    """Rows without files: the catalog is real, and what it says of itself is counted by the service.

    The folder is one that is looked at when asked to, so that nobody misses the files.
    """
    archive = place.parent / "archive"
    archive.mkdir()
    path = bytes(archive)
    _made(home, replace(_PLAIN, folders=(FolderSetting.of(path, is_watched=False),)))
    connection = schema.open_writer(home.catalog)
    connection.pragma("synchronous", "off")
    draw = random.Random(0)
    with connection:
        found = archive.stat()
        root_id = folders.add_root(connection, path, found.st_dev, signed(found.st_ino), is_watched=False)
        connection.execute("UPDATE roots SET scanned_ns = ?", (time.time_ns(),))
        content_id = contents.add(connection, b"letter", "text", _letter())
        for number in range(_HUGE):
            if number % _PER_FOLDER == 0:
                year = b"%d" % (1990 + number // _PER_FOLDER)
                (archive / year.decode()).mkdir()
                folder_id = folders.add(connection, root_id, year, 1, number + 1)
            _add_row(connection, folder_id, number, content_id, draw.random())
    connection.close()


def _add_row(connection: apsw.Connection, folder_id: int, number: int, content_id: int, share: float) -> None:
    identity = FileIdentity(1, 1_000_000 + number, 20_000, number * 10**12, number * 10**12)
    file_id = files.add(connection, folder_id, SeenFile(b"Letter %06d.txt" % number, identity, "document"))
    for state, reasons in ((FileState.FAILED, _FAILURES), (FileState.NAME_ONLY, _NAME_ONLY)):
        for most, code, reason in reasons:
            if share < most:
                files.set_unread(connection, file_id, state, "text", code, reason)
                return
    files.set_read(connection, file_id, "text", content_id)


def _letter() -> Extraction:
    text = "Thank you for your letter."
    passage = Passage(0, len(text), text, line=1)
    return Extraction("document", None, "utf-8", False, False, len(text), {}, (), (passage,))
