"""A question before something that costs or cannot be undone. It never holds up the window: the answer comes later."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from ui.theme.look import look


def ask(parent: QWidget, question: str, cost: str, verb: str, do: Callable[[], object]) -> QMessageBox:
    """Say what it costs, and `do` it where the button `verb` is pressed. Escape and Enter leave all as it is."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, "Inkling", question, QMessageBox.StandardButton.NoButton, parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(cost)
    yes = box.addButton(verb.replace("&", "&&"), QMessageBox.ButtonRole.AcceptRole)
    no = box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(no)
    box.setEscapeButton(no)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.buttonClicked.connect(lambda pressed: do() if pressed is yes else None)
    give_room(box)
    box.open()
    return box


def give_room(box: QMessageBox) -> None:
    """Margins as in every dialog: Qt leaves a column free at the left for an icon, and next to nothing around it."""
    if (layout := box.layout()) is not None:
        left = 20 if not box.iconPixmap().isNull() else 0
        layout.setContentsMargins(look.px(left), look.px(20), look.px(20), look.px(16))
