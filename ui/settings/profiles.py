"""Search profiles: those that come with the program and one's own, made, changed and removed here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from finder.profiles import INSTRUCTION_CHARS, NAME_CHARS, PROFILES
from ui.index.card import Card
from ui.settings.choices import Choices
from ui.settings.form import Form, beside, field
from ui.theme.glyph import Glyph
from ui.theme.look import look
from ui.theme.widgets import Button, Label

if TYPE_CHECKING:
    from finder.types import JsonObject
    from ui.tools import Tools

_FIELDS = 90
"""The width of what stands before a field, in pixels of the design."""


class ProfilesSection(Form):
    """What is removed goes back into the fields: a second click has it again."""

    def __init__(self, tools: Tools, choices: Choices) -> None:
        super().__init__()
        self._tools, self._choices = tools, choices
        self.card = Card(self.tr("Profiles"))
        self.name = field(self.tr("Name"), self.tr("Tax and law"))
        self.instruction = field(
            self.tr("What the search is for"), self.tr("Given a legal case, retrieve passages that decide it")
        )
        self.fault = Label("", "body", "warn", is_wrapped=True)
        self.save = Button("", "primary")
        self._unheard = Label("", "body", "warn", is_wrapped=True)
        self._warning = beside(Glyph("warn", "warn"), self._unheard, widest=1)
        self._build()
        self.name.textChanged.connect(self._check)
        self.instruction.textChanged.connect(self._check)
        for typed in (self.name, self.instruction):
            typed.returnPressed.connect(self._save)
        self.save.clicked.connect(self._save)
        choices.changed.connect(self._look_again)
        self._look_again()

    def _build(self) -> None:
        self.head(
            self.tr("Search profiles"),
            self.tr(
                "A profile tells the model in one sentence what a search is for. It is chosen beside the search box, "
                "or with --profile in a terminal."
            ),
        )
        self._warning.hide()
        self.add(self._warning)
        self.add(self.card)
        self.head(
            self.tr("A profile of your own"),
            self.tr("Models understand it best in English: what is given, and what is to be found."),
        )
        self.name.setMaxLength(NAME_CHARS)
        self.instruction.setMaxLength(INSTRUCTION_CHARS)
        for words, typed in ((self.tr("Name"), self.name), (self.tr("Sentence"), self.instruction)):
            label = Label(words, "body_strong")
            label.setFixedWidth(look.px(_FIELDS))
            self.add(beside(label, typed, widest=1))
        self.add(beside(self.fault, self.save))
        self.end()

    # --- what there is

    def _look_again(self) -> None:
        self._tools.link.call("models", on_final=self._warn)
        own = self._choices.now.profiles
        rows = [self._row(self.tr("Everyday"), self.tr("As the model is used to searching."))]
        if "code" not in own:
            rows.append(self._row(self.tr("For code"), PROFILES["code"]))
        self.card.show_rows([*rows, *(self._own_row(name, own[name]) for name in sorted(own))])
        self._check()

    def _warn(self, models: Any) -> None:
        """Say plainly where the model that answers listens to no profile."""
        words = self.tr("%1 answers now, and knows no instructions: with it every profile finds the same.")
        self._unheard.setText(words.replace("%1", models["serving"]))
        self._warning.setVisible(not models["takes_instructions"])

    def _row(self, name: str, told: str, *buttons: QWidget) -> QWidget:
        made = QWidget()
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(name, "body_strong"))
        words.addWidget(Label(told, "meta", "ink2", is_wrapped=True))
        line = QHBoxLayout(made)
        line.setContentsMargins(look.px(16), look.px(7), look.px(8), look.px(7))
        line.setSpacing(look.px(8))
        line.addLayout(words, 1)
        for button in buttons or (Label(self.tr("comes with Inkling"), "meta", "ink3"),):
            line.addWidget(button)
        return made

    def _own_row(self, name: str, told: str) -> QWidget:
        change = Button(self.tr("Change"), name=self.tr("Change: %1").replace("%1", name))
        change.clicked.connect(partial(self._take_in_hand, name, told))
        remove = Button("", "icon", "trash", self.tr("Remove: %1").replace("%1", name))
        remove.clicked.connect(partial(self._remove, name, told))
        return self._row(name, told, change, remove)

    def _take_in_hand(self, name: str, told: str, *_: object) -> None:
        self.name.setText(name)
        self.instruction.setText(told)
        self.instruction.setFocus()

    # --- changing

    @property
    def _typed(self) -> tuple[str, str]:
        return self.name.text().strip(), " ".join(self.instruction.text().split())

    def _check(self) -> None:
        """Say what does not fit while it is typed."""
        (name, told), own = self._typed, self._choices.now.profiles
        fault = self._fault(name, told)
        self.fault.setText(fault)
        self.save.setText(self.tr("Change it") if name in own else self.tr("Add profile"))
        self.save.setEnabled(bool(name and told) and not fault and own.get(name) != told)

    def _fault(self, name: str, told: str) -> str:
        if name in PROFILES and name not in self._choices.now.profiles:
            return self.tr("“%1” comes with Inkling: another name is needed.").replace("%1", name)
        if not (name + told).isprintable():
            return self.tr("There is a character in it that cannot be seen.")
        return ""

    def _save(self) -> None:
        if self.save.isEnabled():
            self._change(*self._typed, left=("", ""))

    def _remove(self, name: str, told: str, *_: object) -> None:
        self._change(name, "", left=(name, told))

    def _change(self, name: str, told: str, left: tuple[str, str]) -> None:
        """
        Args:
            left: what stands in the fields afterwards.
        """
        params = {"name": f"profiles.{name}", "value": told}
        done = partial(self._has_changed, left)
        self._tools.link.call("change_setting", params, on_final=done, on_error=self._choices.tell)

    def _has_changed(self, left: tuple[str, str], result: JsonObject) -> None:
        self.name.setText(left[0])
        self.instruction.setText(left[1])
        self._choices.look_again()
