"""What every target is: something that Inkling adds to another program or to the session, and takes away again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from finder.integrate.program import Program

State = Literal["on", "off", "outdated", "broken", "damaged"]
"""outdated: made by another version, or for another place of the program; broken: that program is gone; damaged: what
is there cannot be read, so that nothing is known of it."""
Kind = Literal["file_manager", "desktop", "autostart"]


@dataclass(frozen=True, slots=True)
class Status:
    """How it stands with one target."""

    state: State
    detail: str = ""
    """For a person: the program that is gone, what is damaged; what is missing in the file manager."""


class Target(Protocol):
    """One program, or one thing about the session."""

    @property
    def name(self) -> str:
        """As it is typed: `nautilus`."""

    @property
    def title(self) -> str:
        """As people know it."""

    @property
    def kind(self) -> Kind: ...

    @property
    def takes_effect(self) -> str:
        """When a change is seen, as a sentence; empty where that is at once."""

    @property
    def places(self) -> list[Path | str]:
        """The files, or registry keys, that it has or would have."""

    def is_there(self) -> bool:
        """True where the program that is added to is installed."""

    def status(self, program: Program | None) -> Status:
        """
        Args:
            program: what it should call; None where nothing is installed that could be called.
        Raises:
            OSError: what is there cannot be read.
        """

    def install(self, program: Program) -> None:
        """Add it, or bring it up to date; a second time changes nothing.

        Raises:
            FinderError: somebody else's file is in the way, or what is there is damaged; nothing was changed.
            OSError: the system refused.
        """

    def remove(self) -> None:
        """Take away what `install` added and nothing else; raises as it does."""


def status_of(target: Target, program: Program | None) -> Status:
    """How it stands with a target; what cannot be read is damaged, and does not keep the others from being told."""
    try:
        return target.status(program)
    except OSError as error:
        return Status("damaged", f"{error.filename}: {error.strerror}")
