"""Windows' Explorer: a verb for every file, of the current user; on Windows 11 under "Show more options".

Explorer starts a verb's command once for each chosen file, so the entry is there for one file alone.
Source: "Creating Shortcut Menu Handlers", static verbs; `MultiSelectModel` in "Verb Selection Model".
"""

from __future__ import annotations

from finder.integrate import quoting
from finder.integrate.folders import UserFolders
from finder.integrate.program import Program
from finder.integrate.registry import Registry, RegistryTarget, Value
from finder.integrate.words import find_similar

_VERB = r"Software\Classes\*\shell\Inkling.Similar"


def explorer(folders: UserFolders, registry: Registry) -> RegistryTarget:
    def made(program: Program) -> list[Value]:
        return [
            Value(rf"{_VERB}\command", "", f'{quoting.windows(program.similar)} "%1"'),
            Value(_VERB, "", find_similar(folders)),
            Value(_VERB, "Icon", f'"{program.path}"'),
            Value(_VERB, "MultiSelectModel", "Single"),
        ]

    return RegistryTarget(
        "explorer", "Windows Explorer", "file_manager", registry, made, own_keys=(rf"{_VERB}\command", _VERB)
    )
