"""The user's own search profiles, as they stand in the settings."""

from __future__ import annotations

from finder.config import SettingsFile
from finder.errors import FinderError
from finder.paths import Home


def own_profiles(home: Home) -> list[str]:
    """Their names; none where the settings cannot be read, which the service tells of."""
    try:
        return sorted(SettingsFile(home.settings).load().profiles)
    except FinderError:
        return []
