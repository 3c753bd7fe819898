"""Has the service mark what answers in passages that scroll into view: only the first ones are marked in an answer."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer

from ui.link import Call, Link
from ui.results.model import ResultModel
from ui.results.view import ResultView
from ui.search.searching import ANSWERS_MARKED, Searching

_REST_MS = 150
"""After the list has come to rest."""
_AT_ONCE = 32


class Marking(QObject):
    """Follows the list. What was asked for once is not asked for again within one answer."""

    def __init__(self, link: Link, searching: Searching, view: ResultView, model: ResultModel) -> None:
        super().__init__(view)
        self._link, self._searching, self._view, self._model = link, searching, view, model
        self._asked: set[str] = set()
        self._call: Call | None = None
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._mark)
        view.verticalScrollBar().valueChanged.connect(lambda: self._rest.start())
        searching.begun.connect(self._forget)

    def _forget(self) -> None:
        self._asked.clear()
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _mark(self) -> None:
        if self._searching.is_under_way or self._searching.is_set_aside:
            return
        rows = [self._model.row(number) for number in self._view.rows_in_sight() if number >= ANSWERS_MARKED]
        wanted = [row for row in rows if row.uri not in self._asked and row.file["passages"]][:_AT_ONCE]
        if not wanted:
            return
        uris = [row.uri for row in wanted]
        self._asked.update(uris)
        params: dict[str, Any] = {
            "query": self._searching.query,
            "texts": [row.file["passages"][0]["text"] for row in wanted],
        }
        if self._searching.profile is not None:
            params["profile"] = self._searching.profile
        self._call = self._link.call("evidence", params, on_final=partial(self._show, uris))

    def _show(self, uris: list[str], marks: dict[str, Any]) -> None:
        for uri, answer, words in zip(uris, marks["answers"], marks["words"], strict=True):
            self._model.mark(uri, answer, words)
