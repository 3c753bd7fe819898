"""The map itself: pushed with the pointer, zoomed with wheel and keys; a name chooses a topic, a point its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEasingCurve, QEvent, QPointF, QRectF, QSizeF, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from ui.theme.look import look
from ui.theme.tokens import Token
from ui.theme.widgets import as_plain
from ui.topics import pills
from ui.topics.picture import Cloud, Picture, paint
from ui.topics.viewport import Viewport
from ui.words.phrases import Phrases

if TYPE_CHECKING:
    from finder.topics.found import Point, Topics

_MARGIN, _NEAR, _RING, _EDGE = 40, 9, 6, 8
_STEP, _WHEEL_STEP = 1.5, 1.25
_MOST = 60.0
"""As many times as large as the whole."""
_ZOOM_MS = 160
_HUES: tuple[Token, ...] = ("topic1", "topic2", "topic3", "topic4", "topic5", "topic6", "topic7", "topic8")


def hue(rank: int) -> Token:
    """The colour of a topic."""
    return _HUES[rank % len(_HUES)]


class TopicsMap(QWidget):
    """Points, blots and names."""

    topic_chosen = Signal(int)
    """A name was pressed: the topic's id."""
    point_chosen = Signal(str)
    """A point was pressed: the file's URI."""
    point_opened = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._phrases = Phrases(self)
        self._found: Topics | None = None
        self._chosen: int | None = None
        self._marked: str | None = None
        self._viewport = Viewport(QSizeF(1, 1), QPointF(0, 0), 1.0)
        self._whole = self._viewport
        self._picture: Picture | None = None
        self._overlay: Picture | None = None
        self._pressed: QPointF | None = None
        self._is_pushed = False
        self._zoom = QVariantAnimation(self, duration=_ZOOM_MS, startValue=0.0, endValue=1.0)
        self._zoom.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._from, self._factor, self._at = self._viewport, 1.0, QPointF()
        self._zoom.valueChanged.connect(self._zoom_on)
        self._zoom.finished.connect(self._repaint_all)
        self.setMinimumWidth(look.px(240))
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Map of topics; the list beside it says the same"))
        look.changed.connect(self._repaint_all)

    def show_topics(self, found: Topics) -> None:
        """Show another map, or the same one with what has changed."""
        self._found = found
        self.show_whole()

    def choose(self, topic: int | None) -> None:
        """Mark a topic."""
        if topic != self._chosen:
            self._chosen = topic
            self._overlay = None
            self.update()

    def mark(self, uri: str | None) -> None:
        """Put a ring around a file's point."""
        self._marked = uri
        self.update()

    def show_whole(self) -> None:
        """Show everything there is."""
        self._whole = self._viewport = Viewport.around(self._box(), QSizeF(self.size()), look.px(_MARGIN))
        self._repaint_all()

    def zoom(self, is_closer: bool) -> None:
        """Zoom about the middle by one step."""
        self._zoom_by(_STEP if is_closer else 1 / _STEP, QPointF(self.rect().center()))

    def position_of(self, uri: str) -> QPointF | None:
        """Where a file's point is in the widget; None where it has none."""
        point = next((point for point in self._points() if point["uri"] == uri), None)
        return None if point is None else self._viewport.to_widget(point["x"], point["y"])

    @property
    def shown_pills(self) -> list[pills.Pill]:
        """The names on the map, in the widget."""
        topics = self._found["topics"] if self._found else []
        edge = look.px(_EDGE)
        room = QRectF(self.rect()).adjusted(edge, edge, -edge, -edge)
        return pills.placed(topics, self._chosen, self._viewport.to_widget, room, self._phrases.number)

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), look.colour("surface"))
        if self._found is None:
            painter.end()
            return
        self._make_pictures()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not self._is_moving)
        for picture in (self._picture, self._overlay):
            if picture is not None:
                picture.draw(painter, self._viewport)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        if self._marked is not None and (at := self.position_of(self._marked)) is not None:
            painter.setPen(QPen(look.colour("accent"), 2))
            painter.drawEllipse(at, look.px(_RING), look.px(_RING))
        for pill in reversed(self.shown_pills):
            pills.draw(painter, pill, pill.id == self._chosen)
        painter.end()

    @property
    def _is_moving(self) -> bool:
        return self._is_pushed or self._zoom.state() == QVariantAnimation.State.Running

    def _make_pictures(self) -> None:
        """Paint what is missing; while the map moves the old pictures serve, as near or as far as they are."""
        ratio = self.devicePixelRatioF()
        if self._picture is None:
            self._picture = paint(self._clouds(), self._viewport, ratio)
        if self._overlay is None and self._chosen is not None and not self._is_moving:
            chosen = [cloud for id, cloud in self._clouds_by_id().items() if id == self._chosen]
            self._overlay = paint(chosen, self._viewport, ratio, is_chosen=True)

    def _clouds(self) -> list[Cloud]:
        outside = [(point["x"], point["y"]) for point in self._points() if point["topic"] is None]
        return [Cloud("ink3", outside, has_blot=False), *self._clouds_by_id().values()]

    def _clouds_by_id(self) -> dict[int, Cloud]:
        places: dict[int | None, list[tuple[float, float]]] = {}
        for point in self._points():
            places.setdefault(point["topic"], []).append((point["x"], point["y"]))
        topics = self._found["topics"] if self._found else []
        return {topic["id"]: Cloud(hue(topic["hue_rank"]), places.get(topic["id"], [])) for topic in topics}

    def _points(self) -> list[Point]:
        return self._found["points"] if self._found else []

    def _box(self) -> QRectF:
        points = self._points()
        if not points:
            return QRectF(0, 0, 1, 1)
        xs, ys = [point["x"] for point in points], [point["y"] for point in points]
        return QRectF(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))

    def _repaint_all(self) -> None:
        self._picture = self._overlay = None
        self.update()

    # --- moving

    def _zoom_by(self, factor: float, at: QPointF) -> None:
        running = self._zoom.state() == QVariantAnimation.State.Running
        left = self._factor * self._from.scale / self._viewport.scale if running else 1.0
        least, most = self._whole.scale, self._whole.scale * _MOST
        wanted = max(least, min(most, self._viewport.scale * left * factor))
        self._from, self._factor, self._at = self._viewport, wanted / self._viewport.scale, at
        if look.is_moving:
            self._zoom.stop()
            self._zoom.start()
        else:
            self._zoom_on(1.0)
            self._repaint_all()

    def _zoom_on(self, share: float) -> None:
        self._viewport = self._from.zoomed(self._factor**share, self._at)
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turns = event.angleDelta().y() / 120
        if turns:
            self._zoom_by(_WHEEL_STEP**turns, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            over = self._pill_at(event.position()) is not None or self._point_at(event.position()) is not None
            self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)
            return
        by = event.position() - self._pressed
        if self._is_pushed or by.manhattanLength() >= QApplication.startDragDistance():
            self._is_pushed = True
            self._pressed = event.position()
            self._viewport = self._viewport.moved(by)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        was_pushed, self._is_pushed, self._pressed = self._is_pushed, False, None
        if was_pushed:
            self._repaint_all()
        elif (topic := self._pill_at(event.position())) is not None:
            self.topic_chosen.emit(topic)
        elif (point := self._point_at(event.position())) is not None:
            self.point_chosen.emit(point["uri"])

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        point = self._point_at(event.position())
        if point is not None and self._pill_at(event.position()) is None:
            self.point_opened.emit(point["uri"])

    def resizeEvent(self, event: QResizeEvent) -> None:
        is_whole = self._viewport == self._whole
        size = QSizeF(self.size())
        self._whole = Viewport.around(self._box(), size, look.px(_MARGIN))
        self._viewport = self._whole if is_whole else self._viewport.resized(size)
        self._repaint_all()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            point = self._point_at(QPointF(event.pos()))
            words = as_plain(f"{point['name']}\n{point['path']}") if point else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    # --- what is where

    def _pill_at(self, at: QPointF) -> int | None:
        return next((pill.id for pill in self.shown_pills if pill.box.contains(at)), None)

    def _point_at(self, at: QPointF) -> Point | None:
        """The point nearest to a place, where one is near."""
        here, near = self._viewport.to_map(at), look.px(_NEAR) / self._viewport.scale
        found = [
            (distance, number)
            for number, point in enumerate(self._points())
            if (distance := max(abs(point["x"] - here.x()), abs(point["y"] - here.y()))) <= near
        ]
        return self._points()[min(found)[1]] if found else None
