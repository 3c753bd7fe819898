"""macOS' Finder: a Quick Action, which is a folder `.workflow` with two property lists. Not run on a Mac yet.

Source: Automator's own workflows of the kind `servicesMenu`; Apple's Services Implementation Guide for the keys.
"""

from __future__ import annotations

import shlex

from finder.integrate import quoting
from finder.integrate.folders import UserFolders
from finder.integrate.owned import OwnFile, OwnFiles
from finder.integrate.program import Program
from finder.integrate.templates import filled
from finder.integrate.words import find_similar


def finder_app(folders: UserFolders) -> OwnFiles:
    contents = folders.home / "Library" / "Services" / "Inkling Similar.workflow" / "Contents"
    info, document = contents / "Info.plist", contents / "document.wflow"

    def made(program: Program) -> list[OwnFile]:
        command = quoting.xml(f'exec {shlex.join(program.similar)} "$@"')
        label = quoting.xml(find_similar(folders))
        return [
            OwnFile(info, filled("quick_action_info.plist.in", program, LABEL=label)),
            OwnFile(document, filled("quick_action.wflow.in", program, COMMAND=command)),
        ]

    when = "In the menu Quick Actions; System Settings, Extensions, Finder can switch it off."
    return OwnFiles("finder", "macOS Finder", "file_manager", folders, [info, document], made, takes_effect=when)
