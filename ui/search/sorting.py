"""A small menu beside the summary: in which order the results stand."""

from __future__ import annotations

from typing import cast, get_args

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from ui.results.order import Order
from ui.theme.widgets import Button

_ORDERS = cast("tuple[Order, ...]", get_args(Order))


class Sorting(Button):
    """Bears the order's name."""

    chosen = Signal(str)
    """An `Order`."""

    def __init__(self, order: Order) -> None:
        super().__init__("", "facet", "down")
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow stands behind the words
        menu, group = QMenu(self), QActionGroup(self)
        self._order, self._is_ranked = order, True
        self._offers = {offered: menu.addAction(self._words(offered)) for offered in _ORDERS}
        for offered, action in self._offers.items():
            action.setCheckable(True)
            group.addAction(action)
            action.triggered.connect(lambda _=False, offered=offered: self._choose(offered))
        self.setMenu(menu)
        self._show()

    def set_ranked(self, is_ranked: bool) -> None:
        """Name the orders of what is shown now.

        Args:
            is_ranked: False where filters alone were asked for: nothing fits best, and files come the newest first.
        """
        self._is_ranked = is_ranked
        self._offers["best"].setVisible(is_ranked)
        self._show()

    def _choose(self, order: Order) -> None:
        self._order = "best" if order == "newest" and not self._is_ranked else order
        self._show()
        self.chosen.emit(self._order)

    def _show(self) -> None:
        shown = "newest" if self._order == "best" and not self._is_ranked else self._order
        self._offers[shown].setChecked(True)
        self.setText(self._words(shown))
        self.setAccessibleName(self.tr("Order: %1").replace("%1", self._words(shown)))

    def _words(self, order: Order) -> str:
        return {
            "best": self.tr("Best first"),
            "name": self.tr("By name", "an order"),
            "newest": self.tr("Newest first"),
            "largest": self.tr("Largest first"),
        }[order]
