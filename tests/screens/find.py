"""The Find page: answers of every kind, reasons for there being none, previews, and files like others."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QMenu, QPushButton

from tests.screens.stage import Screen, Shown, Stage
from tests.ui.files import found_file

QUESTION = "giving written notice to the landlord before departure"


def _before(stage: Stage) -> None:
    stage.until_up()
    stage.rest()


def _find(stage: Stage) -> None:
    stage.ask(QUESTION)


def _compact(stage: Stage) -> None:
    stage.ask(QUESTION)
    stage.window.find_page.view.set_compact(True)
    stage.rest()


def _filters(stage: Stage) -> None:
    stage.ask("landlord after:2022 -in:Old")


def _names(stage: Stage) -> None:
    stage.ask("minutes of the tenants' meeting about heating and snow")


def _code(stage: Stage) -> None:
    stage.ask("last day to tell the landlord type:code")


def _picture(stage: Stage) -> None:
    stage.ask("notice board type:image")


def _chinese_file(stage: Stage) -> None:
    stage.ask("提前退租要提前多久通知房东")


def _hebrew_file(stage: Stage) -> None:
    stage.ask("חוזה שכירות פינוי")


def _arabic_file(stage: Stage) -> None:
    stage.ask("عقد إيجار المستأجر إخلاء")


def _sized(width: int, height: int) -> Screen:
    def show(stage: Stage) -> None:
        stage.ask(QUESTION)
        stage.resize(width, height)
        stage.rest()

    return Screen(show)


def _large_preview(stage: Stage) -> None:
    stage.ask(QUESTION)
    stage.window.find_page.wish("preview")
    stage.rest(1.2)


def _nothing(stage: Stage) -> None:
    stage.ask("qqxzjv wwkkpp")


def _weak(stage: Stage) -> None:
    stage.ask("superconducting magnets")
    for button in stage.window.find_page.findChildren(QPushButton):
        if button.isVisible() and button.text()[:1].isalpha() and "5" in button.text():
            button.click()
            break
    stage.rest()


def _misspelt(stage: Stage) -> None:
    stage.ask("raspberrys compsot")


def _hidden(stage: Stage) -> None:
    stage.ask("landlord deposit ext:xlsx")


def _not_indexed(stage: Stage) -> None:
    stage.ask(f"letters in:{stage.place.parent / 'grace'}")


def _away(stage: Stage) -> None:
    stage.ask("the harbour and the hotel of Lisbon")


def _down(stage: Stage) -> None:
    faults: list[object] = []
    stage.link.fault.connect(faults.append)
    stage.until(lambda: faults)


def _keys(stage: Stage) -> None:
    stage.ask(QUESTION)
    stage.window.keys.toggle()
    stage.rest()


def _similar(stage: Stage) -> None:
    page = stage.window.find_page
    stage.ask("recipe with lentils and onions")
    page.wish("similar")
    stage.until(lambda: page.chips.subject and page.searching.is_set_aside)
    stage.rest(1.5)


def _completion(stage: Stage) -> Shown:
    edit = stage.window.find_page.box.edit
    stage.until_up()
    stage.window.activateWindow()
    edit.setFocus(Qt.FocusReason.OtherFocusReason)
    edit.setText("landlord type:")
    edit.textEdited.emit(edit.text())
    offers = stage.window.find_page.box.completer.popup()
    assert offers is not None
    stage.until(offers.isVisible)
    return stage.with_above(offers)


def _menu(stage: Stage) -> Shown:
    """A row's own menu, and the one of the window."""
    stage.ask(QUESTION)
    view = stage.window.find_page.view
    of_row = view._menu()
    of_row.popup(view.mapToGlobal(QPoint(180, 60)))
    of_row.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    stage.rest()
    row_only = of_row.grab()
    at = of_row.pos() - stage.window.mapToGlobal(QPoint(0, 0))
    of_row.close()
    of_window: QMenu = stage.window._header.menu
    of_window.popup(stage.window.mapToGlobal(QPoint(stage.window.width() - 220, 52)))
    picture = stage.with_above(of_window)
    of_window.close()
    return _laid(picture, row_only, at)


def _laid(picture: QPixmap, above: QPixmap, at: QPoint) -> QPixmap:
    from PySide6.QtGui import QPainter

    painter = QPainter(picture)
    painter.drawPixmap(at, above)
    painter.end()
    return picture


def _many(stage: Stage) -> None:
    page = stage.window.find_page
    stage.ask("landlord")
    files = [found_file(f"Letter {number:06}.txt") for number in range(1_000)]
    found = {
        "query": "landlord", "typed": "landlord", "results": files, "understood": [], "notes": [], "elapsed_ms": 214.0,
        "kinds": {"document": 100_000, "mail": 31_412}, "empty_because": None, "suggestion": None,
        "coverage": {"indexed": 100_000, "pending": 0, "failed": 0, "filtered_out": 0},
    }  # fmt: skip
    page.searching.answered.emit(found, True)
    stage.link.progressed.emit(PROGRESS)
    stage.rest()


PROGRESS = {
    "phase": "embedding", "files_seen": 100_000, "files_read": 61_000, "files_total": 100_000,
    "bytes_read": 6_100_000_000, "bytes_total": 10_000_000_000, "passages_embedded": 610_000,
    "passages_total": 1_000_000, "passages_per_second": 900.0, "seconds_left": 2_460.0,
}  # fmt: skip
"""What the service says while it is at work on very much."""

SCREENS: dict[str, Screen] = {
    "before": Screen(_before),
    "find": Screen(_find),
    "compact": Screen(_compact),
    "filters": Screen(_filters),
    "names": Screen(_names),
    "code": Screen(_code),
    "picture": Screen(_picture),
    "chinese-file": Screen(_chinese_file),
    "hebrew-file": Screen(_hebrew_file),
    "arabic-file": Screen(_arabic_file),
    "small": _sized(800, 560),
    "least": _sized(640, 480),
    "large-preview": Screen(_large_preview),
    "nothing": Screen(_nothing),
    "weak": Screen(_weak),
    "misspelt": Screen(_misspelt),
    "hidden": Screen(_hidden),
    "not-indexed": Screen(_not_indexed),
    "away": Screen(_away, "trouble"),
    "down": Screen(_down, "broken"),
    "empty-nothing": Screen(_nothing, "empty"),
    "keys": Screen(_keys),
    "similar": Screen(_similar),
    "completion": Screen(_completion),
    "menu": Screen(_menu),
    "many": Screen(_many),
}
