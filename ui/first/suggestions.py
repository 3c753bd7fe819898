"""Folders in which people keep what they look for, those that are on this computer. Imports no Qt widgets.

To look for one may take for ever, where it lies on a server that is away: never in the window's own thread.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QStandardPaths

from finder.paths import path_to_uri

Kind = Literal["documents", "desktop", "mail", "downloads", "pictures", "other"]

_USUAL: dict[Kind, QStandardPaths.StandardLocation] = {
    "documents": QStandardPaths.StandardLocation.DocumentsLocation,
    "desktop": QStandardPaths.StandardLocation.DesktopLocation,
    "downloads": QStandardPaths.StandardLocation.DownloadLocation,
    "pictures": QStandardPaths.StandardLocation.PicturesLocation,
}
SUGGESTED: tuple[Kind, ...] = ("documents", "desktop", "mail", "downloads", "pictures")
"""The likeliest first."""
_CHOSEN: frozenset[Kind] = frozenset({"documents", "desktop", "mail", "other"})
_MAIL_PROGRAMS = (
    ".thunderbird/*",
    "snap/thunderbird/common/.thunderbird/*",
    ".var/app/org.mozilla.Thunderbird/.thunderbird/*",
    "Library/Thunderbird/Profiles/*",
    "AppData/Roaming/Thunderbird/Profiles/*",
)
"""Where Thunderbird has its profiles, below the user's own folder. In each, two folders hold letters and no more."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line that can be checked."""

    kind: Kind
    uris: tuple[str, ...]
    path: str
    """Of the first folder, for showing."""
    is_checked: bool


def suggestion(kind: Kind, home: Path) -> Suggestion | None:
    """What there is of a kind; never the home itself, as where a desktop knows no better."""
    if kind == "mail":
        found = _mail(home)
    else:
        folder = Path(QStandardPaths.writableLocation(_USUAL[kind]))
        found = [folder] if folder.is_dir() and folder.resolve() != home.resolve() else []
    return _suggestion(kind, found) if found else None


def other(uri: str, path: str) -> Suggestion:
    """A folder that somebody chose."""
    return Suggestion("other", (uri,), path, is_checked=True)


def _suggestion(kind: Kind, folders: list[Path]) -> Suggestion:
    uris = tuple(path_to_uri(os.fsencode(folder)) for folder in folders)
    return Suggestion(kind, uris, str(folders[0]), kind in _CHOSEN)


def _mail(home: Path) -> list[Path]:
    profiles = [profile for pattern in _MAIL_PROGRAMS for profile in sorted(home.glob(pattern))]
    return [profile / name for profile in profiles for name in ("Mail", "ImapMail") if (profile / name).is_dir()]
