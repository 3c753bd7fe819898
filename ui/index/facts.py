"""What the index takes of the computer: disk, memory, model, and what guards the readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.index.card import Card, row
from ui.index.wording import IndexWords
from ui.theme.look import look
from ui.theme.widgets import Elided, Label
from ui.words.phrases import Phrases

if TYPE_CHECKING:
    from finder.service.protocol.status import Status

_NAME_WIDTH, _ROW_HEIGHT = 84, 30


class FactsCard(Card):
    """One line each; the whole of a long one is in its tooltip."""

    def __init__(self) -> None:
        super().__init__(self.tr("On this computer"))
        self._words, self._phrases = IndexWords(self), Phrases(self)
        self._values: dict[str, Elided] = {}

    def show_status(self, status: Status) -> None:
        """Say what it takes now."""
        facts = [
            (self.tr("Disk"), self._disk(status)),
            (self.tr("Model"), self._model(status)),
            (self.tr("Memory"), self._memory(status)),
            (self.tr("Readers"), status["sandbox"]),
        ]
        if [name for name, _ in facts] != list(self._values):
            self._make_rows([name for name, _ in facts])
        for name, value in facts:
            self._values[name].say(value)

    def _make_rows(self, names: list[str]) -> None:
        rows = []
        for name in names:
            label = Label(name, "body_strong")
            label.setFixedWidth(look.px(_NAME_WIDTH))
            self._values[name] = Elided("body", "ink2")
            rows.append(row(label, self._values[name], 1, height=_ROW_HEIGHT))
        self.show_rows(rows)

    def _disk(self, status: Status) -> str:
        used = status["disk_bytes"]
        return (
            self.tr("%1: texts %2, vectors %3", "disk used")
            .replace("%1", self._phrases.size(sum(used.values())))
            .replace("%2", self._phrases.size(used["catalog"]))
            .replace("%3", self._phrases.size(used["vectors"]))
        )

    def _model(self, status: Status) -> str:
        embed = status["embed"]
        comma = self.tr(", ", "between parts of a sentence")
        words = comma.join([embed["model"], self._words.device(embed["device"])])
        if (building := embed["building"]) is not None:
            share = 100 * building["embedded"] // max(1, building["passages"])
            follows = self.tr("%1 follows, %2 done", "a model").replace("%1", building["model"])
            words += comma + follows.replace("%2", f"{share} %")
        return words

    def _memory(self, status: Status) -> str:
        total = status["resident_bytes"] + sum(worker["resident_bytes"] for worker in status["workers"])
        running = [
            f"{self._words.worker(worker['name'])} {self._phrases.size(worker['resident_bytes'])}"
            for worker in status["workers"]
            if worker["resident_bytes"]
        ]
        own = f"{self.tr('the service')} {self._phrases.size(status['resident_bytes'])}"
        parts = self.tr(", ", "between parts of a sentence").join([own, *running])
        return self.tr("%1: %2", "a sum, its parts").replace("%1", self._phrases.size(total)).replace("%2", parts)
