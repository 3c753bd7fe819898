"""Which search profile holds where one searches: chosen beside the query, remembered, and made in the settings."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from finder.config import SettingsFile
from finder.errors import FinderError
from finder.paths import Home
from finder.profiles import PROFILES
from ui.preferences import Preferences
from ui.search.profile_choice import ProfileChoice
from ui.search.searching import Searching


class Profiles(QObject):
    """Keeps what is offered and what is asked true to the settings."""

    changed = Signal()
    """The model is told something else from now on."""

    def __init__(self, home: Home, preferences: Preferences, choice: ProfileChoice, searching: Searching) -> None:
        super().__init__(choice)
        self._home, self._preferences = home, preferences
        self._choice, self._searching = choice, searching
        self._told: tuple[str | None, str] = (None, "")
        self.look_again()
        choice.opened.connect(self.look_again)
        choice.chosen.connect(self._choose)

    def look_again(self) -> None:
        """Offer those that there are now; what is chosen and was removed since is everyday searching again."""
        own, chosen = own_profiles(self._home), self._preferences.profile
        self._hold(chosen if chosen in {**PROFILES, **own} else None, own)
        self._choice.offer(own, self._searching.profile)

    def _choose(self, name: str | None) -> None:
        self._preferences.set("profile", name)
        self._hold(name, own_profiles(self._home))

    def _hold(self, name: str | None, own: dict[str, str]) -> None:
        self._searching.profile = name
        before, self._told = self._told, (name, {**PROFILES, **own}.get(name or "", ""))
        if self._told != before:
            self.changed.emit()


def own_profiles(home: Home) -> dict[str, str]:
    """The user's own, by name; none where the settings cannot be read, which the service tells of."""
    try:
        return SettingsFile(home.settings).load().profiles
    except FinderError:
        return {}
