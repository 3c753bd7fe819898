"""Targets that are values in the Windows registry, below HKEY_CURRENT_USER. Not run on Windows yet.

What would be written is data; `winreg` is asked for on Windows alone.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from finder.integrate.program import Program
from finder.integrate.target import Kind, Status

_PROGRAM = re.compile(r'"([^"]+)"|(\S+)')


@dataclass(frozen=True, slots=True)
class Value:
    """One text in the registry."""

    key: str
    """Below HKEY_CURRENT_USER."""
    name: str
    """Empty for the key's default value."""
    text: str


class Registry(Protocol):
    """What is below HKEY_CURRENT_USER."""

    def get(self, key: str, name: str) -> str | None:
        """The text of a value; None where there is none."""

    def put(self, value: Value) -> None:
        """Write a value, and the keys that lead to it."""

    def drop(self, key: str, name: str) -> None:
        """Remove a value, if it is there."""

    def drop_empty(self, key: str) -> None:
        """Remove a key that holds neither values nor keys."""


@dataclass(frozen=True, slots=True)
class RegistryTarget:
    """A target that consists of such values."""

    name: str
    title: str
    kind: Kind
    registry: Registry
    made: Callable[[Program], Sequence[Value]]
    """The first of them holds the command."""
    own_keys: Sequence[str] = ()
    """Keys that nobody else uses, the deepest first."""
    takes_effect: str = ""

    @property
    def places(self) -> list[Path | str]:
        return [f"HKEY_CURRENT_USER\\{key}" for key in dict.fromkeys(value.key for value in self._values())]

    def is_there(self) -> bool:
        return True

    def status(self, program: Program | None) -> Status:
        command = self._values()[0]
        present = self.registry.get(command.key, command.name)
        if present is None:
            return Status("off")
        called = program_of(present)
        if not os.access(called, os.X_OK):
            return Status("broken", f"It calls {called}, which is gone.")
        wanted = self.made(program) if program is not None else []
        if any(self.registry.get(value.key, value.name) != value.text for value in wanted):
            return Status("outdated", "It was made by another version, or for another place.")
        return Status("on")

    def install(self, program: Program) -> None:
        for value in self.made(program):
            if self.registry.get(value.key, value.name) != value.text:
                self.registry.put(value)

    def remove(self) -> None:
        for value in self._values():
            self.registry.drop(value.key, value.name)
        for key in self.own_keys:
            self.registry.drop_empty(key)

    def _values(self) -> Sequence[Value]:
        """Which there would be, whatever the program is called."""
        return self.made(Program("inkling.exe"))


def program_of(command: str) -> str:
    """The program that a command of the registry calls."""
    found = _PROGRAM.match(command)
    return (found[1] or found[2]) if found else ""


class UserRegistry:
    """The registry of this user."""

    if sys.platform == "win32":

        def get(self, key: str, name: str) -> str | None:
            import winreg

            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
                    text, _ = winreg.QueryValueEx(opened, name)
            except FileNotFoundError:
                return None
            return str(text)

        def put(self, value: Value) -> None:
            import winreg

            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, value.key) as opened:
                winreg.SetValueEx(opened, value.name, 0, winreg.REG_SZ, value.text)

        def drop(self, key: str, name: str) -> None:
            import winreg

            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key, access=winreg.KEY_SET_VALUE) as opened:
                    winreg.DeleteValue(opened, name)
            except FileNotFoundError:
                return

        def drop_empty(self, key: str) -> None:
            import winreg

            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
                    keys, values, _ = winreg.QueryInfoKey(opened)
                if not keys and not values:
                    winreg.DeleteKey(winreg.HKEY_CURRENT_USER, key)
            except FileNotFoundError:
                return
