"""The other pages: topics, copies, and the index as it is when full, at work, paused, in trouble, huge and empty."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtWidgets import QMessageBox, QScrollArea

from tests.screens.find import PROGRESS
from tests.screens.stage import Screen, Shown, Stage
from ui.index.problems import FilesDialog

_STEPS, _STEP_S = 60, 60.0


def _topics(stage: Stage) -> None:
    page = stage.page("topics")
    stage.until(lambda: page.map.isVisible())


def _topic(stage: Stage) -> None:
    _topics(stage)
    page = stage.page("topics")
    page.show_files(page.side.names_model.topics[0]["id"])
    stage.rest()


def _topic_zoomed(stage: Stage) -> None:
    _topics(stage)
    page = stage.page("topics")
    for _ in range(2):
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
    page = stage.page("index")
    stage.until(lambda: page._status is not None and page._rates is not None)
    stage.rest(1.0)


def _huge(stage: Stage) -> None:
    page = stage.page("index")
    stage.until(lambda: page._status is not None and page._status["phase"] == "idle" and page._rates is not None)
    stage.rest(1.0)


def _at_work(stage: Stage) -> None:
    """Nobody waits an hour for a picture: the counts, the folders and the rates of an hour are made up."""
    stage.until_up()
    stage.link.retold["status"] = lambda status: _busy(status, str(stage.place))
    stage.link.retold["rates"] = lambda rates: _hour()
    _index(stage)
    stage.link.progressed.emit({**PROGRESS, "files_total": 51_016, "seconds_left": 720.0})
    stage.rest(1.0)


def _busy(status: dict[str, Any], place: str) -> dict[str, Any]:
    folder = status["folders"][0]
    counts = {"Documents": 31_204, "Mail": 12_870, "Projects": 6_940, "Scans": 318, "Notes": 1_684}
    folders = [{**folder, "path": f"{place}/{name}", "files": files} for name, files in counts.items()]
    folders[1]["state"] = "scanning"
    folders[3] |= {"state": "offline", "away_since": "2026-05-12T08:00:00+00:00", "away_because": "not connected"}
    groups = (("encrypted", 11), ("no_text", 6), ("corrupt", 2), ("too_slow", 1))
    failures = [
        {"code": code, "reason": code, "count": count, "examples": [], "tried_again": ""} for code, count in groups
    ]
    return {
        **status, "folders": folders, "failures": failures, "without_meaning": 3_120, "phase": "embedding",
        "files": {"read": 48_122, "waiting": 2_874, "name_only": 316, "failed": 20},
        "disk_bytes": {"catalog": 310_000_000, "vectors": 102_000_000, "logs": 0},
    }  # fmt: skip


def _hour() -> dict[str, Any]:
    rate = [5.3 + 0.9 * math.sin(step / 4) + 0.3 * math.sin(step * 1.7) for step in range(_STEPS)]
    rests = [("battery", 2_700.0, 2_280.0), ("disk", 1_380.0, 1_200.0)]
    return {
        "step_s": _STEP_S,
        "bytes_read": [value * 1e6 * _STEP_S for value in rate] + [0],
        "passages_embedded": [value * 160 * _STEP_S for value in rate] + [0],
        "pauses": [{"cause": cause, "begun_ago_s": begun, "ended_ago_s": ended} for cause, begun, ended in rests],
    }


def _paused(stage: Stage) -> Shown:
    stage.until_up()
    stage.call("pause")
    _index(stage)
    page = stage.page("index")
    stage.until(lambda: page._status["pauses"])
    picture = stage.with_above()
    stage.call("resume")
    return picture


def _lower(stage: Stage) -> None:
    _index(stage)
    area = stage.page("index").findChild(QScrollArea)
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    stage.rest()


def _removing(stage: Stage) -> Shown:
    """The question before a folder leaves the index."""
    _index(stage)
    page = stage.page("index")
    page.folders._ask_to_remove(page._status["folders"][0])
    stage.rest()
    box = page.folders.findChild(QMessageBox)
    assert box is not None
    return stage.with_above(box)


def _damaged(stage: Stage) -> Shown:
    """The files of one reason."""
    _index(stage)
    page = stage.page("index")
    group = next(group for group in page._status["failures"] if group["code"] == "corrupt")
    dialog = FilesDialog(page._tools, group, stage.window)
    dialog.open()
    stage.until(dialog.list.count)
    return stage.with_above(dialog)


def _tab(name: str) -> Screen:
    def show(stage: Stage) -> None:
        page = stage.page(name)
        stage.until(lambda: getattr(page, "_call", None) is None)
        stage.rest(1.0)

    return Screen(show, "empty")


SCREENS: dict[str, Screen] = {
    "topics": Screen(_topics),
    "topic": Screen(_topic),
    "topic-zoomed": Screen(_topic_zoomed, is_spoken=False),
    "in-topic": Screen(_in_topic, is_spoken=False),
    "empty-topics": _tab("topics"),
    "copies": Screen(_copies),
    "empty-copies": _tab("copies"),
    "index": Screen(_index),
    "index-lower": Screen(_lower),
    "index-at-work": Screen(_at_work),
    "index-paused": Screen(_paused),
    "index-trouble": Screen(_index, "trouble"),
    "index-huge": Screen(_huge, "huge"),
    "empty-index": _tab("index"),
    "removing": Screen(_removing),
    "damaged": Screen(_damaged, "trouble"),
}
