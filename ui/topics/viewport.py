"""Which part of the map is seen, and how large. Imports no widget."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF


@dataclass(frozen=True, slots=True)
class Viewport:
    """A map's unit is of its own; on the map y grows upwards, in a widget downwards."""

    size: QSizeF
    """Of the widget, in pixels."""
    centre: QPointF
    """The point of the map in the widget's middle."""
    scale: float
    """Pixels a unit of the map."""

    @classmethod
    def around(cls, box: QRectF, size: QSizeF, margin: float) -> Viewport:
        """Everything in `box` of the map, with so many pixels of margin."""
        room = QSizeF(max(1.0, size.width() - 2 * margin), max(1.0, size.height() - 2 * margin))
        width, height = max(box.width(), 1e-6), max(box.height(), 1e-6)
        return cls(size, box.center(), min(room.width() / width, room.height() / height))

    def to_widget(self, x: float, y: float) -> QPointF:
        """A point of the map in pixels of the widget."""
        return QPointF(
            (x - self.centre.x()) * self.scale + self.size.width() / 2,
            (self.centre.y() - y) * self.scale + self.size.height() / 2,
        )

    def to_map(self, at: QPointF) -> QPointF:
        """A point of the widget on the map."""
        return QPointF(
            self.centre.x() + (at.x() - self.size.width() / 2) / self.scale,
            self.centre.y() - (at.y() - self.size.height() / 2) / self.scale,
        )

    def moved(self, by: QPointF) -> Viewport:
        """The map pushed by so many pixels."""
        centre = QPointF(self.centre.x() - by.x() / self.scale, self.centre.y() + by.y() / self.scale)
        return Viewport(self.size, centre, self.scale)

    def zoomed(self, factor: float, at: QPointF) -> Viewport:
        """The map `factor` times as large, with what is at `at` of the widget staying there."""
        held, scale = self.to_map(at), self.scale * factor
        offset = at - QPointF(self.size.width() / 2, self.size.height() / 2)
        return Viewport(self.size, QPointF(held.x() - offset.x() / scale, held.y() + offset.y() / scale), scale)

    def resized(self, size: QSizeF) -> Viewport:
        """The same in a widget of another size."""
        return Viewport(size, self.centre, self.scale)
