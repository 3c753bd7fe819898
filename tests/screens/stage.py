"""One window in front of one service, how to wait for what it shows, and pictures of what stands above it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QBrush, QLinearGradient, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from finder.paths import Home
from finder.types import JsonObject
from tests.screens.person import HomeName
from ui.link import Call, Link
from ui.preferences import Preferences
from ui.theme.look import look
from ui.window import Window

_PATIENCE_S = 60.0
_SIZE = 1240, 800


class RetoldLink(Link):
    """Asks the real service; answers to some methods are retold on their way, for states that take hours to come."""

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self.retold: dict[str, Callable[[Any], JsonObject]] = {}

    def call(self, method: Any, params: Any = None, on_final: Any = None, *handlers: Any, **named: Any) -> Call:
        def tell(answer: Any) -> None:
            if on_final is not None:
                on_final(self.retold.get(method, lambda told: told)(answer))

        return super().call(method, params, tell, *handlers, **named)


class Stage:
    """Set up for one picture, and taken down after it."""

    def __init__(self, app: QApplication, home: Home, preferences: Path, place: Path) -> None:
        """
        Args:
            place: the folder of the person whose files are shown.
        """
        self.app, self.home, self.place = app, home, place
        self.link = RetoldLink(home)
        self.preferences = Preferences(Home(preferences))
        self.window = Window(self.link, self.preferences)
        self.resize(*_SIZE)
        self.window.show()
        self.link.start()

    def resize(self, width: int, height: int) -> None:
        """Make the window so large, in pixels of the design."""
        self.window.resize(look.px(width), look.px(height))

    def until(self, is_there: Callable[[], object]) -> None:
        """Wait for something, and for what comes late with it."""
        deadline = time.monotonic() + _PATIENCE_S
        while not is_there():
            if time.monotonic() > deadline:
                raise TimeoutError("a screen did not come")
            self.app.processEvents()
            time.sleep(0.005)
        self.rest()

    def until_up(self) -> None:
        """Wait for the service."""
        self.until(lambda: self.link.state == "up")

    def rest(self, seconds: float = 0.4) -> None:
        """Let late parts come: marks, pages, fades."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.app.processEvents()
            time.sleep(0.005)

    def ask(self, query: str) -> None:
        """Type a query, and wait for the whole answer."""
        page = self.window.find_page
        self.window.show_page("find")
        with self.answered(page.searching):
            page.box.set_text("")
            page.box.set_text(query)
        content = page.preview._content
        if page._panes.shows_list and content._row is not None and page.preview.isVisible():
            self.until(lambda: content._stack.currentWidget() is not content._passages)
            self.rest(1.0)

    @contextmanager
    def answered(self, searching: Any) -> Iterator[None]:
        """Wait, at the end, for the last word on what is asked within."""
        answers: list[dict[str, Any]] = []

        def take(found: dict[str, Any], is_final: bool) -> None:
            answers.extend([found] * is_final)

        searching.answered.connect(take)
        yield
        self.until(lambda: answers)
        searching.answered.disconnect(take)
        self.rest(1.2)

    def page(self, name: str) -> Any:
        """Show a page, and return it."""
        self.window.show_page(name)
        return self.window._page(name)

    def call(self, method: Any, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask the service, and wait for its answer."""
        answers: list[dict[str, Any]] = []
        self.link.call(method, params, on_final=answers.append, on_error=lambda error: answers.append({"error": error}))
        self.until(lambda: answers)
        return answers[0]

    def with_above(self, *above: QWidget) -> QPixmap:
        """The window with menus, lists and dialogs that stand above it."""
        self.rest()
        picture = self.window.grab()
        painter = QPainter(picture)
        origin = self.window.mapToGlobal(QPoint(0, 0))
        for widget in above:
            at = widget.mapToGlobal(QPoint(0, 0)) - origin
            painter.drawPixmap(at, widget.grab())
            if isinstance(widget, QDialog):  # a desktop frames it
                painter.setPen(look.colour("edge"))
                painter.drawRect(widget.rect().translated(at).adjusted(-1, -1, 0, 0))
        painter.end()
        return picture

    def close(self) -> None:
        """End the window and the way to the service."""
        self.window.hide()
        self.window.deleteLater()
        self.link.close()
        self.rest(0.1)


Shown = QWidget | QPixmap | None


@dataclass(frozen=True, slots=True)
class Screen:
    """What is painted, and of which index."""

    show: Callable[[Stage], Shown]
    """Returns what is to be painted where it is not the window alone."""
    home: HomeName = "full"
    is_spoken: bool = True
    """It has words of its own, which another language or direction changes."""


def on_a_desktop(pixmaps: list[QPixmap], gap: int = 24) -> QPixmap:
    """Pictures with shadows, one below the other, on something that stands for a desktop."""
    ratio = pixmaps[0].devicePixelRatio()
    sizes = [pixmap.deviceIndependentSize() for pixmap in pixmaps]
    width = max(size.width() for size in sizes) + 2 * gap
    height = sum(size.height() + gap for size in sizes) + gap
    desk = QPixmap(round(width * ratio), round(height * ratio))
    desk.setDevicePixelRatio(ratio)
    painter = QPainter(desk)
    sky = QLinearGradient(QPointF(0, 0), QPointF(width, height))
    begin, end = ("#20313B", "#352D38") if look.is_dark else ("#C5D3D3", "#C9C3CC")
    sky.setColorAt(0, begin)
    sky.setColorAt(1, end)
    painter.fillRect(0, 0, round(width) + 1, round(height) + 1, QBrush(sky))
    y = float(gap)
    for pixmap, size in zip(pixmaps, sizes, strict=True):
        painter.drawPixmap(QPointF((width - size.width()) / 2, y), pixmap)
        y += size.height() + gap
    painter.end()
    return desk


def see_through(widget: QWidget) -> QPixmap:
    """A window of which parts are clear."""
    ratio = widget.devicePixelRatioF()
    picture = QPixmap(widget.size() * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    widget.render(picture)
    return picture


@contextmanager
def home_folder(folder: Path) -> Iterator[None]:
    """Have another folder be the user's own."""
    before = os.environ["HOME"]
    os.environ["HOME"] = str(folder)
    yield
    os.environ["HOME"] = before
