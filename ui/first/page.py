"""The first start: one page. Which folders, what of them is left out and why, with which model, and Start."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QDir, QRectF, Qt, Signal
from PySide6.QtGui import QCloseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

from finder.config import SettingsFile
from finder.errors import FinderError
from finder.paths import display, uri_to_path
from ui.first.estimate import estimate
from ui.first.rows import FolderRow
from ui.first.suggestions import SUGGESTED, Kind, Suggestion, other, suggestion
from ui.index.adding import Adding
from ui.index.folders import choose_folder
from ui.theme.look import look
from ui.theme.widgets import Button, Elided, Label, Mark, filled, rule
from ui.words.phrases import Phrases

if TYPE_CHECKING:
    from finder.service.protocol.models import Models
    from ui.link import Link
    from ui.preferences import Preferences
    from ui.tools import Tools

_WIDTH, _HEIGHT, _MARGIN, _MARK = 860, 640, 72, 48
_LABEL_WIDTH, _STEP_WIDTH = 72, 140
_LINK_INSET = 10
"""Beside a link's own padding: its words begin and end where those in the card do."""
_SHOWN_ROWS = 6
_ALPHAS = (255, 120, 60)
"""Of the three bars: full, half, a beginning."""


def is_first_start(link: Link, preferences: Preferences) -> bool:
    """True where nobody has chosen a folder, or put it off."""
    if preferences.has_started:
        return False
    try:
        return not SettingsFile(link.home.settings).load().folders
    except FinderError:  # the service says what is wrong with them
        return False


class FirstStart(QWidget):
    """Shown once, before the window."""

    finished = Signal()
    """Folders were chosen, or it was put off: the window is to be shown."""
    closed = Signal()
    """Its window was shut, and nothing was decided: it comes again."""
    settings_wanted = Signal(str)
    """A section of the settings is wanted."""
    _looked = Signal(object)
    """A `Suggestion`; None where there is nothing of its kind."""

    def __init__(self, tools: Tools) -> None:
        super().__init__()
        self._tools = tools
        self._phrases = Phrases(self)
        self._models: Models | None = None
        self.adding = Adding(tools.link, tools.link)
        """It outlives the page: whoever shows this tells where it fails."""
        self.rows: list[FolderRow] = []
        self.start = Button("", "primary")
        self.start.setDefault(True)
        self._model = Elided("body", "ink2")
        self._times = [Label("", "meta", "ink2") for _ in _ALPHAS]
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self.setWindowTitle("Inkling")
        filled(self, self.backgroundRole())
        self.setMinimumSize(look.px(_WIDTH - 120), look.px(_HEIGHT - 40))
        self.resize(look.px(_WIDTH), look.px(_HEIGHT))
        self._build()
        self.start.clicked.connect(self._start)
        tools.link.call("models", on_final=self._take_models)
        self._show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self._home = Path(QDir.homePath())
        self.looked_for = len(SUGGESTED)
        """Kinds of folders that are still looked for."""
        self._looked.connect(self._suggest, Qt.ConnectionType.QueuedConnection)
        for kind in SUGGESTED:
            threading.Thread(target=self._look, args=(kind,), name=f"suggestion-{kind}", daemon=True).start()

    # --- building

    def _build(self) -> None:
        px = look.px
        layout = QVBoxLayout(self)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)  # the list scrolls instead
        layout.setContentsMargins(px(_MARGIN), px(32), px(_MARGIN), px(32))
        layout.setSpacing(0)
        layout.addWidget(Mark(_MARK))
        layout.addSpacing(px(12))
        layout.addWidget(Label(self.tr("Which folders should Inkling know?"), "display"))
        layout.addSpacing(px(4))
        said = self.tr("Everything is read on this computer and stays on it. You can change this at any time.")
        layout.addWidget(Label(said, "body", "ink2", is_wrapped=True))
        layout.addSpacing(px(16))
        layout.addWidget(self._folder_list())
        another = Button(self.tr("Another folder …"), "link", "plus")
        another.clicked.connect(self._choose)
        layout.addSpacing(px(6))
        beside = QHBoxLayout()
        beside.setContentsMargins(px(_LINK_INSET), 0, 0, 0)
        beside.addWidget(another)
        beside.addStretch(1)
        layout.addLayout(beside)
        layout.addSpacing(px(10))
        left_out = Elided("body", "ink2")
        left_out.say(self.tr("keys, passwords, hidden folders, caches, builds, and what .gitignore names"))
        layout.addLayout(self._line(self.tr("Left out"), left_out, "left_out"))
        layout.addLayout(self._line(self.tr("Model"), self._model, "models"))
        layout.addStretch(1)
        layout.addLayout(self._foot())

    def _folder_list(self) -> QWidget:
        self._card = QFrame()
        self._card.setProperty("class", "card")
        inner = QVBoxLayout(self._card)
        inner.setContentsMargins(1, 1, 1, 1)
        holder = QWidget()
        holder.setLayout(self._list)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._area = QScrollArea()
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setWidget(holder)
        for part in (self._area.viewport(), holder):
            part.setAutoFillBackground(False)  # the card's round corners are not painted over
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner.addWidget(self._area)
        return self._card

    def _line(self, title: str, words: Elided, section: str) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setContentsMargins(look.px(17), 0, look.px(_LINK_INSET), 0)
        name = Label(title, "body_strong")
        name.setFixedWidth(look.px(_LABEL_WIDTH))
        change = Button(self.tr("Change"), "link", name=self.tr("Change: %1").replace("%1", title))
        change.clicked.connect(lambda: self.settings_wanted.emit(section))
        line.addWidget(name)
        line.addWidget(words, 1)
        line.addWidget(change)
        return line

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setSpacing(look.px(6))
        names = (self.tr("Names", "a stage"), self.tr("Text", "a stage"), self.tr("Meaning", "a stage"))
        for name, time, alpha in zip(names, self._times, _ALPHAS, strict=True):
            step = QVBoxLayout()
            step.setSpacing(look.px(2))
            step.addWidget(_Step(alpha))
            step.addSpacing(look.px(4))
            step.addWidget(Label(name, "meta_strong"))
            step.addWidget(time)
            foot.addLayout(step)
        foot.addStretch(1)
        later = Button(self.tr("Not now"), "quiet")
        later.clicked.connect(self._finish)
        foot.addWidget(later)
        foot.addWidget(self.start)
        return foot

    # --- what is suggested

    def _look(self, kind: Kind) -> None:
        """Look for one kind of folder, in a thread that may wait."""
        try:
            found = suggestion(kind, self._home)
        except OSError:
            found = None
        with contextlib.suppress(RuntimeError):  # the page is gone
            self._looked.emit(found)

    def _suggest(self, found: Suggestion | None) -> None:
        self.looked_for -= 1
        if found is not None and not self._is_offered(found.uris):
            before = SUGGESTED[: SUGGESTED.index(found.kind)]
            self._add_row(found, sum(row.suggestion.kind in before for row in self.rows))
        if self.start.isEnabled() and self.focusWidget() in (None, self):
            self.start.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- choosing

    def _choose(self) -> None:
        choose_folder(self, self.tr("Which folder is to be indexed?"), self.take_folder)

    def take_folder(self, uri: str) -> None:
        """Offer one more folder, checked."""
        if not self._is_offered([uri]):
            self._add_row(other(uri, display(uri_to_path(uri))), len(self.rows))

    def _is_offered(self, uris: Iterable[str]) -> bool:
        return any(uri in row.suggestion.uris for uri in uris for row in self.rows)

    def _add_row(self, offered: Suggestion, number: int) -> None:
        row = FolderRow(offered, self._tools.link)
        row.changed.connect(self._show)
        if self.rows:  # between two of them is a hairline
            self._list.insertWidget(max(0, 2 * number - 1), rule())
        self.rows.insert(number, row)
        self._list.insertWidget(2 * number, row)
        shown = min(len(self.rows), _SHOWN_ROWS)
        self._area.setFixedHeight(shown * (row.height() + 1))
        self._show()

    def _take_models(self, models: Any) -> None:
        self._models = models
        self._show()

    def _show(self) -> None:
        wanted = [row for row in self.rows if row.is_wanted]
        files = sum(row.files for row in wanted)
        self.start.setEnabled(bool(wanted))
        is_known = bool(files) and all(row.is_counted for row in wanted)
        self.start.setText(self.tr("Start with %Ln files", "", files) if is_known else self.tr("Start"))
        self._card.setVisible(bool(self.rows))
        self._show_times(sum(row.files_to_read for row in wanted))
        self._model.say(self._model_words())

    def _show_times(self, files: int) -> None:
        models = self._models
        if not files or models is None:
            self._times[0].setText(self.tr("in seconds"))
            self._times[1].setText("")
            self._times[2].setText("")
            return
        about = estimate(files, models["seconds_per_passage"])
        for label, seconds in zip(self._times, (about.names_s, about.text_s, about.meaning_s), strict=True):
            in_time = self.tr("in about %1").replace("%1", self._phrases.duration(seconds))
            label.setText(self.tr("in seconds") if seconds < 45 else in_time)

    def _model_words(self) -> str:
        if self._models is None:
            return ""
        models = self._models["models"]
        chosen = next((model for model in models if model["is_chosen"]), None)
        better = next((model for model in models if model["is_recommended"] and not model["is_chosen"]), None)
        words = self.tr("%1, built in").replace("%1", chosen["name"] if chosen else self._models["chosen"])
        if chosen is not None and chosen["place"] != "built in":
            words = chosen["name"]
        if better is not None:
            offer = self.tr("%1 finds more with your graphics card: a download of %2, once")
            offer = offer.replace("%1", better["name"]).replace("%2", self._phrases.size(better["size_bytes"]))
            words = f"{words}. {offer}"
        return words

    # --- going on

    def _start(self) -> None:
        self.adding.add([uri for row in self.rows if row.is_wanted for uri in row.suggestion.uris])
        self._finish()

    def _finish(self) -> None:
        self._tools.preferences.set("has_started", True)
        self.finished.emit()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()


class _Step(QWidget):
    """A bar as deep in colour as what is known by then."""

    def __init__(self, alpha: int) -> None:
        super().__init__()
        self._alpha = alpha
        self.setFixedSize(look.px(_STEP_WIDTH), look.px(6))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("accent", self._alpha))
        painter.drawRoundedRect(QRectF(self.rect()), look.px(3), look.px(3))
        painter.end()
