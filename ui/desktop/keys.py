"""A combination of keys, in the words of Qt, taken apart for the systems that are asked for it. Imports no widgets."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal

from PySide6.QtGui import QKeySequence

Modifier = Literal["ctrl", "alt", "shift", "meta"]

DEFAULT = "Ctrl+Shift+Space" if sys.platform == "darwin" else "Ctrl+Alt+Space"
"""Free by default on GNOME, KDE Plasma, Xfce, Cinnamon, MATE and Windows. Their own are next to it: Alt+Space is a
window's menu or KRunner, Super+Space and Ctrl+Space choose a way of writing, Ctrl+Shift+Space is the completion of many
editors. On macOS Ctrl+Alt+Space chooses a way of writing; there it is Command+Shift+Space, which Qt calls Ctrl."""

_MODIFIERS: dict[str, Modifier] = {"Ctrl": "ctrl", "Alt": "alt", "Shift": "shift", "Meta": "meta"}
_LAST_F = 24


@dataclass(frozen=True, slots=True)
class Keys:
    """One key with modifiers."""

    key: str
    """"A" to "Z", "0" to "9", "F1" to "F24", "Space"."""
    modifiers: frozenset[Modifier]


def read_keys(text: str) -> Keys | None:
    """The combination that `text` names ("Ctrl+Alt+Space"); None for what cannot be a global key.

    A key that types something needs Ctrl, Alt or Meta; a function key stands alone as well.
    """
    sequence = QKeySequence(text, QKeySequence.SequenceFormat.PortableText)
    *held, name = sequence.toString(QKeySequence.SequenceFormat.PortableText).split("+")
    if sequence.count() != 1 or not _MODIFIERS.keys() >= set(held):
        return None
    modifiers = frozenset(_MODIFIERS[modifier] for modifier in held)
    is_function = name.startswith("F") and name[1:].isdecimal() and int(name[1:]) <= _LAST_F
    is_typed = name == "Space" or (len(name) == 1 and name.isascii() and name.isalnum())
    if is_function or (is_typed and modifiers - {"shift"}):
        return Keys(name, modifiers)
    return None
