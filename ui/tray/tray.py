"""The tray's icon and menu: a StatusNotifierItem where the desktop has a watcher for these, else an XEmbed icon.

Qt chooses between the two when the icon is made, so it is made when a tray is there; a panel may come after the app.
"""

from __future__ import annotations

import os
import sys

from PySide6.QtCore import QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from finder.types import JsonObject
from ui.link import Link
from ui.theme import icons
from ui.theme.look import look
from ui.theme.tokens import DARK, LIGHT
from ui.tray.state import IndexState, IndexWatch, Standing

_REDRAWN_EVERY_MS = 5_000
_LOOKED_FOR_EVERY_MS = 5_000
_SIZES_PX = (16, 22, 24, 32, 44, 48, 64)
_GRID = 22.0
_PIE = QRectF(5.18, 5.18, 8, 8)
"""Within the lens, on its grid of 22."""
_WHOLE_TURN = 360 * 16
_HALO = 0.35
_AROUND = [(across, down) for across in (-1, 0, 1) for down in (-1, 0, 1) if across or down]
_PAUSE_MINUTES = 60
_GLYPHS: dict[Standing, str] = {
    "starting": "lens-none",
    "current": "lens-current",
    "indexing": "lens-none",
    "paused": "lens-paused",
    "attention": "lens-attention",
}
_DARK_BARS = frozenset({"GNOME", "Unity", "Pantheon"})
"""Desktops whose bar is dark whatever their windows are."""


class Tray(QObject):
    """Follows how indexing is; asks for what its menu offers."""

    searched = Signal()
    """The quick search is wanted."""
    clicked = Signal()
    """The quick search is wanted, or wanted no more."""
    opened = Signal()
    """The window is wanted."""
    ended = Signal()
    """The app is to end."""
    appeared = Signal()
    """There is an icon now."""

    def __init__(self, link: Link, parent: QObject) -> None:
        super().__init__(parent)
        self._link = link
        self._icon: QSystemTrayIcon | None = None
        self.watch = IndexWatch(link, self)
        self.menu = self._made_menu()
        self._redraw = QTimer(self, singleShot=True, interval=_REDRAWN_EVERY_MS)
        self._redraw.timeout.connect(self._draw)
        self._looking = QTimer(self, interval=_LOOKED_FOR_EVERY_MS)
        self._looking.timeout.connect(self._appear)
        self.watch.changed.connect(self._follow)
        look.changed.connect(self._draw)
        self._follow(self.watch.state)
        self._looking.start()
        self._appear()

    @property
    def is_there(self) -> bool:
        """True where the user has the icon before their eyes."""
        return self._icon is not None and QSystemTrayIcon.isSystemTrayAvailable()

    def tell(self, title: str, words: str) -> bool:
        """Say something by the desktop's own notes; False where there is no icon that could."""
        if self._icon is None:
            return False
        self._icon.showMessage(title, words.replace("<", "‹"), QSystemTrayIcon.MessageIcon.NoIcon)
        return True

    def _appear(self) -> None:
        if not QSystemTrayIcon.isSystemTrayAvailable():
            return
        self._looking.stop()
        self._icon = QSystemTrayIcon(self)
        self._icon.setContextMenu(self.menu)
        self._icon.activated.connect(self._take_click)
        self._draw()
        self._icon.show()
        self.appeared.emit()

    def _take_click(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason == QSystemTrayIcon.ActivationReason.Trigger:
            self.clicked.emit()
        elif reason == QSystemTrayIcon.ActivationReason.MiddleClick:
            self.opened.emit()

    def _made_menu(self) -> QMenu:
        menu = QMenu()
        self._fill(menu)
        self.destroyed.connect(menu.deleteLater)
        return menu

    def speak_anew(self) -> None:
        """Say everything in the language of now."""
        self.menu.clear()
        self._fill(self.menu)
        self._follow(self.watch.state)
        self.watch.look()

    def _fill(self, menu: QMenu) -> None:
        menu.addAction(self.tr("Search …"), self.searched.emit)
        menu.addAction(self.tr("Open Inkling"), self.opened.emit)
        menu.addSeparator()
        self._line = menu.addAction("")
        self._line.setEnabled(False)
        self._pause = menu.addAction(self.tr("Pause for an hour"), lambda: self._rest(_PAUSE_MINUTES))
        self._resume = menu.addAction(self.tr("Resume now"), lambda: self._rest(None))
        menu.addSeparator()
        menu.addAction(self.tr("Quit"), self.ended.emit)

    def _rest(self, minutes: float | None) -> None:
        params = {} if minutes is None else {"minutes": minutes}
        self._link.call("resume" if minutes is None else "pause", params, on_final=self._has_rested)

    def _has_rested(self, result: JsonObject) -> None:
        self.watch.look()

    def _follow(self, state: IndexState) -> None:
        self._line.setText(state.words.replace("&", "&&"))
        is_resting = state.standing == "paused"
        self._resume.setVisible(is_resting)
        self._pause.setVisible(not is_resting)
        if not self._redraw.isActive():
            self._draw()
            self._redraw.start()

    def _draw(self) -> None:
        if self._icon is not None:
            self._icon.setIcon(tray_icon(self.watch.state))
            words = self.watch.state.words.replace("<", "‹")  # a desktop may take it for markup, or show an escape
            self._icon.setToolTip(f"Inkling\n{words}")


def tray_icon(state: IndexState) -> QIcon:
    """One colour, the state inside the lens."""
    made = QIcon()
    theirs, other = (DARK, LIGHT) if _is_bar_dark() else (LIGHT, DARK)
    is_mask = sys.platform == "darwin"  # macOS colours it itself
    for size in _SIZES_PX:
        drawn = _pixmap(state, QColor(theirs["ink"]), size)
        made.addPixmap(drawn if is_mask else _haloed(drawn, QColor(other["ink"])))
    made.setIsMask(is_mask)
    return made


def _haloed(drawn: QPixmap, colour: QColor) -> QPixmap:
    """With a faint edge in the colour for the other kind of bar: some panels are dark on a light desktop."""
    edge = QPixmap(drawn)
    painter = QPainter(edge)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(edge.rect(), colour)
    painter.end()
    made = QPixmap(drawn.size())
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    reach = max(1, round(drawn.width() / _GRID))
    painter.setOpacity(_HALO)
    for across, down in _AROUND:
        painter.drawPixmap(across * reach, down * reach, edge)
    painter.setOpacity(1)
    painter.drawPixmap(0, 0, drawn)
    painter.end()
    return made


def _pixmap(state: IndexState, colour: QColor, size_px: int) -> QPixmap:
    pixmap = icons.pixmap(_GLYPHS[state.standing], colour.name(), size_px)
    if state.standing == "indexing":
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(size_px / _GRID, size_px / _GRID)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPie(_PIE, _WHOLE_TURN // 4, -round(_WHOLE_TURN * max(0.02, state.share)))
        painter.end()
    return pixmap


def _is_bar_dark() -> bool:
    """By the desktop's own scheme: its panel does not follow what the app was told to look like."""
    is_dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return is_dark or not _DARK_BARS.isdisjoint(os.environ.get("XDG_CURRENT_DESKTOP", "").split(":"))
