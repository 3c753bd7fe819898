"""The pane beside the results: what the file is, what can be done with it, and the file itself at the place found."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.link import Link
from ui.preview.content import Content
from ui.preview.find_bar import FindBar
from ui.preview.head import Head
from ui.results.row import Row
from ui.theme.widgets import filled, rule

_ZOOM_KEYS = {"Ctrl++": 1, "Ctrl+=": 1, "Ctrl+-": -1, "Ctrl+0": 0}
_FIND_KEYS = {"F3": 1, "Shift+F3": -1}


class PreviewPane(QWidget):
    """Shows one file at a time, and the place in it that was found."""

    wished = Signal(str, list)
    """A `Wish` (see `ui.results.files`) and the URI of the file, alone in a list."""
    placed = Signal(str, int)
    """The hit of a file's best passage is on another page than the one on which the passage begins: URI and page."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        filled(self)
        self.setAccessibleName(self.tr("Preview"))
        self._row: Row | None = None
        self._hit = 0
        self._head = Head()
        self._content = Content(link)
        self.find_bar = FindBar()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head)
        layout.addWidget(self.find_bar)
        layout.addWidget(rule())
        layout.addWidget(self._content, 1)
        self._head.wished.connect(self._wish)
        self._head.stepped.connect(self.step)
        self._content.hit_chosen.connect(self._show_hit)
        self._content.page_found.connect(self._show_page)
        self.find_bar.sought.connect(self._content.seek)
        self.find_bar.stepped.connect(self._content.finding.step)
        self.find_bar.closed.connect(self._close_find)
        self._content.finding.counted.connect(self.find_bar.show_count)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self._open_find)
        for keys, by in _FIND_KEYS.items():
            QShortcut(QKeySequence(keys), self, lambda by=by: self._content.finding.step(by))
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
        if not is_same and self.find_bar.isVisible():
            self._close_find()
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

    def _open_find(self) -> None:
        if self._row is not None:
            self.find_bar.open()
            self._content.seek(self.find_bar.edit.text())

    def _close_find(self) -> None:
        """The keyboard goes on to the file."""
        self.find_bar.hide()
        self._content.take_keyboard()

    def _show_hit(self, hit: int) -> None:
        self._hit = hit
        if self._row is not None:
            self._head.show_hit(self._row, hit)
            self._content.show_hit(hit)

    def _show_page(self, page: int) -> None:
        if self._row is not None:
            self._head.show_hit(self._row, self._hit, page)
            if self._hit == 0 and self._content.shows_hit:
                self.placed.emit(self._row.uri, page)

    def _wish(self, wish: str) -> None:
        if self._row is not None:
            self.wished.emit(wish, [self._row.uri])
