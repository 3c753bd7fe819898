"""The Copies page: equal files, and versions of one text, in groups. It shows them, and deletes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QDir, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from finder.errors import FinderError
from ui.footer import Keys
from ui.link import Call
from ui.pages.files import FilesPage
from ui.results.plain import PlainModel, PlainRow, PlainView
from ui.results.row import Badge, folder_parts, kind_of
from ui.search.empty import Action, Emptiness, EmptyState
from ui.theme.look import look
from ui.theme.widgets import Button, Label, filled, rule
from ui.tools import Tools
from ui.words.phrases import Phrases
from ui.words.translator import in_own_language

if TYPE_CHECKING:
    from finder.search.likeness.related import DuplicateFile, DuplicateGroup, Duplicates
    from ui.results.files import Wish


class CopiesPage(FilesPage):
    """Files are compared when it is first shown, and when one asks for it: with many of them that takes a while."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._phrases = Phrases(self)
        self._call: Call | None = None
        self._found: Duplicates | None = None
        self.model = PlainModel(self)
        self.view = PlainView(self.model, self.tr("Groups of copies"))
        self.view.wished.connect(self.do)
        self._title, self._about = Label("", "title", is_wrapped=True), Label("", "body", "ink2", is_wrapped=True)
        self._again = Button(self.tr("Compare again"), "", "retry")
        self._again.clicked.connect(self._compare)
        self._empty, self._stack = EmptyState(), QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._groups())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(rule())
        layout.addWidget(self._stack, 1)

    def _groups(self) -> QWidget:
        pane = filled(QWidget(), QPalette.ColorRole.Base)
        words = QVBoxLayout()
        words.setSpacing(look.px(4))
        words.addWidget(self._title)
        words.addWidget(self._about)
        head = QHBoxLayout()
        head.setContentsMargins(look.px(18), look.px(14), look.px(16), look.px(12))
        head.setSpacing(look.px(16))
        head.addLayout(words, 1)
        head.addWidget(self._again, 0, Qt.AlignmentFlag.AlignVCenter)
        layout = QVBoxLayout(pane)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(rule())
        layout.addWidget(self.view, 1)
        return pane

    # --- the window's side

    @property
    def keys(self) -> Keys:
        return [
            ("↵", self.tr("Open")),
            ("Ctrl ↵", self.tr("Show in folder")),
            ("Ctrl D", self.tr("Similar")),
            ("Esc", self.tr("Back")),
        ]

    def enter(self) -> None:
        self.view.setFocus()
        self._say_compared()
        if self._found is None and self._call is None:
            self._compare()

    def wish(self, wish: Wish) -> None:
        self.view.wish(wish)

    # --- the answer

    def _compare(self) -> None:
        if self._call is not None:
            return
        self._again.setEnabled(False)
        self._show_progress({})
        self._call = self._tools.link.call(
            "duplicates", {"folders": []}, on_final=self._show, on_error=self._fail, on_progress=self._show_progress
        )

    def _show(self, answer: dict[str, Any]) -> None:
        self._call = None
        self._again.setEnabled(True)
        found = self._found = cast("Duplicates", answer)
        self.model.show([row for group in found["groups"] for row in self._rows(group)])
        self.view.setCurrentIndex(self.model.index(0, 0))
        if found["groups"]:
            self._say_sizes(found)
            self._stack.setCurrentIndex(1)
        else:
            text = self.tr("None of %Ln files has a copy, or another version of its text.", "", found["files"])
            if not found["files"]:
                text = self.tr("Add a folder, and its files can be found within seconds.")
            again = Action(self.tr("Compare again"), self._compare)
            self._show_reason(Emptiness("lens-current", self.tr("No copies"), text, [again]))
        if self.isVisible():
            self._say_compared()

    def _say_sizes(self, found: Duplicates) -> None:
        equal = sum(group["relation"] == "copy" for group in found["groups"])
        versions = len(found["groups"]) - equal
        parts = [self.tr("%Ln groups of equal files", "", equal)] if equal else []
        parts += [self.tr("%Ln groups of versions", "", versions)] if versions else []
        self._title.setText("  ·  ".join(parts))
        extra = self._phrases.size(found["copies_bytes"])
        taken = self.tr("Equal files take %1 beside one of each.").replace("%1", extra) if equal else ""
        kept = self.tr("Nothing is deleted here: show a file in its folder, and decide there.")
        self._about.setText(" ".join(part for part in (taken, kept) if part))

    def _say_compared(self) -> None:
        if self._found is None:
            return
        parts = [self.tr("%Ln files compared", "", self._found["files"])]
        if self._found["waiting"]:
            parts.append(self.tr("%Ln by their bytes alone so far", "", self._found["waiting"]))
        if self._found["changed"]:
            parts.append(self.tr("%Ln left out, changed just now", "", self._found["changed"]))
        self.said.emit("  ·  ".join([*parts, *(in_own_language(note) for note in self._found["notes"])]))

    def _show_progress(self, progress: dict[str, Any]) -> None:
        share = progress["done"] / progress["total"] if progress.get("total") else 0.0
        words = f"{int(share * 100)}%" if share else ""
        if self._found is None:
            self._show_reason(Emptiness("lens-indexing", self.tr("Comparing files"), words))
        else:
            self.said.emit(f"{self.tr('Comparing files')} {words}".strip())

    def _fail(self, error: FinderError) -> None:
        self._call = None
        self._again.setEnabled(True)
        self.said.emit(error.title)
        if self._found is None:
            text = " ".join(part for part in (error.detail, error.hint) if part)
            again = Action(self.tr("Try again"), self._compare, is_primary=True)
            self._show_reason(Emptiness("lens-attention", error.title, text, [again]))

    def _show_reason(self, reason: Emptiness) -> None:
        self._empty.show_reason(reason)
        self._stack.setCurrentIndex(0)

    # --- rows

    def _rows(self, group: DuplicateGroup) -> list[PlainRow]:
        newest = Badge("clock", self.tr("newest"))
        headings = [self._heading(group)] + [""] * (len(group["files"]) - 1)
        return [
            self._row(file, heading, newest if number == 0 else None)
            for number, (file, heading) in enumerate(zip(group["files"], headings, strict=True))
        ]

    def _heading(self, group: DuplicateGroup) -> str:
        count, size = group["file_count"], self._phrases.size(group["size_bytes"])
        if group["relation"] == "version":
            return f"{self.tr('%Ln versions of one text', '', count)}  ·  {size}"
        extra = self._phrases.size(group["freeable_bytes"])
        beside = self.tr("%1 beside one of them").replace("%1", extra)
        return f"{self.tr('%Ln equal files', '', count)}  ·  {size}, {beside}"

    def _row(self, file: DuplicateFile, heading: str, badge: Badge | None) -> PlainRow:
        folder = folder_parts(file["path"].removesuffix(file["name"]), QDir.homePath(), self._phrases)
        parts = [self._phrases.date(file["modified"]), self._phrases.size(file["size_bytes"])]
        if file["links"]:
            parts.append(self.tr("%Ln more names of the same file", "", len(file["links"])))
        if file["copies"]:
            parts.append(self._phrases.copies(len(file["copies"]) + 1))
        kind = kind_of(file["name"], file["type"])
        return PlainRow(file["uri"], file["name"], kind, folder, "  ·  ".join(parts), heading, badge)
