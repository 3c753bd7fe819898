"""A question before something that costs or cannot be undone. It never holds up the window: the answer comes later."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget


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
    box.open()
    return box
