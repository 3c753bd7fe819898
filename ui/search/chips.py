"""What was understood of the query, as chips that can be taken off; and the kinds of the files found, with counts."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QWidget

from finder.types import FileType
from ui.theme.look import look
from ui.theme.widgets import Button, filled
from ui.words.chips import ChipWords
from ui.words.phrases import Phrases

_HEIGHT = 36
_BESIDE_MARK = 54
_LONGEST_CHARS = 32
_AFTER_CHIPS = 6


class ChipRow(QScrollArea):
    """One line below the box. Where it is too long it is scrolled with the wheel, and never makes the window wider."""

    dropped = Signal(int, int)
    """A chip was taken off: where it begins and ends in the query."""
    kind_chosen = Signal(object)
    """A `FileType`, or None for all."""
    subject_dropped = Signal()
    """The chip of what the list is about was taken off."""

    def __init__(self) -> None:
        super().__init__()
        self._phrases, self._words = Phrases(self), ChipWords(self)
        self._shown: object = None
        self.subject = ""
        """What the list is limited to beside the query, in words: a chip before all others."""
        self.has_content = False
        """Something was understood, or there is more than one kind to choose from."""
        self.setAccessibleName(self.tr("Filters"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setFixedHeight(look.px(_HEIGHT))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)

    def show_understood(self, chips: list[dict[str, Any]], kinds: dict[FileType, int], chosen: FileType | None) -> None:
        """Show what was understood; without filters and kinds the row is empty."""
        if (self.subject, chips, kinds, chosen) == self._shown:
            return
        self._shown = (self.subject, chips, kinds, chosen)
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(look.px(_BESIDE_MARK), 0, look.px(16), look.px(10))
        layout.setSpacing(look.px(4))
        if self.subject:
            layout.addWidget(self._subject_chip())
        for chip in chips:
            layout.addWidget(self._chip(chip))
        layout.addSpacing(look.px(_AFTER_CHIPS) if chips or self.subject else 0)
        counted = {kind: count for kind, count in kinds.items() if count}
        self.has_content = bool(chips or self.subject) or len(counted) > 1 or chosen is not None
        if len(counted) > 1 or chosen:
            layout.addWidget(self._facet(None, self.tr("All"), sum(counted.values()), chosen is None))
            for kind, count in sorted(counted.items(), key=lambda item: -item[1]):
                layout.addWidget(self._facet(kind, self._phrases.kind(kind), count, kind == chosen))
        layout.addStretch(1)
        if (before := self.takeWidget()) is not None:
            before.deleteLater()  # the chip that was clicked may be on it
        self.setWidget(filled(line, self.backgroundRole()))

    def _subject_chip(self) -> Button:
        button = self._button(self.subject)
        button.clicked.connect(self.subject_dropped)
        return button

    def _chip(self, chip: dict[str, Any]) -> Button:
        button = self._button(self._words.text(chip))
        button.clicked.connect(lambda: self.dropped.emit(chip["start"], chip["end"]))
        return button

    def _button(self, words: str) -> Button:
        shown = words if len(words) <= _LONGEST_CHARS else words[: _LONGEST_CHARS - 1] + "…"
        return Button(f"{shown}   ×", "chip", name=self.tr("Remove the filter: %1").replace("%1", words))

    def _facet(self, kind: FileType | None, name: str, count: int, is_chosen: bool) -> Button:
        button = Button(f"{name}  {self._phrases.number(count)}" if count else name, "facet")
        button.setCheckable(True)
        button.setChecked(is_chosen)
        button.clicked.connect(lambda: self.kind_chosen.emit(None if is_chosen else kind))
        return button

    def wheelEvent(self, event: QWheelEvent) -> None:
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - (event.angleDelta().y() or event.angleDelta().x()))
        event.accept()
