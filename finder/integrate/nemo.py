"""Cinnamon's Nemo: an action. It gets URIs, since quotes in a name would end Nemo's own quotes around a path."""

from __future__ import annotations

from finder.integrate import quoting
from finder.integrate.folders import UserFolders
from finder.integrate.owned import OwnFile, OwnFiles
from finder.integrate.program import Program
from finder.integrate.templates import filled


def nemo(folders: UserFolders) -> OwnFiles:
    path = folders.data / "nemo" / "actions" / "inkling-similar.nemo_action"

    def made(program: Program) -> list[OwnFile]:
        command = quoting.desktop_entry(program.similar)
        path_of_program = quoting.desktop_string(program.path)
        return [OwnFile(path, filled("nemo_action.in", program, COMMAND=command, PROGRAM=path_of_program))]

    return OwnFiles("nemo", "Cinnamon Files (Nemo)", "file_manager", folders, [path], made, needs="nemo")
