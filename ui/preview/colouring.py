"""The colours of text in the preview: a program's words by what they are, what was found in it, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from ui.theme.look import look
from ui.theme.tokens import Token

Mark = tuple[int, int]
"""Start and end in UTF-16 units of the shown text."""

_TOKENS: tuple[Token, ...] = ("code", "sheet", "ink3", "slides", "document")
"""For keywords, strings, comments, numbers and names: in the order in which the service numbers them."""


class Colouring(QSyntaxHighlighter):
    """Colours what it was told to, block by block."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._by_block: dict[int, list[tuple[int, int, int]]] = {}
        self._answer: Mark | None = None
        self._words: Sequence[Mark] = ()
        look.changed.connect(self.rehighlight)

    def show_tokens(self, tokens: Sequence[tuple[int, int, int]]) -> None:
        """Colour a program: (start, end, kind), in order and in UTF-16 units."""
        self._by_block = {}
        document = self.document()
        for start, end, kind in tokens:
            block = document.findBlock(start)
            while block.isValid() and block.position() < end:
                low = max(start - block.position(), 0)
                self._by_block.setdefault(block.blockNumber(), []).append((low, end - block.position(), kind))
                block = block.next()
        self.rehighlight()

    def show_marks(self, answer: Mark | None, words: Sequence[Mark]) -> None:
        """Print what is marked so that it reads well on its wash; equal words bold."""
        before = [*self._words, *([self._answer] if self._answer else [])]
        self._answer, self._words = answer, words
        document = self.document()
        touched = set()
        for start, end in [*before, *words, *([answer] if answer else [])]:
            first, last = document.findBlock(start).blockNumber(), document.findBlock(end).blockNumber()
            touched |= set(range(first, (last if last >= 0 else document.blockCount() - 1) + 1))
        for number in sorted(touched):
            self.rehighlightBlock(document.findBlockByNumber(number))

    def highlightBlock(self, text: str) -> None:
        block = self.currentBlock()
        for start, end, kind in self._by_block.get(block.blockNumber(), ()):
            shape = QTextCharFormat()
            shape.setForeground(look.colour(_TOKENS[kind]))
            self.setFormat(start, end - start, shape)
        at, length = block.position(), block.length()
        if self._answer is not None:
            self._restyle(self._answer, at, length, is_answer=True)
        for word in self._words:
            self._restyle(word, at, length, is_answer=False)

    def _restyle(self, mark: Mark, at: int, length: int, is_answer: bool) -> None:
        for unit in range(max(mark[0] - at, 0), min(mark[1] - at, length)):
            shape = self.format(unit)
            if is_answer:
                shape.setForeground(look.colour("mark_ink"))
            else:
                shape.setFontWeight(QFont.Weight.DemiBold)
            self.setFormat(unit, 1, shape)
