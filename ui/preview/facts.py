"""What is known of a file that shows neither text nor picture: the reason, and what it says of itself."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QScrollArea, QVBoxLayout, QWidget

from finder.errors import FinderError
from finder.text import clean
from ui.theme.look import look
from ui.theme.widgets import Label
from ui.words.translator import in_own_language

_MARGIN, _GAP = 24, 12


class Facts(QScrollArea):
    """A reason in a plain line, and below it facts with their names."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setAccessibleName(self.tr("About the file"))

    def show_why(self, why: dict[str, Any]) -> None:
        """Show what the service says of a file: a `Why`."""
        title = [(self.tr("Title"), why["title"])] if why.get("title") else []
        facts = [*title, *((self._name(key), value) for key, value in why["metadata"].items() if value)]
        self._show(in_own_language(why["reason"]), "", facts, [in_own_language(note) for note in why["notes"]])

    def show_error(self, error: FinderError) -> None:
        """Show why a file cannot be shown."""
        self._show(error.title, " ".join(part for part in (error.detail, error.hint) if part), [], [])

    def _show(self, title: str, detail: str, facts: list[tuple[str, str]], notes: list[str]) -> None:
        inner = QWidget()
        layout = QVBoxLayout(inner)
        margin = look.px(_MARGIN)
        layout.setContentsMargins(margin, margin, margin, margin)
        layout.setSpacing(look.px(_GAP))
        layout.addWidget(_selectable(title, "name"))
        for text in [detail, *notes]:
            if text:
                layout.addWidget(_selectable(text, "body"))
        form = QFormLayout()
        form.setHorizontalSpacing(look.px(_GAP * 2))
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for name, value in facts:
            form.addRow(Label(name, "meta", "ink3"), _selectable(value, "body"))
        layout.addLayout(form)
        layout.addStretch(1)
        self.setWidget(inner)

    def _name(self, key: str) -> str:
        known = {
            "author": self.tr("Author"),
            "date": self.tr("Date"),
            "subject": self.tr("Subject"),
            "keywords": self.tr("Keywords"),
            "from": self.tr("From"),
            "to": self.tr("To"),
            "camera": self.tr("Camera"),
        }
        return known.get(key, key)


def _selectable(text: str, role: Any) -> Label:
    label = Label(clean(text), role, is_wrapped=True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
