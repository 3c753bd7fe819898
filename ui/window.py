"""The window: header, pages, footer, and the keys that hold on every page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from ui.footer import Footer
from ui.header import Header
from ui.keys import KeysOverlay
from ui.link import Link
from ui.opening import Opener, on_clipboard
from ui.pages.kinds import Pages
from ui.pages.page import Page
from ui.preferences import Preferences
from ui.results.files import Wish
from ui.search.page import FindPage
from ui.theme.look import look
from ui.tools import Tools

if TYPE_CHECKING:
    from ui.desktop.hotkey import Hotkey
    from ui.settings.dialog import SettingsDialog

_SIZE, _LEAST = QSize(1240, 800), QSize(640, 480)
_AROUND = QSize(40, 80)
"""Left free of the screen at the first start."""
_NARROW = 1000


class Window(QWidget):
    """What people keep open."""

    closed = Signal()
    quit_wanted = Signal()
    """The whole app is to end, not this window alone."""
    remake_wanted = Signal()
    """What is open is to be made anew, with other words or other rows."""

    def __init__(self, link: Link, preferences: Preferences) -> None:
        super().__init__()
        self.setWindowTitle("Inkling")
        self._preferences = preferences
        self.tools = Tools(link, Opener(self), preferences)
        self._kinds = Pages(self).kinds()
        self.hotkey: Hotkey | None = None
        """The global key, where the app has one."""
        self.settings: SettingsDialog | None = None
        """None before they were wanted."""
        self._pages: dict[str, Page] = {}
        self._stack, self._footer = QStackedWidget(), Footer()
        found = self._page("find")
        assert isinstance(found, FindPage)
        self.find_page = found
        self._header = Header(found.box, self._kinds)
        self.keys = KeysOverlay(self)
        self._build()
        self._connect(link)
        self._bind_keys(self.find_page)
        self.show_page("find")
        self.setMinimumSize(look.px(_LEAST.width()), look.px(_LEAST.height()))
        self._restore_size()

    def show_page(self, name: str, value: object = None) -> None:
        """Bring a page to the front, and hand it something; "settings" are a window of their own."""
        if name == "settings":
            self.show_settings(str(value or "folders"))
            return
        page = self._page(name)
        self._stack.setCurrentWidget(page)
        self._header.show_page(name)
        self._footer.show_keys(page.keys)
        self._footer.hold(page.tool)
        self._footer.say("")
        if value is not None:
            page.receive(value)
        page.enter()

    def show_settings(self, section: str = "folders") -> None:
        """Show a section of the settings."""
        if self.settings is None:
            from ui.settings.dialog import SettingsDialog

            self.settings = SettingsDialog(self.tools, self.hotkey, self)
            self.settings.remake_wanted.connect(self.remake_wanted)
            self.settings.choices.changed.connect(self.find_page.profiles.look_again)
        self.settings.show_section(section)

    @property
    def page_name(self) -> str:
        """Of the page in front."""
        return next(name for name, page in self._pages.items() if page is self._stack.currentWidget())

    def search_for(self, query: str) -> None:
        """Show the Find page with a query, as the quick search hands it over."""
        self.show_page("find", query)

    def show_similar(self, uris: list[str]) -> None:
        """Show what is like all of these files, as a file manager's menu asks for it."""
        self.show_page("find")
        self.find_page.find_similar(uris)

    def _compare_clipboard(self) -> None:
        """Show what is like the files on the clipboard, or like the text."""
        uris, text = on_clipboard()
        self.show_page("find")
        if uris or text:
            self.find_page.find_similar(uris, text)
        else:
            self._footer.say(self.tr("There is neither a file nor a text on the clipboard."))

    def _page(self, name: str) -> Page:
        """A page, made where it is not there yet."""
        if name not in self._pages:
            kind = next(kind for kind in self._kinds if kind.name == name)
            page = self._pages[name] = kind.make(self.tools)
            page.said.connect(lambda text, page=page: self._say(page, text))
            page.page_wanted.connect(self.show_page)
            self._stack.addWidget(page)
        return self._pages[name]

    def _say(self, page: Page, text: str) -> None:
        if self._stack.currentWidget() is page:
            self._footer.say(text)

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._header)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self._footer)

    def _connect(self, link: Link) -> None:
        self._header.page_chosen.connect(self.show_page)
        self._header.comparison_wanted.connect(self._compare_clipboard)
        self._header.keys_wanted.connect(self.keys.toggle)
        self._header.settings_wanted.connect(self.show_settings)
        self._header.quit_wanted.connect(self.quit_wanted)
        if any(kind.name == "index" for kind in self._kinds):
            self.find_page.reasons.show_index = lambda: self.show_page("index")
            self._header.state.clicked.connect(lambda: self.show_page("index"))
        link.state_changed.connect(self._header.state.show_state)
        link.progressed.connect(self._header.state.show_progress)
        if link.progress is not None:  # the window is made long after the app has begun
            self._header.state.show_progress(link.progress)

    def _bind_keys(self, find: FindPage) -> None:
        bound: dict[str, Callable[[], object]] = {
            "Ctrl+L": lambda: self.show_page("find"),
            "Ctrl+Return": lambda: self._wish("show"),
            "Ctrl+Enter": lambda: self._wish("show"),
            "Ctrl+D": lambda: self._wish("similar"),
            "Ctrl+Shift+C": lambda: self._wish("copy_path"),
            "Ctrl+Shift+V": self._compare_clipboard,
            "Alt+Left": lambda: find.step_hit(-1),
            "Alt+Right": lambda: find.step_hit(1),
            "Ctrl+,": self.show_settings,
            "F1": self.keys.toggle,
            "?": self.keys.toggle,  # a line that one types into takes it for itself
            "Ctrl+Q": self.quit_wanted.emit,
            "Esc": self._go_back,
        }
        for keys, do in bound.items():
            QShortcut(QKeySequence(keys), self, do)
        for number, kind in enumerate(self._kinds, start=1):
            QShortcut(QKeySequence(f"Ctrl+{number}"), self, lambda name=kind.name: self.show_page(name))
        find.box.typed.connect(self._follow_typing)
        find.box.edit.keys_wanted.connect(self.keys.toggle)
        find.box.edit.copy_wanted.connect(lambda: find.wish("copy"))

    def _follow_typing(self, text: str) -> None:
        """The box stands above every page; what it finds is shown on one."""
        if text.strip() and self._stack.currentWidget() is not self.find_page:
            edit = self.find_page.box.edit
            at = edit.cursorPosition()
            self.show_page("find")
            edit.deselect()
            edit.setCursorPosition(at)

    def _wish(self, wish: Wish) -> None:
        page = self._stack.currentWidget()
        if isinstance(page, Page):
            page.wish(wish)

    def _go_back(self) -> None:
        page = self._stack.currentWidget()
        if isinstance(page, Page) and page.go_back():
            return
        if page is not self.find_page:
            self.show_page("find")
            return
        self.close()

    # --- Qt's own

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < look.px(_NARROW)
        self._header.state.set_narrow(is_narrow)
        self.find_page.box.set_narrow(is_narrow)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.isMaximized():
            self._preferences.set("window", [self.x(), self.y(), self.width(), self.height()])
        super().closeEvent(event)
        self.closed.emit()

    def _restore_size(self) -> None:
        kept = self._preferences.sizes("window")
        before = QRect(*kept) if len(kept) == 4 else QRect()
        if before.isValid() and (there := QGuiApplication.screenAt(before.center())) is not None:
            self._place(before, there.availableGeometry())
            return
        wanted = QSize(look.px(_SIZE.width()), look.px(_SIZE.height()))
        self.resize(wanted.boundedTo(self.screen().availableGeometry().size() - _AROUND))

    def _place(self, box: QRect, screen: QRect) -> None:
        """Put the window where it was, as far as the screen has room: it may be another one, or a coarser one."""
        size = box.size().boundedTo(screen.size())
        left = min(box.left(), screen.left() + screen.width() - size.width())
        top = min(box.top(), screen.top() + screen.height() - size.height())
        self.resize(size)
        self.move(max(left, screen.left()), max(top, screen.top()))  # by its frame, as it was kept
