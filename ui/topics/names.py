"""The list of topics: what keyboard and screen reader have in the place of the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStyledItemDelegate, QStyleOptionViewItem

from ui.results.files import Index
from ui.results.marks import draw_state
from ui.theme.fonts import font, metrics
from ui.theme.look import look
from ui.topics.map import hue
from ui.words.phrases import Phrases

if TYPE_CHECKING:
    from finder.topics.found import Topic

_ROW, _INSET, _PAD, _DOT, _BAR_INSET = 34, 6, 12, 9, 7
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_TOPIC = int(Qt.ItemDataRole.UserRole)


class NamesModel(QAbstractListModel):
    """Topics, the largest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.topics: list[Topic] = []

    def show(self, topics: list[Topic]) -> None:
        """Show other topics."""
        self.beginResetModel()
        self.topics = topics
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.topics)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.topics):
            return None
        topic = self.topics[index.row()]
        if role == _TOPIC:
            return topic
        if role == Qt.ItemDataRole.DisplayRole:
            return topic["name"]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{topic['name']}. {self.tr('%Ln files', '', topic['count'])}"
        return None


class _NameDelegate(QStyledItemDelegate):
    """A dot in the topic's colour, its name, its count."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._phrases = Phrases(self)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(look.px(160), look.px(_ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        topic: Topic = index.data(_TOPIC)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect).adjusted(look.px(_INSET), 1, -look.px(_INSET), -1)
        draw_state(painter, box, option.state, _BAR_INSET)
        inner = box.adjusted(look.px(_PAD), 0, -look.px(_PAD), 0)
        side = look.px(_DOT)
        painter.setBrush(look.colour(hue(topic["hue_rank"])))
        painter.drawEllipse(QRectF(inner.left(), inner.center().y() - side / 2, side, side))
        self._draw_words(painter, inner.adjusted(side + look.px(10), 0, 0, 0), topic)
        painter.restore()

    def _draw_words(self, painter: QPainter, box: QRectF, topic: Topic) -> None:
        count = self._phrases.number(topic["count"])
        painter.setFont(font("meta"))
        painter.setPen(look.colour("ink2"))
        painter.drawText(box, _RIGHT, count)
        room = box.width() - metrics("meta").horizontalAdvance(count) - look.px(12)
        measure = metrics("body_strong", topic["name"])
        painter.setFont(font("body_strong", topic["name"]))
        painter.setPen(look.colour("ink"))
        painter.drawText(box, _LEFT, measure.elidedText(topic["name"], Qt.TextElideMode.ElideRight, room))


class NamesView(QListView):
    """Up and Down walk through the topics; Enter, or a click, shows a topic's files."""

    walked = Signal(int)
    """The id of the topic that is current."""
    entered = Signal(int)

    def __init__(self, model: NamesModel) -> None:
        super().__init__()
        self._names = model
        self.setModel(model)
        self.setItemDelegate(_NameDelegate(self))
        self.setAccessibleName(self.tr("Topics"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.setViewportMargins(0, 6, 0, 6)
        self.clicked.connect(lambda index: self.entered.emit(model.topics[index.row()]["id"]))

    def choose(self, topic: int) -> None:
        """Make a topic the current one."""
        for number, held in enumerate(self._names.topics):
            if held["id"] == topic:
                self.setCurrentIndex(self._names.index(number, 0))

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if current.isValid():
            self.walked.emit(self._names.topics[current.row()]["id"])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current.isValid():
            self.entered.emit(self._names.topics[current.row()]["id"])
        elif event.text().isprintable() and event.text():
            event.ignore()  # the page's: plus, minus, 0
        else:
            super().keyPressEvent(event)
