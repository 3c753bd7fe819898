"""The user's settings: typed, validated, written by the service alone.

`settings.toml` holds what a person chose (folders, rules, limits); everything else can be made again from it and
the disk.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import tomli_w

from finder.errors import EnvironmentFaultError, UsageFaultError
from finder.paths import path_to_uri, uri_to_path


@dataclass(frozen=True, slots=True)
class FolderSetting:
    """One folder that the user asked to have indexed."""

    uri: str
    """Exact and percent-encoded: a folder's name need not be UTF-8."""
    is_watched: bool = True
    """False after `index --once`: looked at again only when asked to."""

    @property
    def path(self) -> bytes:
        return uri_to_path(self.uri)

    @classmethod
    def of(cls, path: bytes, is_watched: bool = True) -> FolderSetting:
        return cls(path_to_uri(path), is_watched)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose. Every field has a default that suits most people."""

    folders: tuple[FolderSetting, ...] = ()
    exclude: tuple[str, ...] = ()
    """The user's own patterns, in gitignore syntax, after the default ones."""
    use_gitignore: bool = True
    """Leave out what `.gitignore` files say."""
    size_limit_bytes: int = 256 << 20
    """Larger files are findable by name alone."""
    model: str = "all-MiniLM-L6-v2"
    exact_search_limit: int = 50_000
    """Up to so many vectors the exact search answers alone; above it Chroma does, where nothing is filtered."""
    is_paused: bool = False
    """Indexing rests until the user resumes it, also after a restart."""
    embed_idle_minutes: float = 10.0
    """The embed worker leaves after so long without work."""

    def with_folder(self, folder: FolderSetting) -> Settings:
        """With `folder` added, or replaced where it was there."""
        kept = tuple(other for other in self.folders if other.uri != folder.uri)
        return replace(self, folders=(*kept, folder))

    def without_folder(self, uri: str) -> Settings:
        return replace(self, folders=tuple(other for other in self.folders if other.uri != uri))


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """`settings.toml` on disk."""

    path: Path
    _known: frozenset[str] = field(default_factory=lambda: frozenset(f.name for f in fields(Settings)), repr=False)

    def load(self) -> Settings:
        """The settings, or the defaults where there is no file yet.

        Raises:
            EnvironmentFaultError: not readable, not TOML, or a value of the wrong type.
        """
        try:
            raw = tomllib.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Settings()
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise self._fault(str(error)) from error
        try:
            return self._parsed(raw)
        except (TypeError, ValueError, UsageFaultError) as error:
            raise self._fault(str(error)) from error

    def save(self, settings: Settings) -> None:
        """Write whole or not at all (a temporary file, synced, moved into place)."""
        data: dict[str, Any] = {key: value for key, value in asdict(settings).items() if key != "folders"}
        data["exclude"] = list(settings.exclude)
        data["folders"] = [asdict(folder) for folder in settings.folders]
        temporary = self.path.with_suffix(".toml.new")
        with open(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            tomli_w.dump(data, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)

    def _parsed(self, raw: dict[str, Any]) -> Settings:
        values = {key: value for key, value in raw.items() if key in self._known}
        values["folders"] = tuple(_folder(table) for table in _list_of(dict, raw, "folders"))
        values["exclude"] = tuple(_list_of(str, raw, "exclude"))
        settings = Settings(**values)
        for item in fields(Settings):
            value, default = getattr(settings, item.name), getattr(Settings(), item.name)
            is_number = isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool)
            if not is_number and type(value) is not type(default):
                raise TypeError(f"{item.name} must be {type(default).__name__}, not {type(value).__name__}")
        return settings

    def _fault(self, detail: str) -> EnvironmentFaultError:
        return EnvironmentFaultError(
            "The settings cannot be read",
            detail,
            "Mend the file, or move it away to begin with the defaults.",
            str(self.path),
        )


def _list_of(kind: type, raw: dict[str, Any], key: str) -> list[Any]:
    value = raw.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, kind) for item in value):
        raise TypeError(f"{key} must be a list of {'texts' if kind is str else 'tables'}")
    return value


def _folder(table: dict[str, Any]) -> FolderSetting:
    folder = FolderSetting(**table)
    if not isinstance(folder.uri, str) or not isinstance(folder.is_watched, bool):
        raise TypeError("a folder has a text `uri` and a true or false `is_watched`")
    uri_to_path(folder.uri)
    return folder
