"""What is done with a file that was found: opened, shown in its folder, copied, dragged. Runs nothing unasked.

A file's path goes to the desktop as a percent-encoded `file:` URI, which is exact: a name need not be UTF-8.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from finder.paths import display, path_to_uri, uri_to_path

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
_PLAIN = Qt.TextFormat.PlainText
_MACH_O = frozenset({b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"})


class Opener(QObject):
    """Does it, and says in words where the desktop does not."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window

    def open(self, uri: str) -> bool:
        """Open with the default program; what might run is asked about first. False where nothing was opened."""
        path = uri_to_path(uri)
        if not os.path.lexists(path):
            self._say(self.tr("The file is not there any more"), display(path))
            return False
        if may_run(path) and not self._is_meant(path):
            return False
        if QDesktopServices.openUrl(_url(uri)):
            return True
        self._say(self.tr("No program opens this file"), self.tr("Choose one for it in your file manager."))
        return False

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

    def copy_path(self, uri: str) -> None:
        """Put a file's path on the clipboard, as text."""
        QGuiApplication.clipboard().setText(display(uri_to_path(uri)))

    def _is_meant(self, path: bytes) -> bool:
        question = QMessageBox(self._window)
        question.setIcon(QMessageBox.Icon.Warning)
        question.setTextFormat(_PLAIN)
        question.setWindowTitle(self.tr("Open a program?"))
        question.setText(self.tr("“%1” may run as a program.").replace("%1", display(os.path.basename(path))))
        question.setInformativeText(self.tr("Open it only where you know what it does."))
        yes = question.addButton(self.tr("Open all the same"), QMessageBox.ButtonRole.AcceptRole)
        question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))
        question.exec()
        question.deleteLater()
        return question.clickedButton() is yes

    def _say(self, title: str, detail: str) -> None:
        box = QMessageBox(QMessageBox.Icon.Information, title, title, QMessageBox.StandardButton.Ok, self._window)
        box.setTextFormat(_PLAIN)
        box.setInformativeText(detail)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()


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
