"""Paints a result: comfortable (name, two lines of passage, where it stands) or compact (two lines in all)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem, QToolTip, QWidget

from finder.text import is_cjk
from ui.results.files import Index
from ui.results.layout import Evidence, cut_name, cut_path, from_answer, join_path, lay_out, moved_spans
from ui.results.marks import DROP_WIDTH, draw_badge, draw_likeness, draw_state, draw_strength, draw_thumb
from ui.results.model import ResultRole
from ui.results.row import Row
from ui.theme.fonts import Role, font, metrics
from ui.theme.look import look
from ui.theme.tokens import Token
from ui.theme.widgets import as_plain
from ui.words.phrases import Phrases

_ROW, _COMPACT_ROW, _DIVIDER = 103, 58, 30
_INSET, _PAD_X, _PAD_Y, _THUMB, _GAP = 6, 12, 11, 36, 12
_LINE, _NAME_LINE = 19, 20
_NARROW = 440
_BESIDE = 2 * (_INSET + _PAD_X) + _THUMB + _GAP + 12
"""The width of a list that is not its passages', a scroll bar included."""
_NARROW_CHAR, _WIDE_CHAR = 4, 11
"""So many pixels is a character wide at least, taken over a line: most texts need no measuring."""
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_LAYOUTS_KEPT = 400


class ResultDelegate(QStyledItemDelegate):
    """The look of a row. Laid-out texts are kept, since a list that scrolls asks for them at every frame."""

    def __init__(self, is_compact: bool = False, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_compact = is_compact
        self.likeness_of: Callable[[Row], QPixmap | None] | None = None
        """What a file looks like, where that is known by now; never waits."""
        self._phrases = Phrases(self)
        self._layouts: OrderedDict[tuple[Any, ...], Evidence] = OrderedDict()
        look.changed.connect(self._forget)

    def _forget(self) -> None:
        self._layouts.clear()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        height = _COMPACT_ROW if self.is_compact else _ROW - _LINE * (2 - self._lines(option, index))
        return QSize(look.px(200), look.px(height + (_DIVIDER if index.data(ResultRole.DIVIDER) else 0)))

    def _lines(self, option: QStyleOptionViewItem, index: Index) -> int:
        """How many lines of passage a row has room for: one where it surely needs no more, all its words marked."""
        text: str = index.data(ResultRole.TEXT)
        if not text:
            return 0
        view: QWidget | None = option.widget
        width = view.width() - look.px(_BESIDE) if view is not None else 0
        if len(text) * (_WIDE_CHAR if is_cjk(text[-1]) else _NARROW_CHAR) > width:
            return 2
        roles: tuple[Role, ...] = ("body_strong", "code") if index.data(ResultRole.IS_CODE) else ("body_strong",)
        line = " ".join(text.split())
        return 1 if all(metrics(role, text).horizontalAdvance(line) < width for role in roles) else 2

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Row = index.data(ResultRole.ROW)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        whole = QRectF(option.rect)
        if words := index.data(ResultRole.DIVIDER):
            self._draw_divider(painter, QRectF(whole.left(), whole.top(), whole.width(), look.px(_DIVIDER)), words)
            whole.setTop(whole.top() + look.px(_DIVIDER))
        box = whole.adjusted(look.px(_INSET), 1, -look.px(_INSET), -1)
        draw_state(painter, box, option.state)
        inner = box.adjusted(look.px(_PAD_X), look.px(_PAD_Y - 1), -look.px(_PAD_X), 1 - look.px(_PAD_Y))
        (self._draw_compact if self.is_compact else self._draw_comfortable)(painter, inner, row)
        painter.restore()

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        row: Row | None = index.data(ResultRole.ROW)
        if row is None:
            return False
        lines = (row.name, join_path(row.folder), self._phrases.strength(row.strength))
        QToolTip.showText(event.globalPos(), as_plain("\n".join(lines)), view)
        return True

    def _draw_divider(self, painter: QPainter, box: QRectF, words: str) -> None:
        left = box.left() + look.px(_INSET + _PAD_X)
        y = round(box.center().y() + 2) + 0.5
        _write(painter, QRectF(left, box.top() + 4, box.width(), box.height() - 4), words, "label", "ink3")
        painter.setPen(QPen(look.colour("line"), 1))
        begin = left + metrics("label").horizontalAdvance(words) + look.px(12)
        painter.drawLine(QPointF(begin, y), QPointF(box.right() - look.px(_INSET + _PAD_X), y))

    def _draw_comfortable(self, painter: QPainter, box: QRectF, row: Row) -> None:
        px = look.px
        self._draw_thumb(painter, QRectF(box.left(), box.top() + 1, px(_THUMB), px(_THUMB)), row)
        left, right = box.left() + px(_THUMB + _GAP), box.right()
        if row.is_ranked:
            draw_strength(painter, QPointF(right - px(DROP_WIDTH), box.top() + px(3)), row.strength)
        date = metrics("meta").horizontalAdvance(row.date)
        date_at = right - (px(20) if row.is_ranked else 0) - date
        _write(painter, QRectF(date_at, box.top(), date + 1, px(_NAME_LINE)), row.date, "meta", "ink3")
        self._draw_name(painter, QPointF(left, box.top()), row, date_at - px(14) - left)
        passage = self._passage(row, right - left)
        ink = look.colour("ink2" if row.is_weak else "ink")
        passage.draw(painter, QPointF(left, box.top() + px(23)), ink, row.is_weak)
        top = box.top() + (px(25) + passage.height if row.passage else px(23))
        for badge in row.badges:
            right = draw_badge(painter, right, top, badge)
        self._draw_details(painter, QRectF(left, top, right - left, px(18)), row)

    def _draw_thumb(self, painter: QPainter, box: QRectF, row: Row) -> None:
        likeness = self.likeness_of(row) if self.likeness_of is not None else None
        if likeness is not None:
            draw_likeness(painter, box, likeness)
        else:
            draw_thumb(painter, box, row.kind)

    def _draw_details(self, painter: QPainter, box: QRectF, row: Row) -> None:
        """The place, then the folder as far as there is room, then the size."""
        place = f"{row.place}  +{row.further}" if row.further and row.place else row.place
        if place:
            used = metrics("meta_strong", row.place).horizontalAdvance(place)
            used = min(used, box.width() * 0.5)
            shown = metrics("meta_strong", row.place).elidedText(place, Qt.TextElideMode.ElideRight, used + 1)
            _write(
                painter, QRectF(box.left(), box.top(), used + 1, box.height()), shown, "meta_strong", "ink2", row.place
            )
            box.setLeft(box.left() + used + look.px(12))
        tail = f"  ·  {row.size}"
        sample = "".join(row.folder)
        measure = metrics("meta", sample)
        folder = cut_path(row.folder, measure, box.width() - measure.horizontalAdvance(tail) - 4)
        _write(painter, box, folder + tail, "meta", "ink3", sample)

    def _draw_compact(self, painter: QPainter, box: QRectF, row: Row) -> None:
        px = look.px
        self._draw_thumb(painter, QRectF(box.left() - 2, box.top(), px(_THUMB), box.height()), row)
        left, right = box.left() + px(_THUMB + _GAP) - 2, box.right()
        if row.is_ranked:
            draw_strength(painter, QPointF(right - px(DROP_WIDTH), box.top() + px(2)), row.strength)
        is_narrow = box.width() < px(_NARROW)  # the place then leads the passage instead of following the name
        place = metrics("meta_strong", row.place).horizontalAdvance(row.place)
        lead = place + px(8) if is_narrow and place else 0.0
        end = right - (px(20) if row.is_ranked else 0) - (0 if is_narrow else place)
        at = QRectF(left if is_narrow else end, box.top() + (px(_LINE) if is_narrow else -1), place + 1, px(_NAME_LINE))
        _write(painter, at, row.place, "meta_strong", "ink2", row.place)
        name_end = self._draw_name(painter, QPointF(left, box.top() - 1), row, end - px(16) - left)
        room = end - px(14) - name_end - px(10)
        has_room = room > metrics("meta").horizontalAdvance(join_path(("…", row.folder[-1])))
        if not is_narrow and has_room:
            folder = cut_path(row.folder, metrics("meta"), room)
            _write(painter, QRectF(name_end + px(10), box.top() - 1, room, px(_NAME_LINE)), folder, "meta", "ink3")
        line = self._line(row, right - left - lead)
        line.draw(painter, QPointF(left + lead, box.top() + px(_LINE)), look.colour("ink2"), row.is_weak)

    def _draw_name(self, painter: QPainter, at: QPointF, row: Row, width: float) -> float:
        """Draw a name within `width`; returns where it ends."""
        measure = metrics("name", row.name)
        shown = cut_name(row.name, measure, width)
        words = moved_spans(row.name, shown, row.name_words)
        made = self._kept(
            ("name", shown, tuple(words)),
            lambda: lay_out(shown, font("name", row.name), width + 8, 1, look.px(_NAME_LINE), None, words),
        )
        made.draw(painter, at, look.colour("ink"))
        return at.x() + min(width, measure.horizontalAdvance(shown))

    def _passage(self, row: Row, width: float) -> Evidence:
        height = look.px(_LINE)
        role: Role = "code" if row.kind == "code" else "body"
        return self._kept(
            (row.kind == "code", row.passage, row.answer, row.words, width),
            lambda: lay_out(row.passage, font(role, row.passage), width, 2, height, row.answer, row.words),
        )

    def _line(self, row: Row, width: float) -> Evidence:
        role: Role = "code" if row.kind == "code" else "body"

        def made() -> Evidence:
            text, answer, words = from_answer(row.passage, row.answer, row.words)
            return lay_out(text, font(role, text), width, 1, look.px(_LINE), answer, words)

        return self._kept(("line", row.kind == "code", row.passage, row.answer, row.words, width), made)

    def _kept(self, key: tuple[Any, ...], make: Any) -> Evidence:
        found = self._layouts.get(key)
        if found is None:
            found = self._layouts[key] = make()
            if len(self._layouts) > _LAYOUTS_KEPT:
                self._layouts.popitem(last=False)
        return found


def _write(painter: QPainter, box: QRectF, text: str, role: Role, token: Token, sample: str | None = None) -> None:
    painter.setFont(font(role, sample))
    painter.setPen(look.colour(token))
    painter.drawText(box, _LEFT, text)
