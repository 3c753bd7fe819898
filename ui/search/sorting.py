"""A small menu beside the summary: in which order the results stand."""

from __future__ import annotations

from typing import cast, get_args

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from ui.results.order import Order
from ui.theme.widgets import Button


class Sorting(Button):
    """Bears the order's name."""

    chosen = Signal(str)
    """An `Order`."""

    def __init__(self, order: Order) -> None:
        super().__init__("", "facet", "down")
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow stands behind the words
        menu, group = QMenu(self), QActionGroup(self)
        for offered in cast("tuple[Order, ...]", get_args(Order)):
            action = group.addAction(menu.addAction(self._words(offered)))
            action.setCheckable(True)
            action.setChecked(offered == order)
            action.triggered.connect(lambda _=False, offered=offered: self._choose(offered))
        self.setMenu(menu)
        self._show(order)

    def _choose(self, order: Order) -> None:
        self._show(order)
        self.chosen.emit(order)

    def _show(self, order: Order) -> None:
        self.setText(self._words(order))
        self.setAccessibleName(self.tr("Order: %1").replace("%1", self._words(order)))

    def _words(self, order: Order) -> str:
        return {
            "best": self.tr("Best first"),
            "name": self.tr("By name", "an order"),
            "newest": self.tr("Newest first"),
            "largest": self.tr("Largest first"),
        }[order]
