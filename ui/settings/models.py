"""The models: which there are, which one finds by meaning, and getting, using and removing one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from ui.asking import ask
from ui.index.card import Card, note, row
from ui.settings.choices import Choices
from ui.settings.download import download_of
from ui.settings.form import Form
from ui.theme.glyph import Glyph
from ui.theme.look import look
from ui.theme.widgets import Button, Elided, Label
from ui.words.phrases import Phrases
from ui.words.translator import in_own_language

if TYPE_CHECKING:
    from finder.service.protocol.models import ModelCost, ModelInfo, Models
    from finder.types import JsonObject
    from ui.tools import Tools

_STEPS = 1_000
_SLOW_QUERY_S = 0.5
_ROW_HEIGHT = 52


class ModelsSection(Form):
    """A change of model is asked about with what it takes; the present one answers meanwhile."""

    def __init__(self, tools: Tools, choices: Choices) -> None:
        super().__init__()
        self._tools, self._choices = tools, choices
        self._phrases = Phrases(self)
        self._models: Models | None = None
        self._download = download_of(tools.link)
        self._bar = QProgressBar()
        self._bar.setRange(0, _STEPS)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(look.px(8))
        self._coming, self._cancel = Label("", "body", "ink2", is_wrapped=True), Button(self.tr("Cancel"))
        self.head(
            self.tr("The model that finds by meaning"),
            self.tr("It computes on this computer. Nothing is downloaded before you agree to it."),
        )
        self.card = Card(self.tr("Models"))
        self.add(self.card)
        self.add(self._coming)
        self.add(self._bar)
        self.add(self._cancel)
        self.end()
        self._cancel.clicked.connect(self._download.cancel)
        self._download.changed.connect(self._show_download)
        self._download.ended.connect(self._ask_to_use)
        self._download.failed.connect(choices.tell)
        choices.changed.connect(self.look_again)
        self._show_download()
        self.look_again()

    def look_again(self) -> None:
        """Ask the service which there are."""
        self._tools.link.call("models", on_final=self._take)

    def _take(self, models: Any) -> None:
        self._models = models
        rows = [self._row(model) for model in models["models"]]
        if all(not model["is_chosen"] for model in models["models"]):
            rows.append(note(self.tr("In use: %1").replace("%1", models["chosen"])))
        self.card.show_rows(rows)

    def _row(self, model: ModelInfo) -> QWidget:
        name, about = Elided("body_strong"), Elided("meta", "ink2")
        name.say(model["name"])
        about.say(self._about(model))
        words = QWidget()
        column = QVBoxLayout(words)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(name)
        column.addWidget(about)
        return row(words, 1, *self._buttons(model), height=_ROW_HEIGHT)

    def _about(self, model: ModelInfo) -> str:
        size = self._phrases.size(model["size_bytes"])
        parts = [
            size if model["is_size_known"] else self.tr("about %1").replace("%1", size),
            self.tr("languages: %1").replace("%1", in_own_language(model["languages"])),
            model["licence"],
        ]
        if self._models is not None and self._models["processor"] is not None:
            memory = self._phrases.size(model["memory_bytes"])
            parts.append(self.tr("about %1 of graphics memory").replace("%1", memory))
        if model["is_recommended"]:
            parts.insert(0, self.tr("recommended with your graphics card"))
        return " · ".join(part for part in parts if part)

    def _buttons(self, model: ModelInfo) -> list[QWidget]:
        name = model["name"]
        if model["is_chosen"]:
            return self._standing(is_serving=model["is_serving"])
        if model["place"] == "absent":
            get = Button(self.tr("Download …"), name=self.tr("Download %1").replace("%1", name))
            get.setEnabled(not self._download.model)
            get.clicked.connect(lambda: self._ask_to_download(model))
            return [get]
        use = Button(self.tr("Use …"), name=self.tr("Use %1").replace("%1", name))
        use.clicked.connect(lambda: self._ask_to_use(name))
        if model["place"] == "built in" or model["is_serving"]:
            return [use]
        remove = Button("", "icon", "trash", self.tr("Remove %1 …").replace("%1", name))
        remove.clicked.connect(lambda: self._ask_to_remove(model))
        return [use, remove]

    def _standing(self, *, is_serving: bool) -> list[QWidget]:
        words = self.tr("In use", "a model") if is_serving else self.tr("Being prepared", "a model")
        return [Glyph("check" if is_serving else "clock", "ok" if is_serving else "ink2"), Label(words, "body", "ink2")]

    # --- downloading

    def _ask_to_download(self, model: ModelInfo) -> None:
        ask(
            self.window(),
            self.tr("Download %1?").replace("%1", model["name"]),
            self.tr(
                "About %1 come from Hugging Face, which learns this computer's address and the model's name. Licence: "
                "%2. Nothing of your files is sent."
            )
            .replace("%1", self._phrases.size(model["size_bytes"]))
            .replace("%2", model["licence"]),
            self.tr("Download"),
            lambda: self._download.start(model["name"]),
        )

    def _show_download(self) -> None:
        download = self._download
        for part in (self._coming, self._bar, self._cancel):
            part.setVisible(bool(download.model))
        share = download.done_bytes / download.total_bytes if download.total_bytes else 0.0
        self._bar.setValue(round(share * _STEPS))
        self._coming.setText(
            self.tr("%1: %2 of %3", "a download")
            .replace("%1", download.model)
            .replace("%2", self._phrases.size(download.done_bytes))
            .replace("%3", self._phrases.size(download.total_bytes))
        )
        if not download.model and self._models is not None:
            self.look_again()

    # --- using and removing

    def _ask_to_use(self, name: str) -> None:
        self._tools.link.call("model_cost", {"model": name}, on_final=self._tell_cost, on_error=self._choices.tell)

    def _tell_cost(self, cost: Any) -> None:
        ask(
            self.window(),
            self.tr("Use %1?").replace("%1", cost["model"]),
            self._cost(cost),
            self.tr("Use it"),
            lambda: self._tools.link.call(
                "use_model", {"model": cost["model"]}, on_final=self._has_changed, on_error=self._choices.tell
            ),
        )

    def _cost(self, cost: ModelCost) -> str:
        parts = [
            self.tr("%Ln passages are embedded again, about %1 on the disk.", "", cost["passages"]).replace(
                "%1", self._phrases.size(cost["disk_bytes"])
            )
        ]
        if cost["seconds"] is not None:
            about = self._phrases.duration(cost["seconds"])
            parts.append(self.tr("On this computer's processor that takes about %1.").replace("%1", about))
        if (cost["seconds_per_query"] or 0) > _SLOW_QUERY_S:
            parts.append(self.tr("It is too large for it: each search would wait for its model."))
        parts.append(self.tr("The present model answers meanwhile."))
        return " ".join(parts)

    def _ask_to_remove(self, model: ModelInfo) -> None:
        ask(
            self.window(),
            self.tr("Remove %1?").replace("%1", model["name"]),
            self.tr("%1 will be free. To use it later it is downloaded again.").replace(
                "%1", self._phrases.size(model["size_bytes"])
            ),
            self.tr("Remove"),
            lambda: self._tools.link.call(
                "remove_model", {"model": model["name"]}, on_final=self._has_changed, on_error=self._choices.tell
            ),
        )

    def _has_changed(self, result: JsonObject) -> None:
        self._choices.look_again()
