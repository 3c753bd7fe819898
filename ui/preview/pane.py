"""The pane beside the results: what the file is, what can be done with it, and the file itself at the place found."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.link import Link
from ui.preview.content import Content
from ui.preview.head import Head
from ui.results.row import Row
from ui.theme.widgets import filled, rule

_ZOOM_KEYS = {"Ctrl++": 1, "Ctrl+=": 1, "Ctrl+-": -1, "Ctrl+0": 0}


class PreviewPane(QWidget):
    """Shows one file at a time, and the place in it that was found."""

    wished = Signal(str, str)
    """A `Wish` (see `ui.results.view`) and the URI of the file."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        filled(self)
        self.setAccessibleName(self.tr("Preview"))
        self._row: Row | None = None
        self._hit = 0
        self._head = Head()
        self._content = Content(link)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head)
        layout.addWidget(rule())
        layout.addWidget(self._content, 1)
        self._head.wished.connect(self._wish)
        self._head.stepped.connect(self.step)
        self._content.hit_chosen.connect(self._show_hit)
        self._content.page_found.connect(self._show_page)
        for keys, by in _ZOOM_KEYS.items():
            QShortcut(QKeySequence(keys), self, lambda by=by: self._content.zoom(by))
        self.show_row(None)

    def show_row(self, row: Row | None) -> None:
        """Show another file from its best passage on; the same file keeps its place."""
        before, self._row = self._row, row
        if row is not None and row == before:
            return
        is_same = row is not None and before is not None and row.uri == before.uri
        self._hit = min(self._hit, max(0, len(row.file["passages"]) - 1)) if is_same and row is not None else 0
        for part in (self._head, self._content):
            part.setVisible(row is not None)
        if row is not None:
            self._head.show_row(row)
            self._head.show_hit(row, self._hit)
        if row is not None and is_same:
            self._content.update_row(row, self._hit)
        else:
            self._content.show_row(row, self._hit)

    def step(self, by: int) -> None:
        """Go to the next hit, or with -1 to the one before."""
        if self._row is not None and self._row.file["passages"]:
            self._show_hit((self._hit + by) % len(self._row.file["passages"]))

    def _show_hit(self, hit: int) -> None:
        self._hit = hit
        if self._row is not None:
            self._head.show_hit(self._row, hit)
            self._content.show_hit(hit)

    def _show_page(self, page: int) -> None:
        if self._row is not None:
            self._head.show_hit(self._row, self._hit, page)

    def _wish(self, wish: str) -> None:
        if self._row is not None:
            self.wished.emit(wish, self._row.uri)
