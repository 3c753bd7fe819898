"""Which files the rules leave out by now, asked file by file. For whoever still holds what a scan has yet to remove."""

from __future__ import annotations

from collections.abc import Sequence

from finder.files.rules import FolderRules, Rules, has_on_disk
from finder.paths import is_inside


class LeftOut:
    """The rules of one moment over some chosen folders; each folder is judged once. For one thread."""

    def __init__(self, rules: Rules, roots: Sequence[bytes]) -> None:
        self._rules = rules
        self._roots = roots
        self._known: dict[bytes, FolderRules | None] = {}

    def holds(self, folder: bytes, name: bytes, size_bytes: int) -> bool:
        """True where the file `name` in `folder` is left out, or the folder lies in none that was chosen."""
        if folder not in self._known:
            self._known[folder] = self._judged(folder)
        here = self._known[folder]
        return here is None or not (here.verdict.is_included and here.file(name, size_bytes).is_included)

    def _judged(self, folder: bytes) -> FolderRules | None:
        holding = [root for root in self._roots if is_inside(folder, root)]
        if not holding:
            return None
        here = self._rules.folder(max(holding, key=len), folder)
        return here.opened(has_on_disk(folder)) if here.verdict.is_included else here
