"""What is done with a file that was found: opened, shown in its folder, copied, dragged. Runs nothing unasked.

A file's path goes to the desktop as a percent-encoded `file:` URI, which is exact: a name need not be UTF-8.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QMimeData, QObject, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from finder.paths import display, path_to_uri, uri_to_path
from ui.asking import ask, give_room

if TYPE_CHECKING:
    from PySide6.QtDBus import QDBusPendingCall

_RUNS = frozenset({
    ".desktop", ".sh", ".bash", ".zsh", ".fish", ".csh", ".ksh", ".run", ".appimage", ".bin", ".out", ".py", ".pyw",
    ".pl", ".rb", ".lua", ".jar", ".exe", ".com", ".bat", ".cmd", ".msi", ".msix", ".scr", ".pif", ".ps1", ".psm1",
    ".vbs", ".vbe", ".js", ".jse", ".wsf", ".wsh", ".hta", ".lnk", ".url", ".reg", ".cpl", ".app", ".command",
    ".workflow", ".terminal", ".deb", ".rpm", ".flatpakref", ".snap", ".pkg", ".dmg",
})  # fmt: skip
"""Extensions that a desktop may run, or install, rather than show."""
_FILE_MANAGER = "org.freedesktop.FileManager1"
_PATIENCE_MS = 3_000
_COMPARED_CHARS = 200_000
"""Of a text on the clipboard: more than the service compares."""
_OPENED_UNASKED = 8
"""Files at one time."""
_MACH_O = frozenset({b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"})


Seen = Literal["gone", "away", "program", "file"]
"""What a file proved to be before it is opened; `away` with the folder that it was in."""


class Opener(QObject):
    """Does it, and says in words where the desktop does not.

    Files are looked at in a thread: one on a server that hangs would hold up the window for as long as that does.
    """

    opened = Signal(str)
    """The desktop has taken a file to open it: its URI."""
    _seen = Signal(str, str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._awaited: dict[str, QTimer] = {}
        """Files that are being looked at, until that takes too long."""
        self._seen.connect(self._go_on, Qt.ConnectionType.QueuedConnection)

    def open(self, uri: str) -> None:
        """Open with the default program; what might run is asked about first."""
        if uri in self._awaited:
            return
        patience = self._awaited[uri] = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        patience.timeout.connect(lambda: self._give_up(uri))
        patience.start()
        threading.Thread(target=self._look, args=(uri,), name="opening", daemon=True).start()

    def open_all(self, uris: Sequence[str]) -> None:
        """Open files, each with its default program; many of them after a question."""
        if len(uris) > _OPENED_UNASKED:
            question = self.tr("Open %Ln files?", "", len(uris))
            cost = self.tr("Each is opened by its own program, in a window of its own where that has no tabs.")
            ask(self._window, question, cost, self.tr("Open them"), lambda: self._open_each(uris))
        else:
            self._open_each(uris)

    def _open_each(self, uris: Sequence[str]) -> None:
        for uri in uris:
            self.open(uri)

    def show_in_folder(self, uri: str) -> None:
        """Show the file selected in the file manager, else its folder. A file manager may take seconds to start."""
        asked = _ask_file_manager(uri)
        if asked is None:
            _open_parent(uri)
            return
        from PySide6.QtDBus import QDBusPendingCallWatcher

        waiting = QDBusPendingCallWatcher(asked, self)

        def end() -> None:
            if waiting.isError():
                _open_parent(uri)
            waiting.deleteLater()

        waiting.finished.connect(end)

    def copy_file(self, uris: Sequence[str]) -> None:
        """Put files on the clipboard, for a file manager or a letter to take."""
        QGuiApplication.clipboard().setMimeData(dragged(uris, is_copied=True))

    def copy_paths(self, uris: Sequence[str]) -> None:
        """Put paths of files on the clipboard, as text, each on a line."""
        QGuiApplication.clipboard().setText("\n".join(display(uri_to_path(uri)) for uri in uris))

    def _look(self, uri: str) -> None:
        """In a thread that may wait."""
        seen = _seen(uri_to_path(uri))
        with contextlib.suppress(RuntimeError):  # the window has gone
            self._seen.emit(uri, seen)

    def _go_on(self, uri: str, seen: Seen) -> None:
        patience = self._awaited.pop(uri, None)
        if patience is None:
            return  # given up
        patience.deleteLater()
        path = uri_to_path(uri)
        if seen == "gone":
            self._say(self.tr("The file is not there any more"), display(path))
        elif seen == "away":
            title = self.tr("The drive or folder of the file is away")
            self._say(title, self.tr("%1 opens when it is back.").replace("%1", display(path)))
        elif seen == "program":
            question = self.tr("“%1” may run as a program.").replace("%1", display(os.path.basename(path)))
            cost, verb = self.tr("Open it only where you know what it does."), self.tr("Open all the same")
            ask(self._window, question, cost, verb, lambda: self._hand_over(uri))
        else:
            self._hand_over(uri)

    def _hand_over(self, uri: str) -> None:
        if QDesktopServices.openUrl(_url(uri)):
            self.opened.emit(uri)
        else:
            self._say(self.tr("No program opens this file"), self.tr("Choose one for it in your file manager."))

    def _give_up(self, uri: str) -> None:
        self._awaited.pop(uri).deleteLater()
        self._say(self.tr("The drive that the file is on does not answer"), display(uri_to_path(uri)))

    def _say(self, title: str, detail: str) -> None:
        box = QMessageBox(QMessageBox.Icon.NoIcon, "Inkling", title, QMessageBox.StandardButton.Ok, self._window)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setInformativeText(detail)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        give_room(box)
        box.open()


def _seen(path: bytes) -> Seen:
    if not os.path.lexists(path):
        return "gone" if os.path.isdir(os.path.dirname(path)) else "away"
    return "program" if may_run(path) else "file"


def may_run(path: bytes) -> bool:
    """True where a desktop might run the file rather than show it: by its extension, its rights, or its `#!`."""
    if os.fsdecode(os.path.splitext(path)[1]).lower() in _RUNS:
        return True
    try:
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                return False
            begin = file.read(4)
    except OSError:
        return False
    is_program = begin.startswith((b"\x7fELF", b"#!", b"MZ")) or begin in _MACH_O
    return is_program and (bool(state.st_mode & 0o111) or begin.startswith(b"MZ"))


def dragged(uris: Sequence[str], is_copied: bool = False) -> QMimeData:
    """Files as the clipboard and a drag carry them."""
    data = QMimeData()
    data.setUrls([_url(uri) for uri in uris])
    if is_copied:
        data.setData("x-special/gnome-copied-files", ("copy\n" + "\n".join(uris)).encode())
    return data


def on_clipboard() -> tuple[list[str], str | None]:
    """The URIs of the files that were copied somewhere, else the text; empty and None where there is neither."""
    data: QMimeData | None = QGuiApplication.clipboard().mimeData()
    if data is None:  # so Qt has it where nothing was ever copied
        return [], None
    uris = [bytes(url.toEncoded().data()).decode() for url in data.urls() if url.isLocalFile()]
    text = data.text()[:_COMPARED_CHARS].strip()
    return uris, None if uris or not text else text


def _url(uri: str) -> QUrl:
    return QUrl.fromEncoded(uri.encode(), QUrl.ParsingMode.StrictMode)


def _open_parent(uri: str) -> None:
    QDesktopServices.openUrl(_url(path_to_uri(os.path.dirname(uri_to_path(uri)))))


def _ask_file_manager(uri: str) -> QDBusPendingCall | None:
    """Ask the session's file manager, by the interface that freedesktop.org describes for it; None without a bus."""
    if sys.platform != "linux":
        return None
    from PySide6.QtDBus import QDBusConnection, QDBusMessage  # 20 ms, for one key

    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        return None
    message = QDBusMessage.createMethodCall(_FILE_MANAGER, "/org/freedesktop/FileManager1", _FILE_MANAGER, "ShowItems")
    message.setArguments([[uri], ""])
    return bus.asyncCall(message, _PATIENCE_MS)
