"""The Index page: how far the index is, how fast it goes, its folders, what could not be read, what it takes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from finder.errors import FinderError
from ui.errors import show_error
from ui.footer import Keys
from ui.index.bar import StateBar
from ui.index.card import Card
from ui.index.facts import FactsCard
from ui.index.folders import FoldersCard
from ui.index.looking import Looking
from ui.index.plot import RatePlot, Series
from ui.index.problems import ProblemsCard
from ui.index.tallies import Standing, tallies
from ui.index.wording import IndexWords
from ui.pages.page import Page
from ui.theme.look import look
from ui.theme.widgets import Button, Elided, Label, filled, rule
from ui.tools import Tools
from ui.words.phrases import Phrases
from ui.words.translator import in_own_language

if TYPE_CHECKING:
    from finder.service.protocol import Method
    from finder.service.protocol.indexing import Progress
    from finder.service.protocol.status import Rates, Status
    from finder.types import JsonObject

_RATES_EVERY_S = 10.0
"""So often the plot is made anew while the page is open."""
_NARROW = 900
_FOLDERS_SHARE, _PROBLEMS_SHARE = 57, 43


class IndexPage(Page):
    """Asks the service for as long as it is seen."""

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self._tools = tools
        self._words, self._phrases = IndexWords(self), Phrases(self)
        self._standing: Standing = "failed"
        self._status: Status | None = None
        self._progress: Progress | None = cast("Progress | None", tools.link.progress)
        """Said before this page was made, as a rule."""
        self._rates: Rates | None = None
        self._series: Series = "bytes_read"
        self._rates_asked_s: float | None = None
        self._headline = Label(self.tr("The index"), "display", is_wrapped=True)
        self._line, self._notes = Elided("body", "ink2"), Label("", "body", "warn", is_wrapped=True)
        self.rest = Button(self.tr("Pause"), "", "pause")
        self.bar, self.plot = StateBar(), RatePlot()
        self.folders, self.problems, self.facts = FoldersCard(tools), ProblemsCard(tools), FactsCard()
        self._build()
        self._looking = Looking(tools.link, self)
        self._looking.seen.connect(self._take_status)
        self._looking.failed.connect(self._could_not_ask)
        self.rest.clicked.connect(self._rest_or_resume)
        self.bar.chosen.connect(self._choose)
        self.problems.changed.connect(self._looking.look)
        self.problems.limits_wanted.connect(lambda: self.page_wanted.emit("settings", "limits"))
        tools.link.progressed.connect(self._take_progress)

    @property
    def keys(self) -> Keys:
        return [("Ctrl ,", self.tr("Settings")), ("Esc", self.tr("Back to Find"))]

    def enter(self) -> None:
        self.rest.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- building

    def _build(self) -> None:
        px = look.px
        content = filled(QWidget(), self.backgroundRole())
        column = QVBoxLayout(content)
        column.setContentsMargins(px(32), px(20), px(32), px(20))
        column.setSpacing(px(14))
        head = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(px(2))
        words.addWidget(self._headline)
        words.addWidget(self._line)
        head.addLayout(words, 1)
        head.addWidget(self.rest, 0, Qt.AlignmentFlag.AlignVCenter)
        column.addLayout(head)
        column.addWidget(self._notes)
        column.addWidget(self.bar)
        column.addWidget(self._plot_card())
        self._below = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._below.setSpacing(px(16))
        self._below.addWidget(self.folders, _FOLDERS_SHARE)
        self._below.addWidget(self.problems, _PROBLEMS_SHARE)
        column.addLayout(self._below)
        column.addWidget(self.facts)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(rule())
        layout.addWidget(area)
        self._notes.hide()

    def _plot_card(self) -> Card:
        kinds: dict[Series, str] = {
            "bytes_read": self.tr("Read, MB per second"),
            "passages_embedded": self.tr("Meaning, passages per second"),
        }
        buttons = {series: Button(words, "facet") for series, words in kinds.items()}
        for series, button in buttons.items():
            button.setCheckable(True)
            button.setAutoExclusive(True)
            button.setChecked(series == self._series)
            button.clicked.connect(lambda _=False, series=series: self._choose_series(series))
        card = Card(self.tr("The last hour"), *buttons.values())
        card.hold(self.plot)
        return card

    # --- asking

    def _could_not_ask(self, error: FinderError) -> None:
        self._line.say(f"{error}. {error.hint}")

    def _take_status(self, status: Any) -> None:
        self._status = status
        self._show()
        now_s = time.monotonic()
        if self._rates_asked_s is None or now_s - self._rates_asked_s >= _RATES_EVERY_S:
            self._rates_asked_s = now_s
            self._tools.link.call("rates", on_final=self._take_rates)

    def _take_progress(self, progress: Any) -> None:
        before = self._progress
        self._progress = progress
        if self._status is not None and self.isVisible():
            self._line.say(self._state_line(self._status))
            if before is not None and before["phase"] != progress["phase"]:
                self._looking.look()

    def _take_rates(self, rates: Any) -> None:
        self._rates = rates
        self.plot.show_rates(rates, self._series)
        if self._status is not None:
            self._line.say(self._state_line(self._status))

    def _choose_series(self, series: Series) -> None:
        self._series = series
        if self._rates is not None:
            self.plot.show_rates(self._rates, series)

    def _choose(self, standing: Standing) -> None:
        self._standing = standing
        self._show()

    def _rest_or_resume(self) -> None:
        is_resting = self._status is not None and bool(self._status["pauses"])
        method: Method = "resume" if is_resting else "pause"
        self._tools.link.call(method, on_final=self._has_rested, on_error=self._tell)

    def _has_rested(self, result: JsonObject) -> None:
        self._looking.look()

    def _tell(self, error: FinderError) -> None:
        show_error(error, self)

    # --- showing

    def _show(self) -> None:
        status = self._status
        if status is None:
            return
        counts = tallies(status)
        total = sum(counts.values())
        self._headline.setText(
            self.tr("%1 of %2 files can be found by meaning")
            .replace("%1", self._phrases.number(counts["meaning"]))
            .replace("%2", self._phrases.number(total))
            if status["folders"]
            else self.tr("No folder is indexed")
        )
        self._line.say(self._state_line(status))
        self._notes.setText("\n".join(map(in_own_language, status["notes"])))
        self._notes.setVisible(bool(status["notes"]))
        is_resting = bool(status["pauses"])
        self.rest.setText(self.tr("Resume now") if is_resting else self.tr("Pause"))
        self.rest.show_glyph("play" if is_resting else "pause")
        self.bar.show_counts(counts, self._standing)
        self.folders.show_folders(status["folders"])
        self.problems.show_standing(self._standing, counts[self._standing], status)
        self.facts.show_status(status)

    def _state_line(self, status: Status) -> str:
        """How long it takes, what is done, on what, how fast; or why it rests."""
        if status["pauses"]:
            return " ".join(self._words.rests(cause) for cause in status["pauses"])
        progress = self._progress
        phase = progress["phase"] if progress is not None else status["phase"]
        if phase == "idle":
            return self.tr("Up to date. Changes are noticed by themselves.") if status["folders"] else ""
        if progress is None:
            return self.tr("Indexing")
        parts = []
        if (left := progress["seconds_left"]) is not None:
            parts.append(self.tr("About %1 left").replace("%1", self._phrases.duration(left)))
        if phase == "scanning":
            parts.append(self.tr("Looking for files: %Ln seen", "", progress["files_seen"]))
        if progress["bytes_total"]:
            parts.append(
                self.tr("%1 of %2 read")
                .replace("%1", self._phrases.size(progress["bytes_read"]))
                .replace("%2", self._phrases.size(progress["bytes_total"]))
            )
        if phase == "embedding" and (device := status["embed"]["device"]) is not None:
            parts.append(self._words.device(device))
        if rate := round(progress["passages_per_second"]):
            parts.append(self.tr("%1 passages a second").replace("%1", self._phrases.number(rate)))
        return "  ·  ".join(part for part in parts if part)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < look.px(_NARROW)
        direction = QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight
        self._below.setDirection(direction)
