"""An error as something to act on: what it is, what happened, what to do, and details to copy. Never a traceback."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from finder import __version__
from finder.errors import FinderError
from ui.theme.glyph import Glyph
from ui.theme.look import look
from ui.theme.widgets import Button, Label, filled

_WIDTH = 460


class ErrorDialog(QDialog):
    """Stands beside the work and not in its way."""

    def __init__(self, title: str, happened: str, to_do: str, details: str, parent: QWidget | None = None) -> None:
        """
        Args:
            details: what is copied for a report; they are not shown.
        """
        super().__init__(parent)
        self.details = details
        self.setWindowTitle("Inkling")
        self.setAccessibleName(f"{title}. {happened} {to_do}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        filled(self)
        px = look.px
        words = QVBoxLayout()
        words.setSpacing(px(8))
        for text, role in ((title, "title"), (happened, "body"), (to_do, "body_strong")):
            if text:
                label = Label(text, role, is_wrapped=True)  # type: ignore[arg-type]
                label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                label.setFixedWidth(px(_WIDTH))
                label.setFixedHeight(label.heightForWidth(px(_WIDTH)))
                words.addWidget(label)
        top = QHBoxLayout()
        top.setSpacing(px(14))
        top.addWidget(Glyph("warn", "warn", 24), 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words)
        self._copy = Button(self.tr("Copy the details"), "", "copies")
        self._copy.clicked.connect(self._copy_details)
        close = Button(self.tr("Close"), "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.setSpacing(px(8))
        foot.addStretch(1)
        foot.addWidget(self._copy)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(px(20), px(20), px(20), px(16))
        layout.setSpacing(px(18))
        layout.addLayout(top)
        layout.addLayout(foot)
        close.setFocus(Qt.FocusReason.OtherFocusReason)

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(self.details)
        self._copy.setText(self.tr("Copied"))


def show_error(error: FinderError, parent: QWidget) -> ErrorDialog:
    """Say what the service, or a check of one's own, could not do."""
    parts = [f"Inkling {__version__}", type(error).__name__, error.title, error.detail, error.hint, error.path or ""]
    happened = "\n".join(part for part in (error.detail, error.path or "") if part)
    dialog = ErrorDialog(error.title, happened, error.hint, "\n".join(part for part in parts if part), parent)
    dialog.open()
    return dialog
