"""Files like others, in the place of a search's results: asks for them, and says what is found in three parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from finder.errors import FinderError
from finder.paths import display, uri_to_path
from finder.types import JsonObject
from ui.link import Call, Link
from ui.search.empty import Action, Emptiness
from ui.words.translator import in_own_language

if TYPE_CHECKING:
    from finder.search.found import FoundFile

_LIMIT = 50
"""Files of each part."""


class SimilarFiles(QObject):
    """Shown from `ask` until `leave`."""

    begun = Signal(str)
    """What is compared with, in words."""
    answered = Signal(dict)
    """`Similar`, as in finder.search.likeness.related."""
    failed = Signal(object)
    """A FinderError."""

    def __init__(self, link: Link, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._call: Call | None = None
        self._params: JsonObject | None = None

    @property
    def is_shown(self) -> bool:
        return self._params is not None

    def ask(self, uris: list[str], text: str | None = None) -> None:
        """Find what is like all of these files, or like a text."""
        self._params = {"uris": uris, "text": text, "limit": _LIMIT}
        self.ask_again()

    def ask_again(self) -> None:
        """Ask for the same once more."""
        self._end()
        if self._params is not None:
            self._call = self._link.call("similar", self._params, on_final=self._finish, on_error=self._fail)
            self.begun.emit(self._words(self._params["uris"]))

    def leave(self) -> None:
        """Something else is shown."""
        self._end()
        self._params = None

    def parts(self, found: dict[str, Any]) -> list[tuple[str, list[FoundFile]]]:
        """What was found under its headings, the closest first; without the parts that are empty."""
        parts = [
            (self.tr("Copies and versions"), found["copies"]),
            (self.tr("The same kind"), found["kind"]),
            (self.tr("The same subject"), found["subject"]),
        ]
        return [(title, files) for title, files in parts if files]

    def summary(self, found: dict[str, Any]) -> str:
        """One line for the footer."""
        count = sum(len(files) for _, files in self.parts(found))
        return " · ".join([self.tr("%Ln files", "", count), *(in_own_language(note) for note in found["notes"])])

    def nothing(self, found: dict[str, Any], action: Action) -> Emptiness:
        """Said where no file is like it."""
        notes = " ".join(in_own_language(note) for note in found["notes"])
        text = notes or self.tr("No indexed file shares its text, its form or its subject.")
        return Emptiness("lens-none", self.tr("Nothing is like it"), text, [action])

    def _words(self, uris: list[str]) -> str:
        if not uris:
            return self.tr("Similar to a text")
        if len(uris) > 1:
            return self.tr("Similar to %Ln files", "", len(uris))
        name = display(uri_to_path(uris[0]).rstrip(b"/").rpartition(b"/")[2])
        return self.tr("Similar to %1").replace("%1", name)

    def _finish(self, found: JsonObject) -> None:
        self._call = None
        self.answered.emit(found)

    def _fail(self, error: FinderError) -> None:
        self._call = None
        self.failed.emit(error)

    def _end(self) -> None:
        if self._call is not None:
            self._call.cancel()
            self._call = None
