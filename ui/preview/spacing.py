"""Lines of text at one distance from each other, whatever fonts they are made of: Qt's own layout packs them tight."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QTextBlock, QTextDocument
from PySide6.QtWidgets import QPlainTextDocumentLayout

_NEAR = 0.01


class SpacedLayout(QPlainTextDocumentLayout):
    """Moves the lines of a block apart when the block comes into sight."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self.pitch = 0.0
        """From one line to the next, in pixels; 0 leaves them as they are."""

    def blockBoundingRect(self, block: QTextBlock) -> QRectF:
        rect = super().blockBoundingRect(block)
        lines = block.layout().lineCount() if block.isValid() else 0
        if not self.pitch or not lines:
            return rect
        for number in range(lines):
            line = block.layout().lineAt(number)
            top = number * self.pitch + (self.pitch - line.height()) / 2
            if abs(line.y() - top) > _NEAR:
                line.setPosition(QPointF(line.x(), top))
        below = 0 if block.next().isValid() else self.document().documentMargin()
        rect.setTop(0)
        rect.setHeight(lines * self.pitch + below)
        return rect
