"""A filter in words. English comes from the service as it understood it; another language puts it together by field."""

from __future__ import annotations

from typing import Any, cast, get_args

from PySide6.QtCore import QLocale, QObject

from finder.text import clean
from finder.types import FileType
from ui.words.phrases import Phrases


class ChipWords(QObject):
    """What stands on a chip."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._phrases = Phrases(self)

    def text(self, chip: dict[str, Any]) -> str:
        """A chip's words, in the interface's language."""
        shape = self._shape(str(chip.get("field", "")))
        is_english = QLocale().language() == QLocale.Language.English
        if (is_english and chip.get("field") != "type") or shape is None:
            return clean(str(chip.get("text", "")))
        words = self._value(chip) if is_english else shape.replace("%1", self._value(chip))  # as the kinds beside it
        return self.tr("not: %1").replace("%1", words) if chip.get("is_negated") else words

    def _value(self, chip: dict[str, Any]) -> str:
        value = clean(str(chip.get("value", "")))
        if chip.get("field") != "type":
            return value
        kinds = [cast("FileType", part) for part in value.split(",") if part in get_args(FileType)]
        return self.tr(", ", "between parts of a sentence").join(self._phrases.kind(kind) for kind in kinds) or value

    def _shape(self, field: str) -> str | None:
        return {
            "ext": self.tr("ends in .%1"),
            "type": self.tr("kind: %1"),
            "in": self.tr("in %1"),
            "name": self.tr("name has %1"),
            "before": self.tr("before %1"),
            "after": self.tr("after %1"),
            "modified": self.tr("changed %1"),
            "size": self.tr("size %1"),
            "lang": self.tr("language %1"),
        }.get(field)
