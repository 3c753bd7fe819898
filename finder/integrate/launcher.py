"""The app's own entry among the programs of the desktop: launchers show it, and portals know the app by it."""

from __future__ import annotations

import resources
from finder.integrate import quoting
from finder.integrate.folders import UserFolders
from finder.integrate.owned import OwnFile, OwnFiles
from finder.integrate.program import Program
from finder.integrate.templates import filled, mark

APP_ID = "inkling"
"""What the app calls itself towards the desktop; its entry and its icon are named so."""


def launcher(folders: UserFolders) -> OwnFiles:
    entry = folders.data / "applications" / f"{APP_ID}.desktop"
    icon = folders.data / "icons" / "hicolor" / "scalable" / "apps" / f"{APP_ID}.svg"

    def made(program: Program) -> list[OwnFile]:
        picture = resources.path("icons/inkling.svg").read_text(encoding="utf-8")
        return [OwnFile(entry, entry_text(program)), OwnFile(icon, f"{picture.rstrip()}\n<!-- {mark(program)} -->\n")]

    return OwnFiles("launcher", "Inkling among the programs of the desktop", "desktop", folders, [entry, icon], made)


def entry_text(program: Program) -> str:
    """The desktop entry."""
    return filled(
        "inkling.desktop.in",
        program,
        APP_ID=APP_ID,
        COMMAND=quoting.desktop_entry(program.command()),
        SEARCH=quoting.desktop_entry(program.command("popup")),
        PROGRAM=quoting.desktop_string(program.path),
    )
