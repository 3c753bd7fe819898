"""What every page of the window is given: the way to the service, to the desktop, and what is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui.link import Link
    from ui.opening import Opener
    from ui.preferences import Preferences


@dataclass(frozen=True, slots=True)
class Tools:
    """Handed to a page when it is made."""

    link: Link
    opener: Opener
    preferences: Preferences
