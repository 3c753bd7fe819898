"""The button in the search box that says what the search is for, and its menu of profiles."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from finder.profiles import PROFILES
from ui.theme.fonts import metrics
from ui.theme.look import look
from ui.theme.widgets import Button, as_plain

_WIDEST = 160
"""Of the name, in pixels of the design: the rest of the box is the query's."""


class ProfileChoice(Button):
    """Bears the chosen profile's name, as far as there is room for it."""

    chosen = Signal(object)
    """A profile's name, or None for everyday searching."""
    opened = Signal()
    """Its menu is about to show: what may be chosen is to be what there is."""
    edit_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("", "quiet", "down", self.tr("What the search is for"))
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow stands behind the words
        self._is_narrow = False
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self._menu.aboutToShow.connect(self.opened)
        self._group = QActionGroup(self._menu)
        self.setMenu(self._menu)
        self.offer({}, None)

    def offer(self, own: Mapping[str, str], chosen: str | None) -> None:
        """Let one be chosen of those that come with the program and of one's own.

        Args:
            own: instructions by their profiles' names.
            chosen: what is borne until another is chosen.
        """
        self._menu.clear()
        self._group.deleteLater()
        self._group = QActionGroup(self._menu)
        self._chosen = chosen
        for name in (None, "code", *sorted(own.keys() - {"code"})):
            action = self._menu.addAction(self._words(name).replace("&", "&&"))
            action.setToolTip(as_plain({**PROFILES, **own}[name] if name is not None else ""))
            action.setCheckable(True)
            action.setChecked(name == chosen)
            action.triggered.connect(partial(self._choose, name))
            self._group.addAction(action)
        self._menu.addSeparator()
        self._menu.addAction(self.tr("Edit profiles …")).triggered.connect(self.edit_wanted)
        self._show()

    def set_narrow(self, is_narrow: bool) -> None:
        """Leave the room to the query: the arrow alone stays."""
        self._is_narrow = is_narrow
        self._show()

    def _choose(self, name: str | None, *_: object) -> None:
        self._chosen = name
        self._show()
        self.chosen.emit(name)

    def _show(self) -> None:
        words = metrics("body").elidedText(self._words(self._chosen), Qt.TextElideMode.ElideRight, look.px(_WIDEST))
        self.setText("" if self._is_narrow else words.replace("&", "&&"))
        self.setAccessibleDescription(self._words(self._chosen))

    def _words(self, name: str | None) -> str:
        return {None: self.tr("Everyday"), "code": self.tr("For code")}.get(name, name or "")
