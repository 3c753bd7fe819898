"""The pane beside the results: head, then the file's passages as text, the one in hand in sight."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.preview.head import Head
from ui.preview.passages import Passages
from ui.results.row import Row
from ui.theme.widgets import filled, rule


class PreviewPane(QWidget):
    """Shows one file at a time, and the place in it that was found."""

    wished = Signal(str, str)
    """A `Wish` (see `ui.results.view`) and the URI of the file."""

    def __init__(self) -> None:
        super().__init__()
        filled(self)
        self.setAccessibleName(self.tr("Preview"))
        self._row: Row | None = None
        self._hit = 0
        self._head = Head()
        self._passages = Passages()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head)
        layout.addWidget(rule())
        layout.addWidget(self._passages, 1)
        self._head.wished.connect(self._wish)
        self._head.stepped.connect(self.step)
        self._passages.hit_chosen.connect(self._show_hit)
        self.show_row(None)

    def show_row(self, row: Row | None) -> None:
        """Show another file from its best passage on; the same file keeps its place."""
        is_same = row is not None and self._row is not None and row.uri == self._row.uri
        if is_same and row == self._row:
            return
        self._row = row
        self._head.setVisible(row is not None)
        self._passages.show_row(row)
        if row is not None:
            self._head.show_row(row)
            self._show_hit(min(self._hit, max(0, len(row.file["passages"]) - 1)) if is_same else 0)

    def step(self, by: int) -> None:
        """Go to the next hit, or with -1 to the one before."""
        if self._row is not None and self._row.file["passages"]:
            self._show_hit((self._hit + by) % len(self._row.file["passages"]))

    def _show_hit(self, hit: int) -> None:
        self._hit = hit
        if self._row is not None:
            self._head.show_hit(self._row, hit)
            self._passages.show_hit(hit)

    def _wish(self, wish: str) -> None:
        if self._row is not None:
            self.wished.emit(wish, self._row.uri)
