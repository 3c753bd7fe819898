"""What is left out of the index: one's own patterns, and what would become of a path, told while it is typed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QDir, Qt, QTimer
from PySide6.QtWidgets import QListWidget

from finder.errors import FinderError
from finder.paths import display, path_to_uri, uri_to_path
from finder.text import clean
from ui.asking import ask
from ui.settings.choices import Choices, Cost
from ui.settings.form import Form, beside, field, in_card
from ui.theme.glyph import Glyph
from ui.theme.look import look
from ui.theme.widgets import Button, Label
from ui.words.translator import in_own_language

if TYPE_CHECKING:
    from finder.types import JsonObject
    from ui.link import Call
    from ui.tools import Tools

_TYPING_MS = 150
_LIST_HEIGHT = 130
_RULE = Qt.ItemDataRole.UserRole


class LeftOut(Form):
    """Nothing is left out, or taken back, without a word on what follows."""

    def __init__(self, tools: Tools, choices: Choices) -> None:
        super().__init__()
        self._tools, self._choices = tools, choices
        self._foreseeing: Call | None = None
        self.patterns = QListWidget()
        self.pattern = field(self.tr("A pattern, as in a .gitignore file"), self.tr("*.bak, drafts/, or !*.pem"))
        usual = os.path.join(QDir.homePath(), self.tr("Documents", "a folder"), "…")
        self.path = field(self.tr("Would this path be indexed?"), usual)
        self.verdict = Label("", "body", "ink2", is_wrapped=True)
        self._mark = Glyph("search")
        self._add, self._remove = Button(self.tr("Leave out …")), Button(self.tr("Take back in …"))
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._build()
        self._connect()
        self._show()

    def _build(self) -> None:
        self.head(
            self.tr("Always left out"),
            self.tr(
                "Keys and passwords, caches, build outputs, installed packages, hidden folders, the profiles of "
                "browsers and messengers, and what belongs to the system. A pattern that begins with ! takes "
                "something back in."
            ),
        )
        self.line(
            self.tr("Leave out what .gitignore names"),
            self.tr("In folders that git keeps. A change has every folder looked at again."),
            self._choices.check("use_gitignore", self._cost_of_gitignore),
        )
        self.head(self.tr("Left out by you"))
        self.patterns.setFixedHeight(look.px(_LIST_HEIGHT))
        self.patterns.setAccessibleName(self.tr("Left out by you"))
        self.add(in_card(self.patterns))
        self.add(beside(self.pattern, self._add, self._remove))
        self.head(self.tr("Would this path be indexed?"))
        self.add(self.path)
        self.add(beside(self._mark, self.verdict, widest=1))
        self.end()

    def _connect(self) -> None:
        self._choices.changed.connect(self._show)
        self.pattern.textChanged.connect(self._typing.start)
        self.path.textChanged.connect(self._typing.start)
        self.pattern.textChanged.connect(self._enable)
        self.pattern.returnPressed.connect(self._ask_to_add)
        self.patterns.currentRowChanged.connect(self._enable)
        self._typing.timeout.connect(self._foresee)
        self._add.clicked.connect(self._ask_to_add)
        self._remove.clicked.connect(self._ask_to_remove)

    def _show(self) -> None:
        rules = list(self._choices.now.exclude)
        if rules != self._rules():
            self.patterns.clear()
            self.patterns.addItems([_shown(rule) for rule in rules])
            for number, rule in enumerate(rules):
                self.patterns.item(number).setData(_RULE, rule)
        self._enable()
        self._foresee()

    def _rules(self) -> list[str]:
        return [self.patterns.item(number).data(_RULE) for number in range(self.patterns.count())]

    def _enable(self) -> None:
        self._add.setEnabled(bool(self.pattern.text().strip()))
        self._remove.setEnabled(self.patterns.currentItem() is not None)

    def _cost_of_gitignore(self, is_on: bool) -> Cost:
        if is_on:
            erased = self.tr("What they name can be found no more, and is erased from the index.")
            return self.tr("Leave out what .gitignore files name?"), erased, self.tr("Leave out")
        read = self.tr("What they name is read and indexed: build outputs and packages may be among it.")
        return self.tr("Index what .gitignore files name?"), read, self.tr("Take back in")

    # --- what would be

    def _foresee(self) -> None:
        """Ask about the path that is typed, with the pattern that is typed as if it were there."""
        if self._foreseeing is not None:
            self._foreseeing.cancel()
        typed = os.path.expanduser(self.path.text().strip())
        pattern = self.pattern.text().strip()
        if not os.path.isabs(typed):
            self._say("search", self.tr("Type a path; it need not be there. The pattern above counts as if added."))
            return
        params = {"uri": path_to_uri(os.fsencode(typed)), "patterns": [pattern] if pattern else []}
        self._foreseeing = self._tools.link.call("would_index", params, self._tell_verdict, self._tell_fault)

    def _tell_verdict(self, found: Any) -> None:
        reason = in_own_language(found["reason"])
        if not found["is_indexed"]:
            rule = self.tr("Left out: %1").replace("%1", reason)
            if found["rule"] is not None:
                rule = self.tr("Left out by “%1”").replace("%1", clean(found["rule"]))
            self._say("close", rule)
        elif found["is_name_only"]:
            self._say("check", self.tr("Found by its name alone: %1").replace("%1", reason))
        else:
            self._say("check", self.tr("It would be indexed."))

    def _tell_fault(self, error: FinderError) -> None:
        self._say("warn", f"{error}. {error.hint}")

    def _say(self, glyph: str, words: str) -> None:
        self._mark.show_as(glyph, "ok" if glyph == "check" else "ink2")
        self.verdict.setText(words)

    # --- changing

    def _ask_to_add(self) -> None:
        pattern = self.pattern.text().strip()
        if not pattern:
            return
        if pattern.startswith("!"):
            self._change({"add": [pattern]})
            return
        ask(
            self.window(),
            self.tr("Leave out “%1”?").replace("%1", pattern),
            self.tr(
                "What it names can be found no more, and what was read of it is erased from the index. The files "
                "themselves are not touched. To have them back later, they are read again."
            ),
            self.tr("Leave out"),
            lambda: self._change({"add": [pattern]}),
        )

    def _ask_to_remove(self) -> None:
        item = self.patterns.currentItem()
        rule = item.data(_RULE)
        ask(
            self.window(),
            self.tr("Take “%1” back in?").replace("%1", item.text()),
            self.tr("What it names is read and indexed again."),
            self.tr("Take back in"),
            lambda: self._change({"remove": [rule]}),
        )

    def _change(self, params: JsonObject) -> None:
        self._tools.link.call("exclude", params, on_final=self._has_changed, on_error=self._choices.tell)

    def _has_changed(self, result: JsonObject) -> None:
        self.pattern.clear()
        self._choices.look_again()


def _shown(rule: str) -> str:
    """A pattern as it was typed; one file or folder by its path."""
    return clean(display(uri_to_path(rule)) if rule.startswith("file:///") else rule)
