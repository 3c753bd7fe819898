"""KDE's Dolphin: a service menu.

A name that is not UTF-8 does not survive Qt: Dolphin then names a file that is not there, which the answer says.
"""

from __future__ import annotations

from finder.integrate import quoting
from finder.integrate.folders import UserFolders
from finder.integrate.owned import OwnFile, OwnFiles
from finder.integrate.program import Program
from finder.integrate.templates import filled


def dolphin(folders: UserFolders) -> OwnFiles:
    path = folders.data / "kio" / "servicemenus" / "inkling-similar.desktop"

    def made(program: Program) -> list[OwnFile]:
        text = filled("dolphin_service_menu.desktop.in", program, COMMAND=quoting.desktop_entry(program.similar))
        return [OwnFile(path, text, is_executable=True)]  # KDE runs no other

    return OwnFiles("dolphin", "KDE Dolphin", "file_manager", folders, [path], made, needs="dolphin")
