"""What the footer says of an answer: how many files, found how, how fast, and what one should know of it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QLocale, QObject

from finder.types import FileType
from ui.words.translator import in_own_language


class Summary(QObject):
    """One line."""

    def text(self, found: dict[str, Any], is_final: bool, kind: FileType | None = None) -> str:
        """`24 files · 3 weaker · by meaning and words · 0.08 s`, and the first of the service's notes.

        Args:
            kind: that was chosen; one that was typed is seen in the answer.
        """
        seconds = QLocale().toString(found["elapsed_ms"] / 1000, "f", 2)
        parts = [self.count(found, kind), self._how(found, is_final), self.tr("%1 s", "seconds").replace("%1", seconds)]
        parts += [in_own_language(note) for note in found.get("notes") or ()]
        return " · ".join(part for part in parts if part)

    def brief(self, found: dict[str, Any]) -> str:
        """Where there is little room: how many files, and the service's notes."""
        return " · ".join([self.count(found), *(in_own_language(note) for note in found.get("notes") or ())])

    def count(self, found: dict[str, Any], kind: FileType | None = None) -> str:
        """How many files were found, as the kinds count them; weaker matches are counted apart."""
        weaker = sum(file["strength"] == "weak" for file in found["results"])
        files = self.tr("%Ln files", "", _fitting(found, len(found["results"]) - weaker, kind))
        return f"{files} · {self.tr('%Ln weaker', '', weaker)}" if weaker else files

    def _how(self, found: dict[str, Any], is_final: bool) -> str:
        why = {reason for file in found["results"] for reason in file["why"]}
        if not why:
            return ""
        if not is_final:
            return self.tr("by words, meaning follows")
        if "meaning" not in why:
            return self.tr("by words") if "words" in why else self.tr("by name")
        return self.tr("by meaning and words") if "words" in why else self.tr("by meaning")


def _fitting(found: dict[str, Any], rows: int, kind: FileType | None) -> int:
    """How many files fit where so many rows show it: copies share a row, and there may be more than were asked for."""
    types = [chip for chip in found.get("understood") or () if chip["field"] == "type"]
    if not rows or any(chip["is_negated"] for chip in types):
        return rows  # kinds are counted as if no type had been typed
    wanted: str | None = kind or next((chip["value"] for chip in types), None)
    kinds: dict[str, int] = found.get("kinds") or {}
    return max(rows, kinds.get(wanted, 0) if wanted else sum(kinds.values()))
