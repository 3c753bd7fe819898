"""The window's top: mark, search box, the pages' tabs, how the index is, and the menu."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from ui.pages.kinds import PageKind
from ui.search.box import SearchBox
from ui.theme import icons
from ui.theme.fonts import font, metrics
from ui.theme.look import look
from ui.theme.widgets import Button, EndMenu, Mark, as_plain
from ui.words.phrases import Phrases

_HEIGHT, _MARK = 64, 30
_NARROW = 760
_FULL = 360 * 16
"""A whole turn, as Qt counts arcs."""


class IndexState(QAbstractButton):
    """How the index is, as a shape and a word; in a narrow window the shape alone."""

    def __init__(self) -> None:
        super().__init__()
        self._phrases = Phrases(self)
        self._share: float | None = None
        self._glyph = "clock"
        self._is_narrow = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._say(self.tr("Starting"), "clock")
        look.changed.connect(self.update)

    def show_progress(self, progress: dict[str, Any]) -> None:
        """Show what the service said of how far indexing is."""
        phase = progress["phase"]
        if phase == "idle":
            self._say(self.tr("Up to date"), "check")
        elif phase == "paused":
            self._say(self.tr("Paused"), "pause")
        else:
            share = share_done(progress)
            words = self.tr("Indexing %1").replace("%1", f"{int(share * 100)}%") if share else self.tr("Indexing")
            left = progress.get("seconds_left")
            about = self.tr("about %1 left").replace("%1", self._phrases.duration(left)) if left else ""
            self._say(words, "", share, about)

    def show_state(self, state: str) -> None:
        """Show whether the service answers."""
        if state == "down":
            self._say(self.tr("Not running"), "warn")
        elif state == "starting":
            self._say(self.tr("Starting"), "clock")

    def set_narrow(self, is_narrow: bool) -> None:
        """Leave the word out, or say it again."""
        if is_narrow != self._is_narrow:
            self._is_narrow = is_narrow
            self.updateGeometry()

    def _say(self, words: str, glyph: str, share: float | None = None, detail: str = "") -> None:
        if (words, glyph, share) != (self.text(), self._glyph, self._share):
            self.setText(words)
            self._glyph, self._share = glyph, share
            self.setAccessibleName(words)
            self.setToolTip(as_plain(f"{words}, {detail}" if detail else words))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        words = 0 if self._is_narrow else round(metrics("body").horizontalAdvance(self.text())) + look.px(6)
        return QSize(look.px(34) + words, look.px(30))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            painter.setPen(QPen(look.colour("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), look.px(7), look.px(7))
        side = look.px(14)
        box = QRectF(look.px(10), (self.height() - side) / 2, side, side)
        if self._glyph:
            tokens = {"check": "ok", "warn": "warn"}
            icons.draw(painter, self._glyph, box, tokens.get(self._glyph, "ink2"))  # type: ignore[arg-type]
        else:
            self._draw_share(painter, box.adjusted(1, 1, -1, -1))
        if not self._is_narrow:
            painter.setFont(font("body"))
            painter.setPen(look.colour("ink2"))
            words = QRectF(self.rect()).adjusted(look.px(30), 0, 0, 0)
            painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), self.text())
        painter.end()

    def _draw_share(self, painter: QPainter, box: QRectF) -> None:
        painter.setPen(QPen(look.colour("edge"), 1.5))
        painter.drawEllipse(box)
        painter.setPen(QPen(look.colour("accent"), 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawArc(box, _FULL // 4, -round(_FULL * (self._share or 0)))


def share_done(progress: dict[str, Any]) -> float:
    """How far reading and embedding are together, 0 to 1; 0 where nothing can be said yet."""
    parts = [
        progress[done] / progress[whole]
        for done, whole in (("bytes_read", "bytes_total"), ("passages_embedded", "passages_total"))
        if progress[whole]
    ]
    return min(1.0, sum(parts) / len(parts)) if parts else 0.0


class Header(QWidget):
    """A row; the search box takes what room there is."""

    page_chosen = Signal(str)
    """A tab was pressed: the page's name."""
    comparison_wanted = Signal()
    """What is like the clipboard is to be found."""
    keys_wanted = Signal()
    settings_wanted = Signal()
    quit_wanted = Signal()

    def __init__(self, box: SearchBox, kinds: list[PageKind]) -> None:
        super().__init__()
        self.setFixedHeight(look.px(_HEIGHT))
        self.state = IndexState()
        self._tabs = {kind.name: Button(kind.title, "quiet") for kind in kinds} if len(kinds) > 1 else {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(look.px(16), look.px(12), look.px(8), look.px(10))
        layout.setSpacing(look.px(4))
        layout.addWidget(Mark(_MARK))
        layout.addSpacing(look.px(4))
        layout.addWidget(box, 1)
        layout.addSpacing(look.px(8))
        for name, tab in self._tabs.items():
            tab.clicked.connect(lambda _=False, name=name: self.page_chosen.emit(name))
            layout.addWidget(tab)
        layout.addSpacing(look.px(4))
        layout.addWidget(self.state)
        self._more = Button("", "icon", "more", self.tr("More"))
        self.menu = EndMenu(self._more)
        self._pages = {
            kind.name: self.menu.addAction(f"{kind.title}\tCtrl+{number}")
            for number, kind in enumerate(kinds if self._tabs else [], start=1)
        }
        for name, action in self._pages.items():
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, name=name: self.page_chosen.emit(name))
        self._below_pages = self.menu.addSeparator()
        entries = [
            (self.tr("Find what is like the clipboard"), "Ctrl+Shift+V", self.comparison_wanted),
            (self.tr("Settings …"), "Ctrl+,", self.settings_wanted),
            (self.tr("All keys"), "F1", self.keys_wanted),
            (self.tr("Quit"), "Ctrl+Q", self.quit_wanted),
        ]
        for words, keys, wanted in entries:  # the keys are the window's: bound twice, Qt would obey neither
            self.menu.addAction(f"{words}\t{keys}").triggered.connect(lambda _=False, wanted=wanted: wanted.emit())
        layout.addWidget(self._more)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the box takes the tabs' room, and the menu names the pages."""
        super().resizeEvent(event)
        is_narrow = self.width() < look.px(_NARROW)
        for tab in self._tabs.values():
            tab.setHidden(is_narrow)
        for action in (*self._pages.values(), self._below_pages):
            action.setVisible(is_narrow)

    def show_page(self, name: str) -> None:
        """Mark the tab of the page that is open."""
        for other, action in self._pages.items():
            action.setChecked(other == name)
        for other, tab in self._tabs.items():
            tab.setProperty("class", "here" if other == name else "quiet")
            tab.style().unpolish(tab)
            tab.style().polish(tab)
