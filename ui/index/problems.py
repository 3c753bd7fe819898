"""The files of one standing by their reasons: what each is, how many, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from finder.config import SettingsFile
from finder.errors import FinderError
from finder.text import clean
from ui.asking import ask
from ui.errors import show_error
from ui.index.card import Card, note, row
from ui.index.tallies import Standing
from ui.index.wording import IndexWords, Problem, Remedy
from ui.theme.glyph import Glyph
from ui.theme.look import look
from ui.theme.widgets import Button, Elided, Label, as_plain, filled
from ui.words.phrases import Phrases
from ui.words.translator import in_own_language

if TYPE_CHECKING:
    from finder.service.protocol.indexing import FailedFile
    from finder.service.protocol.status import FileGroup, Status
    from finder.types import JsonObject
    from ui.tools import Tools

_COUNT_WIDTH, _VERB_WIDTH = 64, 128
_HEIGHT, _ROW, _ROWS = 150, 23, 14
"""Of the dialog without its list, of a row, and so many of these at once."""


class ProblemsCard(Card):
    """What the chosen share of the bar holds."""

    limits_wanted = Signal()
    """The remedy is a limit of the settings."""
    changed = Signal()
    """A remedy was set to work: the counts will follow."""

    def __init__(self, tools: Tools) -> None:
        self._again = Button(self.tr("Try all again"), "quiet", "retry")
        super().__init__("", self._again)
        self._tools = tools
        self._words, self._phrases = IndexWords(self), Phrases(self)
        self._shown: tuple[object, ...] = ()
        self._again.clicked.connect(lambda: self._retry(None))

    def show_standing(self, standing: Standing, count: int, status: Status) -> None:
        """Tell of the files that stand there."""
        groups = self._by_words({"failed": status["failures"], "left_out": status["name_only"]}.get(standing, []))
        if (standing, count, groups) == self._shown:
            return
        self._shown = (standing, count, groups)
        title = self._words.standing(standing)
        if standing == "failed":
            title = self.tr("%Ln files need a look", "", count) if count else self.tr("No file needs a look")
        self.set_title(title)
        self._again.setVisible(standing == "failed" and count > 0)
        rows = [self._row(group, standing) for group in groups]
        if count or standing != "failed":
            rows.append(note(self._words.standing_meaning(standing)))
        else:
            rows = [note(self.tr("Every file could be read."))]
        self.show_rows(rows)

    def _by_words(self, groups: list[FileGroup]) -> list[FileGroup]:
        """One group for all that is said in the same words: readers of two formats tell of damage in their own."""
        merged: dict[tuple[str, str], FileGroup] = {}
        for group in groups:
            key = group["code"], self._words.problem(group["code"], group["reason"]).text
            if (first := merged.get(key)) is not None:
                reason = f"{first['reason']}\n{group['reason']}"
                examples = [*first["examples"], *group["examples"]]
                group = {**first, "count": first["count"] + group["count"], "reason": reason, "examples": examples}
            merged[key] = group
        return sorted(merged.values(), key=lambda group: -group["count"])

    def _row(self, group: FileGroup, standing: Standing) -> QWidget:
        problem = self._words.problem(group["code"], group["reason"])
        words = Elided()
        words.say(clean(problem.text))
        reasons = map(in_own_language, group["reason"].split("\n"))
        words.setToolTip(as_plain("\n".join([*reasons, *group["examples"], in_own_language(group["tried_again"])])))
        count = Label(self._phrases.number(group["count"]), "body_strong")
        count.setFixedWidth(look.px(_COUNT_WIDTH))
        count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        remedy = self._remedy(problem)
        parts: list[QWidget | int] = [Glyph(problem.glyph, problem.token), words, 1, count]
        verbs = QWidget()
        verbs.setFixedWidth(look.px(_VERB_WIDTH))  # so that counts stand below each other
        line = QHBoxLayout(verbs)
        line.setContentsMargins(0, 0, 0, 0)
        line.addStretch(1)
        if remedy != "show" or standing == "failed":  # else there is nothing to be done, and they may be very many
            verb = Button(self._words.remedy(remedy), "link", name=f"{self._words.remedy(remedy)}: {problem.text}")
            verb.clicked.connect(lambda: self._do(remedy, group))
            line.addWidget(verb)
        return row(*parts, verbs)

    def _remedy(self, problem: Problem) -> Remedy:
        """What helps, unless it was done before and did not."""
        if problem.remedy in ("recognise", "archives"):
            settings = SettingsFile(self._tools.link.home.settings).load()
            if settings.recognises_text if problem.remedy == "recognise" else settings.reads_archives:
                return "show"
        return problem.remedy

    def _do(self, remedy: Remedy, group: FileGroup) -> None:
        if remedy == "retry":
            self._retry(group["code"])
        elif remedy == "limits":
            self.limits_wanted.emit()
        elif remedy == "show":
            FilesDialog(self._tools, group, self.window()).open()
        elif remedy == "recognise":
            self._ask(
                self.tr("Read scans and pictures?"),
                self.tr(
                    "Their text is recognised on this computer by the program tesseract, where it is installed. It "
                    "takes seconds for each page: some hours for a thousand scanned pages."
                ),
                "recognises_text",
            )
        else:
            self._ask(
                self.tr("Read what is in archives?"),
                self.tr(
                    "%Ln archives are unpacked and read. The index grows with what is in them.", "", group["count"]
                ),
                "reads_archives",
            )

    def _ask(self, question: str, cost: str, setting: str) -> None:
        ask(self, question, cost, self.tr("Read them"), lambda: self._set(setting))

    def _set(self, setting: str) -> None:
        self._tools.link.call(
            "change_setting", {"name": setting, "value": "true"}, on_final=self._has_changed, on_error=self._tell
        )

    def _retry(self, code: str | None) -> None:
        self._tools.link.call("reindex", {"code": code}, on_final=self._has_changed, on_error=self._tell)

    def _has_changed(self, result: JsonObject) -> None:
        self._shown = ()
        self.changed.emit()

    def _tell(self, error: FinderError) -> None:
        show_error(error, self)


class FilesDialog(QDialog):
    """The files that could not be read for one reason. Enter opens one; they are fetched page by page."""

    def __init__(self, tools: Tools, group: FileGroup, parent: QWidget) -> None:
        super().__init__(parent)
        self._tools, self._code = tools, group["code"]
        self.setWindowTitle(IndexWords(self).problem(group["code"], group["reason"]).text)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(look.px(640), look.px(_HEIGHT + _ROW * min(group["count"], _ROWS)))
        filled(self)
        self.list = QListWidget()
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setAccessibleName(self.windowTitle())
        self.list.itemActivated.connect(self._open)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(look.px(16), look.px(16), look.px(16), look.px(12))
        layout.setSpacing(look.px(8))
        again = in_own_language(group["tried_again"])
        layout.addWidget(Label(again[:1].upper() + again[1:], "body", "ink2", is_wrapped=True))
        layout.addWidget(self.list, 1)
        layout.addWidget(Label(self.tr("Enter shows a file in its folder."), "meta", "ink3"))
        self._fetch(0)

    def _fetch(self, after: int) -> None:
        self._tools.link.call("failed", {"after": after}, on_final=self._take)

    def _take(self, page: JsonObject) -> None:
        files: list[FailedFile] = page["files"]
        for file in files:
            if file["code"] == self._code:
                item = QListWidgetItem(clean(file["path"]))
                item.setData(Qt.ItemDataRole.UserRole, file["uri"])
                item.setToolTip(as_plain(in_own_language(file["reason"])))
                self.list.addItem(item)
        if page["following"] is not None:
            self._fetch(page["following"])

    def _open(self, item: QListWidgetItem) -> None:
        self._tools.opener.show_in_folder(item.data(Qt.ItemDataRole.UserRole))
