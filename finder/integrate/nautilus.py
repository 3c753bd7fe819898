"""GNOME Files (Nautilus), and MATE's Caja, which came of it: an extension where their Python binding is, else a script.

Both name files by URIs, so that any name arrives, in whatever bytes it is written.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from finder.integrate.folders import UserFolders
from finder.integrate.owned import OwnFile, OwnFiles
from finder.integrate.program import Program
from finder.integrate.templates import filled
from finder.integrate.words import FIND_SIMILAR, find_similar


@dataclass(frozen=True, slots=True)
class _FileManager:
    namespace: str
    """Of its introspected interface: `Nautilus`."""
    title: str
    scripts: Path

    @property
    def program(self) -> str:
        return self.namespace.lower()


def nautilus(folders: UserFolders) -> OwnFiles:
    return _target(folders, _FileManager("Nautilus", "GNOME Files (Nautilus)", folders.data / "nautilus" / "scripts"))


def caja(folders: UserFolders) -> OwnFiles:
    return _target(folders, _FileManager("Caja", "MATE Caja", folders.config / "caja" / "scripts"))


def _target(folders: UserFolders, manager: _FileManager) -> OwnFiles:
    extension = folders.data / f"{manager.program}-python" / "extensions" / "inkling_similar.py"
    script = manager.scripts / find_similar(folders)
    has_binding = folders.has_library(f"{manager.program}/extensions-*/lib{manager.program}-python.so")

    def made(program: Program) -> list[OwnFile]:
        if has_binding:
            return [OwnFile(extension, _extension(program, manager))]
        return [OwnFile(script, _script(program, manager), is_executable=True)]

    when = f"When {manager.title} is started again: {manager.program} -q"
    where = f"In its menu Scripts, since python3-{manager.program} is not installed."
    return OwnFiles(
        manager.program,
        manager.title,
        "file_manager",
        folders,
        [extension, *(manager.scripts / label for label in FIND_SIMILAR.values())],
        made,
        needs=manager.program,
        takes_effect=when if has_binding else where,
    )


def _extension(program: Program, manager: _FileManager) -> str:
    command = ascii(program.similar)
    return filled("file_manager_extension.py.in", program, FILE_MANAGER=manager.namespace, COMMAND=command)


def _script(program: Program, manager: _FileManager) -> str:
    variable = f"{manager.namespace.upper()}_SCRIPT_SELECTED_URIS"
    return filled("file_manager_script.sh.in", program, VARIABLE=variable, COMMAND=shlex.join(program.similar))
