"""The user's settings: typed, validated, written by the service alone.

`settings.toml` holds what a person chose (folders, rules, limits); everything else can be made again from it and
the disk.
"""

from __future__ import annotations

import ast
import inspect
import math
import os
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import tomli_w

from finder.crashpoints import crash_point
from finder.errors import EnvironmentFaultError, UsageFaultError
from finder.paths import path_to_uri, uri_to_path
from finder.profiles import with_profile


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


SERVER = "server"
"""The model that is called so is the one that the server of the settings computes."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """A server of one's own that computes embeddings: the table `[server]`. It is used where `model` is `server`."""

    urls: tuple[str, ...] = ()
    """Base addresses of an OpenAI-compatible interface, mostly ending in /v1; several share the load."""
    model: str = ""
    """What the server calls its model."""
    dimension: int = 0
    """To which its vectors are cut; 0 leaves them whole."""
    passage_prefix: str = ""
    """Before every passage; a known model's own where empty."""
    query_template: str = ""
    """Names `{query}`, and `{instruction}` where the model understands one; a known model's own where empty."""
    key_file: str = ""
    """Holds the server's key, for its owner alone to read; without it $INKLING_SERVER_KEY, where there is one."""
    allows_http: bool = False
    """Texts and key may travel unencrypted to another computer."""
    batch_tokens: int = 16_384
    """About so many in one request at most."""
    batch_texts: int = 32
    """As many in one request as servers take unasked (text-embeddings-inference's limit)."""
    requests_at_once: int = 2
    """To each address: one is computed while the next travels."""
    timeout_s: float = 60.0
    """For one request."""
    start_command: str = ""
    """Starts the server when there is work; no shell reads it."""
    stop_command: str = ""
    """Stops it, before what the start command left is ended; it may be called where nothing runs."""
    start_minutes: float = 10.0
    """A server that was started is up within this time."""
    idle_minutes: float = 10.0
    """A server that was started is stopped after so long without work."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose. Every field has a default that suits most people."""

    folders: tuple[FolderSetting, ...] = ()
    """The folders that are indexed."""
    exclude: tuple[str, ...] = ()
    """The user's own patterns, in gitignore syntax, after the default ones."""
    use_gitignore: bool = True
    """Leave out what `.gitignore` files say."""
    size_limit_bytes: int = 256 << 20
    """Larger files are findable by name alone."""
    reads_archives: bool = False
    """Read what is in archives (.zip, .tar, .gz and the like), not only their names."""
    recognises_text: bool = False
    """Read scanned PDFs and pictures with the program tesseract, where it is installed: seconds for each page."""
    model: str = "all-MiniLM-L6-v2"
    """The embedding model that finds by meaning."""
    exact_search_limit: int = 50_000
    """Up to so many vectors the exact search answers alone; above it Chroma does, where nothing is filtered."""
    is_paused: bool = False
    """Indexing rests until the user resumes it, also after a restart."""
    pauses_on_battery: bool = True
    """Indexing rests while the computer runs on battery."""
    pauses_on_low_disk: bool = True
    """Indexing rests while little room is left where the index lies."""
    remote_look_minutes: float = 15.0
    """Folders on network drives and mounted services, of which nothing is reported, are looked at so often."""
    embed_idle_minutes: float = 10.0
    """The embed worker leaves after so long without work."""
    profiles: dict[str, str] = field(default_factory=dict)
    """Instructions of one's own for `find --profile NAME`: what the model is told that a search is for."""
    gpu_memory_limit_bytes: int = 0
    """Of a graphics processor's memory, from the next start of the service on; 0 for at most half of what is free."""
    server: ServerSettings = ServerSettings()
    """A server of one's own that computes embeddings, used where the model is `server`."""

    def with_value(self, name: str, typed: str) -> Settings:
        """With one setting changed to what a person typed.

        Raises:
            UsageFaultError: no setting is called so, it is changed in another way, or that is no value for it.
        """
        if (profile := profile_named(name)) is not None:
            return replace(self, profiles=with_profile(self.profiles, profile, typed))
        default = next((item.default for item in fields(self) if item.name == name), None)
        if default is None:
            known = ", ".join(item.name for item in fields(self))
            raise UsageFaultError("There is no such setting", name[:40], f"There are: {known}")
        if way := changed_by(name):
            raise UsageFaultError("This setting is changed in another way", name, f"Use: {way}")
        try:
            value = _value(type(default), typed.strip().lower())
        except ValueError as error:
            raise UsageFaultError("The value does not fit", f"{name}: {typed[:40]!r}", str(error)) from None
        changed: dict[str, Any] = {name: value}
        return replace(self, **changed)

    def value(self, name: str) -> Any:
        """What is chosen; of a profile (`profiles.NAME`) its instruction, empty where there is none."""
        profile = profile_named(name)
        return getattr(self, name) if profile is None else self.profiles.get(profile, "")

    def with_folder(self, folder: FolderSetting) -> Settings:
        """With `folder` added, or replaced where it was there."""
        kept = tuple(other for other in self.folders if other.uri != folder.uri)
        return replace(self, folders=(*kept, folder))

    def with_rules(self, add: Sequence[str], remove: Sequence[str]) -> Settings:
        """With rules taken out of `exclude` and others put behind all that stay."""
        kept = tuple(rule for rule in self.exclude if rule not in (*add, *remove))
        return replace(self, exclude=(*kept, *add))

    def without_folder(self, uri: str) -> Settings:
        return replace(self, folders=tuple(other for other in self.folders if other.uri != uri))


_CHANGED_BY = {
    "folders": "inkling index DIR, inkling forget DIR",
    "exclude": "inkling exclude PATTERN",
    "model": "inkling model use NAME",
    "server": "inkling model use server, and settings.toml while the service is stopped",
    "is_paused": "inkling pause, inkling resume",
    "profiles": 'inkling settings profiles.NAME INSTRUCTION; with "" it is removed',
}
_PROFILE = "profiles."
_WORDS = {**dict.fromkeys(("true", "yes", "on"), True), **dict.fromkeys(("false", "no", "off"), False)}
_MOST = 1 << 40


def profile_named(name: str) -> str | None:
    """The profile of which a setting is one: `code` of `profiles.code`; None where it is another setting."""
    return name.removeprefix(_PROFILE).strip() if name.startswith(_PROFILE) else None


def changed_by(name: str) -> str:
    """The command for a setting that is not changed by its name and value; empty for one that is."""
    return _CHANGED_BY.get(name, "")


def meanings() -> dict[str, str]:
    """What each setting means: the words that stand under its field, in one line each."""
    (chosen,) = ast.parse(inspect.getsource(Settings)).body
    assert isinstance(chosen, ast.ClassDef)
    found = {}
    for item, below in zip(chosen.body, chosen.body[1:], strict=False):
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and isinstance(below, ast.Expr):
            found[item.target.id] = " ".join(str(ast.literal_eval(below.value)).split())
    return found


def _value(kind: type, typed: str) -> bool | int | float:
    """
    Raises:
        ValueError: not one of this kind; its words say what is.
    """
    if kind is bool:
        if typed not in _WORDS:
            raise ValueError("Use true or false.")
        return _WORDS[typed]
    try:
        number: float = int(typed) if kind is int else float(typed)
    except ValueError:
        number = math.nan
    if not (0 <= number <= _MOST if kind is int else 0 < number <= _MOST):
        raise ValueError(f"Use a whole number from 0 to {_MOST}." if kind is int else "Use a number above 0.")
    return number


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
        temporary = self._unfinished
        with open(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            tomli_w.dump(data, file)
            file.flush()
            os.fsync(file.fileno())
        crash_point("settings.before_replace")
        os.replace(temporary, self.path)
        crash_point("settings.replaced")

    def remove_unfinished(self) -> None:
        """Remove what a kill left of a save: it may name what was forgotten since. For the service alone."""
        self._unfinished.unlink(missing_ok=True)

    @property
    def _unfinished(self) -> Path:
        return self.path.with_suffix(".toml.new")

    def _parsed(self, raw: dict[str, Any]) -> Settings:
        values = {key: value for key, value in raw.items() if key in self._known}
        values["folders"] = tuple(_folder(table) for table in _list_of(dict, raw, "folders"))
        values["exclude"] = tuple(_list_of(str, raw, "exclude"))
        values["server"] = server_of(raw.get("server", {}))
        values["profiles"] = _profiles(raw.get("profiles", {}))
        settings = Settings(**values)
        _check_types(settings, Settings())
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


def _profiles(table: Any) -> dict[str, str]:
    if not isinstance(table, dict) or not all(isinstance(text, str) and text.strip() for text in table.values()):
        raise TypeError("profiles must be a table of texts")
    return table


def server_of(table: dict[str, Any]) -> ServerSettings:
    """The settings of a server out of a table of TOML or JSON.

    Raises:
        TypeError, ValueError: a name that is not known, or a value that does not fit.
    """
    server = ServerSettings(**{**table, "urls": tuple(_list_of(str, table, "urls"))})
    _check_types(server, ServerSettings())
    for name in ("batch_tokens", "batch_texts", "requests_at_once", "timeout_s", "start_minutes", "idle_minutes"):
        if not 0 < getattr(server, name) < math.inf:
            raise ValueError(f"server.{name} must be above 0")
    if server.dimension < 0:
        raise ValueError("server.dimension must be 0 or above")
    if server.query_template and "{query}" not in server.query_template:
        raise ValueError("server.query_template must name {query}")
    return server


def _check_types(found: Settings | ServerSettings, defaults: Settings | ServerSettings) -> None:
    """
    Raises:
        TypeError: a value is of another kind than its default.
    """
    for item in fields(found):
        value, default = getattr(found, item.name), getattr(defaults, item.name)
        is_number = isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool)
        if not is_number and type(value) is not type(default):
            raise TypeError(f"{item.name} must be {type(default).__name__}, not {type(value).__name__}")


def _folder(table: dict[str, Any]) -> FolderSetting:
    folder = FolderSetting(**table)
    if not isinstance(folder.uri, str) or not isinstance(folder.is_watched, bool):
        raise TypeError("a folder has a text `uri` and a true or false `is_watched`")
    uri_to_path(folder.uri)
    return folder
