"""How the app looks and speaks: kept with the app, not with the index."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Signal

from ui.preferences import Preferences
from ui.settings.form import Choice, Form
from ui.theme.check import Check
from ui.theme.look import Scheme, look
from ui.words.translator import LANGUAGES


class Appearance(Form):
    """Colours change in what is open; for other words and rows it is made anew."""

    remake_wanted = Signal()
    """What is open was made with the former words, or rows."""

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        as_desktop = self.tr("As the desktop")
        schemes = [(as_desktop, "system"), (self.tr("Light"), "light"), (self.tr("Dark"), "dark")]
        languages = [(as_desktop, None), *((name, code) for code, name in LANGUAGES.items())]
        self.scheme = Choice(schemes, preferences.scheme)
        self.language = Choice(languages, preferences.language)
        self.compact = Check()
        self.compact.setChecked(preferences.is_compact)
        self.head(self.tr("Look and language"))
        self.line(self.tr("Colours"), "", self.scheme)
        self.line(self.tr("Language"), "", self.language)
        self.line(self.tr("Compact rows"), self.tr("With one line of the passage."), self.compact)
        self.end()
        self.scheme.chosen.connect(self._choose_scheme)
        self.language.chosen.connect(lambda code: self._keep("language", code))
        self.compact.toggled.connect(lambda is_on: self._keep("is_compact", is_on))

    def _choose_scheme(self, scheme: object) -> None:
        chosen = cast("Scheme", scheme)
        self._preferences.set("scheme", chosen)
        look.choose(chosen)

    def _keep(self, name: str, value: str | bool | None) -> None:
        self._preferences.set(name, value)
        self.remake_wanted.emit()
