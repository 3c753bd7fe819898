"""`settings`: what the user chose, each with what it means, and changed one at a time."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from finder.cli.screen import count, nearest, print_json, printable, say
from finder.config import ServerSettings, Settings, SettingsFile, changed_by, meanings, profile_named
from finder.errors import UsageFaultError
from finder.paths import Home
from finder.profiles import instruction_of
from finder.service.client import connect
from finder.workers.tesseract import HOW_TO_INSTALL, Tesseract


def show(home: Home, name: str | None, as_json: bool) -> int:
    """Name every setting, or one, with its value and its meaning.

    Raises:
        UsageFaultError: no setting is called so.
        EnvironmentFaultError: the settings cannot be read.
    """
    settings, meaning = SettingsFile(home.settings).load(), meanings()
    names = [item.name for item in fields(Settings)]
    if name is not None and (profile := profile_named(name)) is not None:
        return _show_profile(settings, name, profile, as_json)
    if name is not None:
        _check_name(name)
    shown = [_described(settings, known, meaning[known]) for known in names if name in (None, known)]
    if as_json:
        print_json(shown if name is None else shown[0])
    else:
        print("\n".join(_lines(setting) for setting in shown))
        if name is None:
            print("To change one: inkling settings NAME VALUE")
    return 0


def _show_profile(settings: Settings, name: str, profile: str, as_json: bool) -> int:
    """Show one's own instruction, or that of a profile that comes with the program.

    Raises:
        UsageFaultError: there is no such profile.
    """
    told = instruction_of(profile, settings.profiles)
    if as_json:
        print_json({"name": name, "value": told, "is_default": profile not in settings.profiles})
    else:
        print(f"{printable(name)} = {printable(told)}")
    return 0


def change(home: Home, name: str, value: str, as_json: bool) -> int:
    """Have the service change one setting; what depends on it follows behind.

    Raises:
        UsageFaultError: no such setting, it is changed in another way, or no value for it; nothing was changed.
    """
    if profile_named(name) is None:
        _check_name(name)
    with connect(home) as client:
        changed = client.call("change_setting", {"name": name, "value": value})
    is_missing = name == "recognises_text" and changed["value"] and Tesseract().installed() is None
    if as_json:
        print_json(changed)
    else:
        now = f"{printable(name)} = {_shown(changed['value'])}"
        print(now if changed["value"] != "" else f"{printable(name)} is gone")
    if is_missing:
        say(f"Nothing can be recognised yet: tesseract is not installed, or does not run.\n  {HOW_TO_INSTALL}")
    return 0


def _check_name(name: str) -> None:
    """
    Raises:
        UsageFaultError: no setting is called so.
    """
    names = [item.name for item in fields(Settings)]
    if name not in names:
        near = nearest(name, names)
        hint = f"Did you mean: {near}" if near else f"There are: {', '.join(names)}"
        raise UsageFaultError("There is no such setting", name[:40], hint)


def _described(settings: Settings, name: str, meaning: str) -> dict[str, Any]:
    value, default = getattr(settings, name), getattr(Settings(), name)
    is_plain = isinstance(value, bool | int | float | str | dict)
    return {
        "name": name,
        "value": value if is_plain else _shown(value),
        "is_default": value == default,
        "meaning": meaning,
        "changed_by": changed_by(name) or f"inkling settings {name} VALUE",
    }


def _lines(setting: dict[str, Any]) -> str:
    way = changed_by(setting["name"])
    own = "" if setting["is_default"] else "   (yours)"
    hint = f"\n    To change it: {way}" if way else ""
    return f"{setting['name']} = {_shown(setting['value'])}{own}\n    {setting['meaning']}{hint}"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return printable(", ".join(sorted(value)) or "none")
    if isinstance(value, tuple):
        return count(len(value), "entry", "entries")
    if isinstance(value, ServerSettings):
        return printable(", ".join(value.urls) or "none")
    return printable(str(value))
