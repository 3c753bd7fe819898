"""The settings' window: its sections at the left, one of them at the right. Each is made when it is first shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

from ui.desktop.surface import bring_forward
from ui.settings.choices import Choices
from ui.theme.look import look
from ui.theme.widgets import filled, rule

if TYPE_CHECKING:
    from ui.desktop.hotkey import Hotkey
    from ui.tools import Tools

_WIDTH, _HEIGHT, _LIST_WIDTH, _ROW_HEIGHT = 860, 620, 176, 34


class SettingsDialog(QDialog):
    """Stands beside the window; Escape closes it, and nothing waits for it."""

    remake_wanted = Signal()
    """All that is open is to be made anew: it speaks another language, or its rows are other ones."""

    def __init__(self, tools: Tools, hotkey: Hotkey | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings"))
        filled(self, self.backgroundRole())
        self.resize(look.px(_WIDTH), look.px(_HEIGHT))
        self._tools, self._hotkey = tools, hotkey
        self.choices = Choices(tools, self)
        self._sections: dict[str, tuple[str, Callable[[], QWidget]]] = {
            "folders": (self.tr("Folders"), self._folders),
            "left_out": (self.tr("Left out"), self._left_out),
            "models": (self.tr("Models"), self._models),
            "profiles": (self.tr("Search profiles"), self._profiles),
            "server": (self.tr("Server"), self._server),
            "limits": (self.tr("Limits"), self._limits),
            "quick_search": (self.tr("Quick search"), self._quick_search),
            "integration": (self.tr("Desktop"), self._integration),
            "appearance": (self.tr("Look and language"), self._appearance),
        }
        self._made: dict[str, tuple[QScrollArea, QWidget]] = {}
        self._stack = QStackedWidget()
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Sections"))
        self.list.setFixedWidth(look.px(_LIST_WIDTH))
        self.list.setProperty("class", "sections")
        for title, _ in self._sections.values():
            item = QListWidgetItem(title, self.list)
            item.setSizeHint(QSize(0, look.px(_ROW_HEIGHT)))
        self.list.currentRowChanged.connect(self._show_row)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.list)
        layout.addWidget(rule(is_upright=True))
        layout.addWidget(self._stack, 1)

    def section(self, name: str) -> QWidget:
        """A section's own widget."""
        if name not in self._made:
            area, widget = QScrollArea(), self._sections[name][1]()
            self._made[name] = area, widget
            area.setWidgetResizable(True)
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Tab goes to what is in it
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            area.setWidget(widget)
            self._stack.addWidget(area)
        return self._made[name][1]

    def show_section(self, name: str) -> None:
        """Come to the front with a section."""
        self.list.setCurrentRow(list(self._sections).index(name))
        bring_forward(self)

    def _show_row(self, row: int) -> None:
        name = list(self._sections)[row]
        self.section(name)
        self._stack.setCurrentWidget(self._made[name][0])

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.choices.look_again()

    # --- the sections, whose parts are imported when they are wanted

    def _folders(self) -> QWidget:
        from ui.settings.folders import FoldersSection

        return FoldersSection(self._tools)

    def _left_out(self) -> QWidget:
        from ui.settings.left_out import LeftOut

        return LeftOut(self._tools, self.choices)

    def _models(self) -> QWidget:
        from ui.settings.models import ModelsSection

        return ModelsSection(self._tools, self.choices)

    def _profiles(self) -> QWidget:
        from ui.settings.profiles import ProfilesSection

        return ProfilesSection(self._tools, self.choices)

    def _server(self) -> QWidget:
        from ui.settings.server import ServerSection

        return ServerSection(self._tools, self.choices)

    def _limits(self) -> QWidget:
        from ui.settings.limits import Limits

        return Limits(self.choices)

    def _quick_search(self) -> QWidget:
        from ui.settings.quick_search import QuickSearch

        return QuickSearch(self._tools.preferences, self._hotkey)

    def _integration(self) -> QWidget:
        from ui.settings.integration import Integration

        return Integration(self._tools.link.home)

    def _appearance(self) -> QWidget:
        from ui.settings.appearance import Appearance

        section = Appearance(self._tools.preferences)
        section.remake_wanted.connect(self.remake_wanted)
        return section
