"""Where the user's programs look for what others add to them. Source: XDG Base Directory Specification 0.8."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class UserFolders:
    """The folders of one user, and where the programs of the computer lie."""

    home: Path
    config: Path
    data: Path
    system_config: tuple[Path, ...]
    """Defaults of the system, the most important first; they count where the user has nothing of that name."""
    program_path: str
    """`$PATH`."""
    libraries: tuple[Path, ...] = (Path("/usr/lib"), Path("/usr/lib64"), Path("/usr/local/lib"))
    """Where programs keep what extends them."""
    language: str = "en"
    """Of what is written where a program knows one language alone: en or zh."""

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Self:
        """As the environment `variables` say; a folder that is not absolute is none, says the specification."""
        home = Path(variables.get("HOME") or os.path.expanduser("~"))
        system = [Path(name) for name in (variables.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep) if name]
        return cls(
            home,
            _absolute(variables.get("XDG_CONFIG_HOME")) or home / ".config",
            _absolute(variables.get("XDG_DATA_HOME")) or home / ".local" / "share",
            tuple(path for path in system if path.is_absolute()),
            variables.get("PATH", os.defpath),
            language="zh" if _messages(variables).startswith("zh") else "en",
        )

    def clear(self, path: Path) -> None:
        """Remove a file, and the folders above it that are empty without it."""
        path.unlink()
        kept = {self.home, self.config, self.data}
        for folder in path.parents:
            if folder in kept or not any(folder.is_relative_to(base) for base in kept):
                return
            try:
                folder.rmdir()
            except OSError:  # not empty, or not this user's to remove
                return

    def has_program(self, name: str) -> bool:
        return shutil.which(name, path=self.program_path) is not None

    def has_library(self, pattern: str) -> bool:
        """True where a folder of libraries holds `pattern`, directly or in the folder of an architecture."""
        return any(next(base.glob(way), None) for base in self.libraries for way in (pattern, f"*/{pattern}"))


def _absolute(name: str | None) -> Path | None:
    return Path(name) if name and os.path.isabs(name) else None


def _messages(variables: Mapping[str, str]) -> str:
    """The locale of what programs say. Source: gettext's manual, "Locale Environment Variables"."""
    return next((found for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (found := variables.get(name))), "")
