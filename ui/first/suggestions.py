"""Folders in which people keep what they look for, those that are on this computer. Imports no Qt widgets."""

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
_ORDER: tuple[Kind, ...] = ("documents", "desktop", "mail", "downloads", "pictures")
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


def suggestions(home: Path) -> list[Suggestion]:
    """Those that are there, the likeliest first; none that is the home itself, as where a desktop knows no better."""
    found: dict[Kind, list[Path]] = {"mail": _mail(home)}
    for kind, location in _USUAL.items():
        folder = Path(QStandardPaths.writableLocation(location))
        if folder.is_dir() and folder.resolve() != home.resolve():
            found[kind] = [folder]
    return [_suggestion(kind, found[kind]) for kind in _ORDER if found.get(kind)]


def other(uri: str, path: str) -> Suggestion:
    """A folder that somebody chose."""
    return Suggestion("other", (uri,), path, is_checked=True)


def _suggestion(kind: Kind, folders: list[Path]) -> Suggestion:
    uris = tuple(path_to_uri(os.fsencode(folder)) for folder in folders)
    return Suggestion(kind, uris, str(folders[0]), kind in _CHOSEN)


def _mail(home: Path) -> list[Path]:
    profiles = [profile for pattern in _MAIL_PROGRAMS for profile in sorted(home.glob(pattern))]
    return [profile / name for profile in profiles for name in ("Mail", "ImapMail") if (profile / name).is_dir()]
