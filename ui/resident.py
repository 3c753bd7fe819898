"""What stays when the window is shut: the quick search, the tray, the global key, and the ear for other programs.

Everything works without a tray; where there is none, the first time the window is shut it is asked whether to stay.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QAbstractButton, QApplication, QMessageBox, QWidget

from finder.errors import FinderError
from ui.asking import give_room
from ui.desktop.surface import bring_forward
from ui.link import Link
from ui.preferences import Preferences
from ui.theme.fonts import font
from ui.words.translator import language_of_the_desktop, speak

if TYPE_CHECKING:
    from finder.service.app_door import Door, Wish
    from ui.desktop.hotkey import Hotkey
    from ui.first.page import FirstStart
    from ui.popup.popup import Popup
    from ui.tray.tray import Tray
    from ui.window import Window

_LEISURE_MS = 500
"""After the start, once the first screen stands."""


class Resident(QObject):
    """The app from its start to its end. Window and quick search are made when they are first wanted, or at leisure."""

    _wished = Signal(dict)

    def __init__(self, app: QApplication, link: Link, preferences: Preferences) -> None:
        super().__init__(app)
        self._app, self._link, self._preferences = app, link, preferences
        self._window: Window | None = None
        self._popup: Popup | None = None
        self._first: FirstStart | None = None
        self.tray: Tray | None = None
        self.hotkey: Hotkey | None = None
        self._is_ending = self._is_asking = False
        app.setQuitOnLastWindowClosed(False)
        app.commitDataRequest.connect(self._end)
        self._wished.connect(self._grant, Qt.ConnectionType.QueuedConnection)
        link.start()
        QTimer.singleShot(_LEISURE_MS, self, self._settle)

    def listen(self, door: Door) -> None:
        """Take wishes of other programs from now on."""
        door.listen(self._wished.emit)

    def close(self) -> None:
        """Give back what is not this process's own."""
        if self.hotkey is not None:
            self.hotkey.close()
        self._link.close()

    def quit(self) -> None:
        """End the app; the service goes on watching and indexing."""
        self._end()
        self._app.quit()

    @property
    def window(self) -> Window:
        """The window, made where it is not there yet."""
        if self._window is None:
            from ui.window import Window

            self._window = Window(self._link, self._preferences)
            self._window.hotkey = self.hotkey
            self._window.closed.connect(self._rest)
            self._window.quit_wanted.connect(self.quit)
            self._window.remake_wanted.connect(self._remake, Qt.ConnectionType.QueuedConnection)
        return self._window

    @property
    def popup(self) -> Popup:
        """The quick search, made where it is not there yet."""
        if self._popup is None:
            from ui.desktop.surface import can_fade, is_blended
            from ui.popup.popup import Popup

            self._popup = Popup(self._link, self._preferences, is_blended(), can_fade())
            self._popup.carried.connect(self._carry)
            self._popup.similar_wanted.connect(self._show_similar)
            self._popup.settings_wanted.connect(lambda section: self.window.show_settings(section))
        return self._popup

    def show_window(self, token: str = "") -> None:
        """Bring the window to the front; before folders were ever chosen, the page that asks for them."""
        _bring_forward(self._first_start() or self.window, token)

    def _first_start(self) -> QWidget | None:
        from ui.first.page import FirstStart, is_first_start

        if self._first is None and is_first_start(self._link, self._preferences):
            self._first = FirstStart(self.window.tools)
            self._first.settings_wanted.connect(self.window.show_settings)
            self._first.finished.connect(self._begin)
            self._first.adding.failed.connect(self._tell)
            self._first.closed.connect(self._rest)
        return self._first

    def _tell(self, error: FinderError) -> None:
        """Folders that were chosen at the first start cannot be had; by then the window is shown."""
        from ui.errors import show_error

        show_error(error, self.window)

    def _begin(self) -> None:
        """Folders were chosen, or put off."""
        first, self._first = self._first, None
        self.show_window()
        if first is not None:
            first.hide()
            first.deleteLater()

    def _settle(self) -> None:
        """What the first screen does not wait for."""
        from ui.desktop.hotkey import Hotkey
        from ui.tray.tray import Tray

        self.tray = Tray(self._link, self)
        self.popup.warm_up()
        self.tray.searched.connect(lambda: self.popup.call())  # whichever is there by then
        self.tray.clicked.connect(lambda: self.popup.toggle_by_click())
        self.tray.opened.connect(self.show_window)
        self.tray.ended.connect(self.quit)
        self.tray.appeared.connect(self._tell_of_key)
        self.hotkey = Hotkey(self._preferences, self)
        self.hotkey.pressed.connect(lambda: self.popup.toggle())
        self.hotkey.changed.connect(self._tell_of_key)
        self._tell_of_key()
        if self._window is not None:
            self._window.hotkey = self.hotkey

    def _tell_of_key(self) -> None:
        """Say once that a key cannot be had, as soon as an icon can say it; the settings go on saying it."""
        if self.hotkey is None or self.tray is None:
            return
        keys = self.hotkey.keys if self.hotkey.fault else None
        if keys == self._preferences.refused_keys:
            return
        words = self.tr("%1 does not call the quick search").replace("%1", keys or "")
        if not keys or self.tray.tell(words, self.hotkey.fault):
            self._preferences.set("refused_keys", keys)

    def _remake(self) -> None:
        """Make anew what is open, where it stands: its words, or its rows, are to be others from now on."""
        speak_as_chosen(self._app, self._preferences)
        page, query = self.window.page_name, self.window.find_page.box.text
        parts = [part for part in (self._first, self._window, self._popup) if part is not None]
        self._first = self._window = self._popup = None
        for part in parts:
            part.blockSignals(True)  # it is not its user who shuts it
            part.close()
            part.deleteLater()
        if self.tray is not None:
            self.tray.speak_anew()
            self.popup.warm_up()
        self.window.find_page.box.set_text(query)
        self.window.show_page(page)  # which a query that is typed would leave
        self.show_window()
        self.window.show_settings("appearance")

    # --- wishes

    def _grant(self, wish: Wish) -> None:
        token = wish.get("token", "")
        if wish["show"] == "popup":
            if token:
                os.environ["XDG_ACTIVATION_TOKEN"] = token
            self.popup.call()
        elif wish["show"] == "find":
            self._carry(wish.get("query", ""), token)
        elif wish["show"] == "similar":
            self._show_similar(wish.get("uris", []), token)
        else:
            self.show_window(token)

    def _carry(self, query: str, token: str = "") -> None:
        self.window.search_for(query)
        self.show_window(token)

    def _show_similar(self, uris: list[str], token: str = "") -> None:
        self.window.show_similar(uris)
        self.show_window(token)

    # --- the end

    def _end(self) -> None:
        self._is_ending = True

    def _rest(self) -> None:
        """The window was shut: the tray stays, and without one the app stays if its user wants it to."""
        if self._is_ending or (self.tray is not None and self.tray.is_there):
            return
        if self._preferences.stays is None:
            if not self._is_asking:
                self._ask_whether_to_stay()
        elif not self._preferences.stays:
            self.quit()

    def _ask_whether_to_stay(self) -> None:
        hotkey = self.hotkey
        keys = (hotkey.told or hotkey.keys) if hotkey is not None and not hotkey.fault else ""
        box = QMessageBox(QMessageBox.Icon.NoIcon, "Inkling", self.tr("Keep Inkling ready?"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setInformativeText(
            self.tr("The quick search is then there at once (%1). Indexing goes on either way.").replace(
                "%1", keys or "inkling popup"
            )
        )
        stay = box.addButton(self.tr("Keep it ready"), QMessageBox.ButtonRole.AcceptRole)
        leave = box.addButton(self.tr("Quit"), QMessageBox.ButtonRole.DestructiveRole)
        box.setEscapeButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.setDefaultButton(stay)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setModal(False)  # the quick search can be called all the same
        self._is_asking = True
        answers: dict[QAbstractButton, bool] = {stay: True, leave: False}
        box.finished.connect(lambda: self._decide(answers.get(box.clickedButton())))
        give_room(box)
        box.show()

    def _decide(self, does_stay: bool | None) -> None:
        """
        Args:
            does_stay: None where neither was wanted: then the window was not to be shut.
        """
        self._is_asking = False
        if self._is_ending:
            return  # it was shut with everything else, and not answered
        if does_stay is None:
            self.show_window()
            return
        self._preferences.set("stays", does_stay)
        if not does_stay:
            self.quit()


def speak_as_chosen(app: QApplication, preferences: Preferences) -> None:
    """Have the app speak the language that its user chose, else the desktop's, in the letters that go with it."""
    speak(app, preferences.language or language_of_the_desktop())
    app.setFont(font("body"))


def _bring_forward(window: QWidget, token: str) -> None:
    if token:
        os.environ["XDG_ACTIVATION_TOKEN"] = token  # Qt hands it to the compositor, once
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    bring_forward(window)
