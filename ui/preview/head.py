"""The preview's head: name, folder, date and size; what can be done; why it was found, and which hit is shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from finder.text import clean
from ui.results.files import Wish
from ui.results.layout import cut_name, cut_path
from ui.results.marks import DROP_HEIGHT, DROP_WIDTH, draw_strength
from ui.results.row import Row
from ui.theme.fonts import font, metrics
from ui.theme.look import look
from ui.theme.widgets import Button, Elided, EndMenu, Label, as_plain
from ui.words.phrases import Phrases

if TYPE_CHECKING:
    from finder.search.likeness.related import Relation

_TITLE_HEIGHT, _MARGIN = 60, 20
_MOST_WORDS = 6
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)


class _Title(QWidget):
    """The file's name, and below it where it lies, its date and size: painted, cut by the rules for names and paths."""

    def __init__(self) -> None:
        super().__init__()
        self._row: Row | None = None
        self.setFixedHeight(look.px(_TITLE_HEIGHT))

    def show_row(self, row: Row) -> None:
        self._row = row
        self.setAccessibleName(row.name)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if (row := self._row) is None:
            return
        px = look.px
        painter = QPainter(self)
        width = self.width() - px(2 * _MARGIN)
        painter.setFont(font("title", row.name))
        painter.setPen(look.colour("ink"))
        name = cut_name(row.name, metrics("title", row.name), width)
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # a name runs as its own script does
        painter.drawText(QRectF(px(_MARGIN), px(14), width, px(24)), _LEFT, name)
        painter.setLayoutDirection(self.layoutDirection())
        painter.setFont(font("meta", "".join(row.folder)))
        painter.setPen(look.colour("ink3"))
        tail = f"   ·   {row.date}   ·   {row.size}"
        measure = metrics("meta", "".join(row.folder))
        folder = cut_path(row.folder, measure, width - measure.horizontalAdvance(tail))
        painter.drawText(QRectF(px(_MARGIN), px(39), width, px(18)), _LEFT, folder + tail)
        painter.end()


class _Drop(QWidget):
    """How well the file fits."""

    def __init__(self) -> None:
        super().__init__()
        self._row: Row | None = None
        self.setFixedSize(look.px(DROP_WIDTH) + 2, look.px(DROP_HEIGHT) + 2)

    def show_row(self, row: Row, words: str) -> None:
        self._row = row
        self.setToolTip(as_plain(words))
        self.setAccessibleName(words)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._row is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_strength(painter, QPointF(1, 1), self._row.strength)
        painter.end()


class Head(QWidget):
    """Everything of the preview but the file itself."""

    wished = Signal(str)
    """A `Wish`."""
    stepped = Signal(int)
    """1: the next hit; -1: the one before."""

    def __init__(self) -> None:
        super().__init__()
        self._phrases, self._whys = Phrases(self), Whys(self)
        self._title, self._drop = _Title(), _Drop()
        self._why = Elided("meta", "ink2")
        self._place = Label("", "meta_strong", "ink2")
        self._back = Button("", "step", "left", self.tr("Hit before (Alt+Left)"))
        self._on = Button("", "step", "right", self.tr("Next hit (Alt+Right)"))
        self._back.clicked.connect(lambda: self.stepped.emit(-1))
        self._on.clicked.connect(lambda: self.stepped.emit(1))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._title)
        layout.addLayout(self._actions())
        layout.addLayout(self._why_line())

    def show_row(self, row: Row) -> None:
        """Say what the file is and why it was found."""
        self._title.show_row(row)
        self._drop.show_row(row, self._phrases.strength(row.strength))
        why = self._whys.text(row)
        self._why.say(why)
        self._drop.setVisible(row.is_ranked)

    def show_hit(self, row: Row, hit: int, page: int | None = None) -> None:
        """Say which of the file's passages is shown, and where it stands.

        Args:
            page: on which the hit is, where its passage began on one before.
        """
        passages = row.file["passages"]
        parts = []
        if len(passages) > 1:
            parts.append(self.tr("%1 of %2").replace("%1", str(hit + 1)).replace("%2", str(len(passages))))
        if passages:
            parts += [place] if (place := self._phrases.place(passages[hit], page)) else []
        self._place.setText("  ·  ".join(parts))
        for button in (self._back, self._on):
            button.setVisible(len(passages) > 1)

    def _actions(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setContentsMargins(look.px(_MARGIN), look.px(8), look.px(12), look.px(6))
        line.setSpacing(look.px(8))
        buttons: list[tuple[Wish, str, str]] = [
            ("open", self.tr("Open"), "primary"),
            ("show", self.tr("Show in folder"), ""),
            ("similar", self.tr("Find similar"), ""),
        ]
        for wish, text, kind in buttons:
            button = Button(text, kind)
            button.clicked.connect(lambda _=False, wish=wish: self.wished.emit(wish))
            line.addWidget(button)
        line.addStretch(1)
        more = Button("", "icon", "more", self.tr("More"))
        menu = EndMenu(more)
        menu.addAction(self.tr("Copy the file")).triggered.connect(lambda: self.wished.emit("copy"))
        menu.addAction(self.tr("Copy its path")).triggered.connect(lambda: self.wished.emit("copy_path"))
        line.addWidget(more)
        return line

    def _why_line(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setContentsMargins(look.px(_MARGIN), look.px(4), look.px(12), look.px(8))
        line.setSpacing(look.px(8))
        line.addWidget(self._drop)
        line.addWidget(self._why, 1)
        line.addWidget(self._place)
        line.addWidget(self._back)
        line.addWidget(self._on)
        return line


class Whys(QObject):
    """Why a file was found, in a plain line."""

    def text(self, row: Row) -> str:
        """By meaning, by which words, or by its name; of a file that is like another, in what."""
        if relation := cast("dict[str, Any]", row.file).get("relation"):
            return self._relation(relation)
        why = set(row.file["why"])
        best: dict[str, Any] = cast("dict[str, Any]", row.file["passages"][0]) if row.file["passages"] else {}
        words = _different(
            clean(text[low:high]).strip()
            for text, marked in (
                (row.name, row.name_words if "name" in why else ()),
                (best.get("text", ""), best.get("words") or ()),
            )
            for low, high in marked
        )
        listed = self.tr(", ", "between parts of a sentence").join(words[:_MOST_WORDS])
        if "meaning" in why and words:
            return self.tr("By meaning; words: %1").replace("%1", listed)
        if "meaning" in why:
            return self.tr("Found by meaning, not by equal words")
        if not why:  # only filters were asked for, or a topic
            return ""
        if "words" in why:
            return self.tr("By words: %1").replace("%1", listed) if words else self.tr("By words")
        return self.tr("By name; words: %1").replace("%1", listed) if words else self.tr("By name")

    def _relation(self, relation: Relation) -> str:
        return {
            "copy": self.tr("Equal in every byte"),
            "version": self.tr("Largely the same text"),
            "kind": self.tr("The same kind of file, with something else in it"),
            "subject": self.tr("Near in meaning"),
        }[relation]


def _different(words: Iterable[str]) -> list[str]:
    """One of those that differ in their case alone, in the order of the text."""
    first: dict[str, str] = {}
    for word in words:
        first.setdefault(word.casefold(), word)
    return list(first.values())
