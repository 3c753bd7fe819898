"""Makes a picture of every screen: the real window, the real service, made files. Somebody has to look at them.

    python -m tests.screens FOLDER [NAME ...]

Light and dark, at one and two pixels for each of the design's, in English and some in Chinese. With names, only the
screens whose names begin so. `python -m tests.screens --small FOLDER INTO` reduces some of them to what a README shows.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finder.config import Settings, SettingsFile
from finder.errors import ServiceError
from finder.paths import Home, path_to_uri
from finder.service.client import connect
from tests import screen_files
from tests.conftest import end_service

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget

    from ui.window import Window

_PATIENCE_S = 60.0
_QUESTION = "notice before departure from the flat"
_SHOWN = {
    "find": "find-light-2x-en", "find-dark": "find-dark-2x-en", "topics": "topics-light-2x-en",
    "index": "index-light-2x-en", "chinese": "chinese-file-light-2x-zh",
}  # fmt: skip
"""What the README shows, and of which picture it is made."""
_README_WIDTH, _README_COLOURS, _RARE, _COARSE = 1240, 256, 128, 0xC0C0C0


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.screens", allow_abbrev=False)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)  # of the process that paints
    options = parser.parse_args(argv)
    if options.small:
        return _reduce(options.folder, Path(options.names[0]))
    if options.home is not None:
        return _paint(options.folder.absolute(), options.home, options.names)
    options.folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the services end with it all the same
    with _person() as place:
        for scale in ("1", "2"):
            command = [sys.executable, "-m", "tests.screens", "--home", str(place), str(options.folder.absolute())]
            environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": scale}
            subprocess.run([*command, *options.names], env=environment, check=True)
    return 0


@contextmanager
def _person() -> Iterator[Path]:
    """Somebody's own folder with files, indexed by a service that ends with it."""
    with tempfile.TemporaryDirectory(prefix="inkling-screens-") as folder:
        place = Path(folder) / "ada"
        screen_files.write(place)
        run = Path(folder) / "run"
        run.mkdir(mode=0o700)
        os.environ |= {"HOME": str(place), "XDG_RUNTIME_DIR": str(run), "DBUS_SESSION_BUS_ADDRESS": "unix:path=/none"}
        homes = [Home(Path(folder) / "home"), Home(Path(folder) / "empty")]
        try:
            for home in homes:
                home.create()
                SettingsFile(home.settings).save(Settings(pauses_on_low_disk=False, pauses_on_battery=False))
            with connect(homes[0]) as client:
                folders = [path_to_uri(bytes(part)) for part in sorted(place.iterdir())]
                client.call("index", {"folders": folders, "is_watched": True}, timeout_s=300)
            yield place
        finally:
            for home in homes:
                end_service(home)


class Stage:
    """One window in one look, and how to wait for what it shows."""

    def __init__(self, app: QApplication, home: Home, prefix: str) -> None:
        from ui.link import Link
        from ui.preferences import Preferences
        from ui.window import Window

        self.app = app
        self.link = Link(home)
        self.window: Window = Window(self.link, Preferences(Home(Path(prefix))))
        self.window.resize(1240, 800)
        self.window.show()
        self.link.start()
        self.until(lambda: self.link.state == "up")

    def until(self, is_there: Callable[[], object]) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not is_there():
            if time.monotonic() > deadline:
                raise TimeoutError("a screen did not come")
            self.app.processEvents()
            time.sleep(0.005)
        self.rest()

    def rest(self, seconds: float = 0.4) -> None:
        """Let late parts come: marks, pages, fades."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.app.processEvents()
            time.sleep(0.005)

    def ask(self, query: str) -> None:
        answers: list[dict[str, Any]] = []

        def take(found: dict[str, Any], is_final: bool) -> None:
            answers.extend([found] * is_final)

        page = self.window.find_page
        self.window.show_page("find")
        page.searching.answered.connect(take)
        page.box.set_text("")
        page.box.set_text(query)
        self.until(lambda: answers)
        page.searching.answered.disconnect(take)
        self.rest(1.2)

    def page(self, name: str) -> Any:
        self.window.show_page(name)
        return self.window._page(name)

    def close(self) -> None:
        self.window.hide()
        self.window.deleteLater()
        self.link.close()
        self.rest(0.1)


Screen = Callable[[Stage], "QWidget | None"]


def _find(stage: Stage) -> None:
    stage.ask(_QUESTION)


def _compact(stage: Stage) -> None:
    stage.ask(_QUESTION)
    stage.window.find_page.view.set_compact(True)
    stage.rest()


def _filters(stage: Stage) -> None:
    stage.ask("landlord after:2022 -in:Old")


def _names(stage: Stage) -> None:
    stage.ask("minutes of the tenants' meeting about heating and snow")


def _narrow(stage: Stage) -> None:
    stage.ask(_QUESTION)
    stage.window.resize(800, 600)
    stage.rest()


def _least(stage: Stage) -> None:
    stage.ask(_QUESTION)
    stage.window.resize(640, 480)
    stage.rest()


def _code(stage: Stage) -> None:
    stage.ask("last day to tell the landlord type:code")


def _chinese_file(stage: Stage) -> None:
    stage.ask("提前退租要提前多久通知房东")


def _hebrew_file(stage: Stage) -> None:
    stage.ask("חוזה שכירות פינוי")


def _nothing(stage: Stage) -> None:
    stage.ask("qqxzjv wwkkpp")


def _weak(stage: Stage) -> None:
    from PySide6.QtWidgets import QPushButton

    stage.ask("superconducting magnets")
    for button in stage.window.find_page.findChildren(QPushButton):
        if "closest" in button.text() and button.isVisible():
            button.click()
            break
    stage.rest()


def _hidden(stage: Stage) -> None:
    stage.ask("landlord deposit ext:xlsx")


def _fault(stage: Stage) -> None:
    stage.window.show_page("find")
    stage.window.find_page.box.set_text("landlord")
    stage.rest(1.0)
    hint = "Make room on it, then try again."
    stage.window.find_page.searching.failed.emit(ServiceError("The index cannot be read", "the disk is full", hint))
    stage.rest()


def _before(stage: Stage) -> None:
    stage.window.find_page.box.set_text("")
    stage.rest()


def _keys(stage: Stage) -> None:
    stage.ask(_QUESTION)
    stage.window.keys.toggle()
    stage.rest()


def _similar(stage: Stage) -> None:
    page = stage.window.find_page
    stage.ask("recipe with lentils and onions")
    page.wish("similar")
    stage.until(lambda: page.chips.subject and page.searching.is_set_aside)
    stage.rest(1.5)


def _topics(stage: Stage) -> None:
    page = stage.page("topics")
    stage.until(lambda: page.map.isVisible())
    stage.rest()


def _topic(stage: Stage) -> None:
    _topics(stage)
    page = stage.page("topics")
    page.show_files(page.side.names_model.topics[1]["id"])
    stage.rest()


def _topic_zoomed(stage: Stage) -> None:
    _topics(stage)
    page = stage.page("topics")
    page.map.zoom(is_closer=True)
    stage.rest()
    page.map.zoom(is_closer=True)
    stage.rest()


def _in_topic(stage: Stage) -> None:
    _topic(stage)
    stage.page("topics").side.search_wanted.emit()
    stage.rest(1.5)


def _copies(stage: Stage) -> None:
    page = stage.page("copies")
    stage.until(lambda: page.model.rows)


def _index(stage: Stage) -> None:
    stage.page("index")
    stage.rest(3.0)


def _many(stage: Stage) -> None:
    from tests.ui.files import found_file

    page = stage.window.find_page
    stage.ask("landlord")
    files = [found_file(f"Letter {number:06}.txt") for number in range(1_000)]
    found = {
        "query": "landlord", "typed": "landlord", "results": files, "understood": [], "notes": [], "elapsed_ms": 214.0,
        "kinds": {"document": 100_000, "mail": 31_412}, "empty_because": None, "suggestion": None,
        "coverage": {"indexed": 100_000, "pending": 0, "failed": 0, "filtered_out": 0},
    }  # fmt: skip
    page.searching.answered.emit(found, True)
    progress = {
        "phase": "embedding", "files_seen": 100_000, "files_read": 61_000, "files_total": 100_000, "bytes_read": 6.1e9,
        "bytes_total": 1e10, "passages_embedded": 610_000, "passages_total": 1_000_000, "passages_per_second": 900.0,
        "seconds_left": 2_460.0,
    }  # fmt: skip
    stage.link.progressed.emit(progress)
    stage.rest()


SCREENS: dict[str, Screen] = {
    "before": _before, "find": _find, "compact": _compact, "filters": _filters, "names": _names, "code": _code,
    "chinese-file": _chinese_file, "hebrew-file": _hebrew_file, "narrow": _narrow, "least": _least,
    "nothing": _nothing, "weak": _weak, "hidden": _hidden, "fault": _fault, "keys": _keys, "similar": _similar,
    "topics": _topics, "topic": _topic, "topic-zoomed": _topic_zoomed, "in-topic": _in_topic, "copies": _copies,
    "index": _index, "many": _many,
}  # fmt: skip
_EMPTY = ("nothing", "topics", "copies", "index")
"""Those that are also made of an index without any file."""
_IN_CHINESE = ("find", "chinese-file", "filters", "nothing", "keys", "similar", "topics", "copies", "index", "before")


def _paint(folder: Path, place: Path, names: list[str]) -> int:
    """Make every screen at this process's scale."""
    from ui.app import make_app
    from ui.theme.fonts import font
    from ui.theme.look import look

    app = make_app()
    look.follow(app, "light")
    app.setFont(font("body"))
    full, empty = Home(place.parent / "home"), Home(place.parent / "empty")
    is_small = os.environ["QT_SCALE_FACTOR"] == "1"
    for language, scheme in (("en", "light"), ("en", "dark"), ("zh", "light")):
        suffix = f"{scheme}-{1 if is_small else 2}x-{language}"
        chosen = [name for name in SCREENS if not names or name.startswith(tuple(names))]
        chosen = [name for name in chosen if language == "en" or name in _IN_CHINESE]
        with _spoken(app, language):
            look.choose(scheme)  # type: ignore[arg-type]
            for name in chosen:
                _grab(app, full, place, SCREENS[name], folder / f"{name}-{suffix}.png")
                if name in _EMPTY and is_small and language == "en":
                    is_listed = name in ("nothing", "index")
                    _grab(
                        app,
                        empty,
                        place,
                        SCREENS[name] if is_listed else _tab(name),
                        folder / f"empty-{name}-{suffix}.png",
                    )
    return 0


def _tab(name: str) -> Screen:
    def show(stage: Stage) -> None:
        stage.page(name)
        stage.rest(3.0)

    return show


@contextmanager
def _spoken(app: QApplication, language: Any) -> Iterator[None]:
    from ui.words.translator import speak

    translators = speak(app, language)
    yield
    for translator in translators:
        app.removeTranslator(translator)


def _grab(app: QApplication, home: Home, place: Path, show: Screen, into: Path) -> None:
    with tempfile.TemporaryDirectory(dir=place.parent) as preferences:
        stage = Stage(app, home, preferences)
        try:
            shown = show(stage) or stage.window
            shown.grab().save(str(into))
            print(into.name, flush=True)
        finally:
            stage.close()


def _reduce(folder: Path, into: Path) -> int:
    """Pictures for the README: of one size, in few colours, so that each is small."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QImage

    into.mkdir(parents=True, exist_ok=True)
    for name, source in _SHOWN.items():
        whole = QImage(str(folder / f"{source}.png")).scaledToWidth(
            _README_WIDTH, Qt.TransformationMode.SmoothTransformation
        )
        opaque = whole.convertToFormat(QImage.Format.Format_RGB32)
        counted = Counter(memoryview(opaque.constBits()).cast("I"))
        ranked = [colour for colour, _ in counted.most_common()]
        rare = list({colour & _COARSE: colour for colour in reversed(ranked)}.values())  # one of every hue
        colours = list(dict.fromkeys([*rare[:_RARE], *ranked]))[:_README_COLOURS]
        image = opaque.convertToFormat(QImage.Format.Format_Indexed8, colours, Qt.ImageConversionFlag.ThresholdDither)
        image.save(str(into / f"{name}.png"), quality=0)
        print(name, (into / f"{name}.png").stat().st_size)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
