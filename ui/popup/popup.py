"""The quick search itself: the same engine, rows and keys as the window's. Made once and kept, so that it is there at
the key; Esc or losing the focus hides it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QDir, QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QCursor, QGuiApplication, QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget

from finder.errors import FinderError
from ui.desktop.surface import bring_forward
from ui.footer import Footer
from ui.link import Link
from ui.opening import Opener
from ui.popup.card import Card
from ui.popup.motion import Motion, Shutter
from ui.preferences import Preferences
from ui.preview.pane import PreviewPane
from ui.results.files import Wish
from ui.results.model import ResultModel
from ui.results.view import ResultView
from ui.search.box import KeysBelow, SearchBox
from ui.search.empty import Action, EmptyState
from ui.search.marking import Marking
from ui.search.profiles import Profiles
from ui.search.reasons import Reasons
from ui.search.searching import Searching
from ui.search.summary import Summary
from ui.search.waiting import Waiting
from ui.theme.look import look
from ui.theme.widgets import rule

_WIDTH, _LINE, _ROW, _MOST_ROWS = 720, 58, 58, 7
_TOP_SHARE, _HEIGHT_SHARE = 0.22, 0.6
"""Of the screen's height: where the line begins, and how much the whole may take."""
_EMPTY_HEIGHT = 290
_AGAIN_S = 0.3
"""What a click on the tray has hidden so lately by taking the focus, it does not show again."""


class Popup(QWidget):
    """One line, and what is found below it as one types."""

    carried = Signal(str)
    """The query is wanted in the window."""
    similar_wanted = Signal(list)
    """Files like all of these are wanted, in the window: their URIs."""
    settings_wanted = Signal(str)
    """A section of the settings is wanted."""

    def __init__(self, link: Link, preferences: Preferences, is_blended: bool, can_fade: bool = False) -> None:
        flags = Qt.WindowType.Tool | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint
        super().__init__(None, flags)
        self.setWindowTitle(self.tr("Quick search"))
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground, is_blended)
        self._preferences, self._opener = preferences, Opener(self)
        self.box = SearchBox(link, lambda: preferences.queries, "query_popup")
        self.searching = Searching(link, self)
        self.profiles = Profiles(link.home, preferences, self.box.profile, self.searching)
        self.model = ResultModel(QDir.homePath(), self)
        self.view = ResultView(self.model, is_compact=True)
        self.preview, self._empty, self._summary, self._footer = (
            PreviewPane(link),
            EmptyState(),
            Summary(self),
            Footer(),
        )
        carry, ask = self._carry, self.searching.ask
        self._reasons = Reasons(link, self.box.set_text, carry, carry, ask, carry, self)
        self._card, self._stack = Card(is_blended), QStackedWidget()
        self._shutter, self._motion = Shutter(self._stack), Motion(self, can_fade, self._set_height)
        self._below = 0
        """The height of what is below the line, in pixels."""
        self._hidden_at_s = 0.0
        self._waiting = Waiting(self._act)
        self._build()
        self._connect()
        self._bind_keys()
        Marking(link, self.searching, self.view, self.model)
        self._lay_out(is_empty=True)

    def _build(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._card)
        self.box.setProperty("class", "line")
        self.box.setFixedHeight(look.px(_LINE))
        self._rule = rule()
        for part in (self.view, self._empty, self.preview):
            self._stack.addWidget(part)
        content = self._card.content
        content.addWidget(self.box, 0, Qt.AlignmentFlag.AlignTop)
        content.addWidget(self._rule)
        content.addWidget(self._shutter, 1)
        content.addWidget(self._footer)

    def _connect(self) -> None:
        edit = self.box.edit
        self.box.typed.connect(self._type)
        self.profiles.changed.connect(self.searching.ask)
        self.box.profile.edit_wanted.connect(self._want_profiles)
        edit.passed_on.connect(self._step)
        edit.entered.connect(lambda: self._wish("open"))
        edit.previewed.connect(lambda: self._wish("preview"))
        edit.copy_wanted.connect(lambda: self._wish("copy"))
        self.searching.begun.connect(self.view.begin_question)
        self.searching.answered.connect(self._show_answer)
        self.searching.failed.connect(self._show_error)
        self.view.row_changed.connect(self.preview.show_row)
        self.view.wished.connect(self.do)
        self.preview.wished.connect(self.do)
        self.preview.placed.connect(self.model.place)
        self._opener.opened.connect(self.dismiss)
        self.view.installEventFilter(KeysBelow(self.box))

    def _bind_keys(self) -> None:
        wishes: dict[str, Wish] = {
            "Ctrl+Return": "show",
            "Ctrl+Enter": "show",
            "Ctrl+D": "similar",
            "Ctrl+Shift+C": "copy_path",
        }
        for keys, wish in wishes.items():
            QShortcut(QKeySequence(keys), self, lambda wish=wish: self._wish(wish))
        for keys in ("Ctrl+Shift+Return", "Ctrl+Shift+Enter"):
            QShortcut(QKeySequence(keys), self, self._carry)
        QShortcut(QKeySequence("Ctrl+L"), self, self.box.edit.setFocus)
        QShortcut(QKeySequence("Alt+Left"), self, lambda: self.preview.step(-1))
        QShortcut(QKeySequence("Alt+Right"), self, lambda: self.preview.step(1))
        QShortcut(QKeySequence("Esc"), self, self._go_back)

    # --- coming and going

    def call(self) -> None:
        """Show it, ready to be typed into, on the screen that the pointer is on."""
        self.profiles.look_again()
        self._place()
        self._motion.come()
        bring_forward(self)
        self.box.edit.setFocus(Qt.FocusReason.ActiveWindowFocusReason)
        self.box.edit.selectAll()
        if self.searching.is_question:  # what was found may be long ago
            self._waiting.begin()
            self.searching.ask()

    def warm_up(self) -> None:
        """Have its fonts and its look ready: the first painting takes as long as a hundred later ones."""
        self.ensurePolished()
        self.grab()

    def toggle(self) -> None:
        """What the key does."""
        if self._is_there:
            self.dismiss()
        else:
            self.call()

    def toggle_by_click(self) -> None:
        """What a click on the tray does, which may just have taken the focus and thereby hidden it."""
        if self._is_there or time.monotonic() - self._hidden_at_s > _AGAIN_S:
            self.toggle()

    def dismiss(self) -> None:
        """Hide it on purpose: the next click shows it again at once."""
        self._motion.leave()
        self._hidden_at_s = 0.0

    @property
    def _is_there(self) -> bool:
        return self.isVisible() and not self._motion.is_leaving

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._motion.finish()

    def _go_back(self) -> None:
        """Esc: the large preview, or the whole."""
        if self._stack.currentWidget() is self.preview:
            self._stack.setCurrentWidget(self.view)
        else:
            self.box.edit.clear()
            self.dismiss()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        is_left = event.type() == QEvent.Type.ActivationChange and self._is_there and not self.isActiveWindow()
        if is_left and not QApplication.activePopupWidget() and not QApplication.activeModalWidget():
            self._motion.leave()
            self._hidden_at_s = time.monotonic()

    # --- asking

    def _type(self, text: str) -> None:
        self._waiting.begin()
        self.searching.type(text)
        if not text.strip():
            self._waiting.give_up()
            self._lay_out(is_empty=True)

    def _show_answer(self, found: dict[str, Any], is_final: bool) -> None:
        has_match = any(file["strength"] != "weak" for file in found["results"])
        if not is_final and not has_match:
            return  # what is shown stays until meaning has had its say
        self.view.show_answer(found["results"], is_final)
        if has_match:
            self._show(self.preview if self._stack.currentWidget() is self.preview else self.view)
            self._waiting.end()
        else:
            self._waiting.give_up()
            reason = self._reasons.of_answer(found, self.box.text)
            self._empty.show_reason(replace(reason, actions=[Action(self.tr("In the window"), self._carry)]))
            self._show(self._empty)
        self._footer.say(self._summary.brief(found))

    def _show_error(self, error: FinderError) -> None:
        self._waiting.give_up()
        self._empty.show_reason(self._reasons.of_error(error))
        self._show(self._empty)
        self._footer.say(error.title)

    # --- doing

    def _step(self, key: int, is_extending: bool) -> None:
        if self._stack.currentWidget() is not self._empty:
            self.view.step(key, is_extending)

    def _wish(self, wish: Wish) -> None:
        self._waiting.wish(wish)

    def _act(self, wish: Wish) -> None:
        if self._stack.isVisible() and self._stack.currentWidget() is not self._empty:
            self.view.wish(wish)

    def do(self, wish: str, uris: list[str]) -> None:
        """Do what one wishes with files; what leads elsewhere hides the quick search."""
        if wish == "preview":
            is_wide = self._stack.currentWidget() is self.preview
            self._show(self.view if is_wide else self.preview)
            return
        self._preferences.remember_query(self.box.text.strip())
        if wish == "copy":
            self._opener.copy_file(uris)
            self._footer.say(self.tr("%Ln files are on the clipboard.", "", len(uris)))
        elif wish == "copy_path":
            self._opener.copy_paths(uris)
            self._footer.say(self.tr("%Ln paths are on the clipboard.", "", len(uris)))
        elif wish == "open":
            self._opener.open_all(uris)
        else:
            self.dismiss()
            self._opener.show_in_folder(uris[0]) if wish == "show" else self.similar_wanted.emit(uris)

    def _carry(self, *_: object) -> None:
        """Take the query to the window, where there is room for more."""
        self.dismiss()
        self.carried.emit(self.box.text)

    def _want_profiles(self) -> None:
        self.dismiss()
        self.settings_wanted.emit("profiles")

    # --- size and place

    def _show(self, part: QWidget) -> None:
        keys = [("Ctrl Shift ↵", self.tr("In the window"))]
        if part is not self._empty:
            keys = [("↵", self.tr("Open")), (self.tr("Space", "the key"), self.tr("Preview")), *keys]
        self._footer.show_keys(keys)
        self._stack.setCurrentWidget(part)
        self._lay_out(is_empty=False)

    def _lay_out(self, is_empty: bool) -> None:
        """The line alone, or with what is below it, which takes what it needs and gives nothing back while typed."""
        for part in (self._rule, self._shutter, self._footer):
            part.setVisible(not is_empty)
        if is_empty:
            self._stack.setCurrentWidget(self.view)
            self.model.show([])
        self._below = 0 if is_empty else max(self._needed(), self._below)
        self._shutter.show_all_of(self._below)
        least = look.px(_LINE) + 2 * self._card.margin + (0 if is_empty else 1 + self._footer.height())
        self._motion.grow(least + self._below, least)

    def _set_height(self, height: int) -> None:
        self.setFixedSize(look.px(_WIDTH) + 2 * self._card.margin, height)

    def _needed(self) -> int:
        """The height of what is shown below the line, in pixels."""
        most = (
            round(self.screen().availableGeometry().height() * _HEIGHT_SHARE) - look.px(_LINE) - self._footer.height()
        )
        if self._stack.currentWidget() is not self.view:
            is_preview = self._stack.currentWidget() is self.preview
            return min(most, look.px(_ROW * _MOST_ROWS if is_preview else _EMPTY_HEIGHT))
        rows = min(self.model.rowCount(), _MOST_ROWS)
        return min(most, sum(self.view.sizeHintForRow(row) for row in range(rows)) + look.px(12))

    def _place(self) -> None:
        pointer = QCursor.pos()
        screen = (QGuiApplication.screenAt(pointer) or self.screen()).availableGeometry()
        left = screen.center().x() - self.width() // 2
        self.move(QPoint(left, screen.top() + round(screen.height() * _TOP_SHARE) - self._card.margin))
