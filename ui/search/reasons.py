"""Why an answer shows nothing, and what can be done about each reason: the words of the empty page."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from finder.errors import FinderError
from finder.paths import display, uri_to_path
from ui.first.estimate import estimate
from ui.link import Call, Link
from ui.search.empty import Action, Emptiness
from ui.words.chips import ChipWords
from ui.words.phrases import Phrases

if TYPE_CHECKING:
    from finder.search.found import Coverage
    from finder.service.protocol.indexing import Surveyed

_QUOTED_CHARS = 80
CLOSEST = 5


class Reasons(QObject):
    """Turns what the service said into an `Emptiness`.

    Args:
        link: knows how long indexing takes, and asks how much is in a folder.
        set_query: puts another query into the box.
        cut: takes a part of the query out, from its start to its end.
        show_closest: shows the weak matches all the same.
        ask_again: sends the query once more.
        add_folder: has a folder indexed, by its URI.
    """

    def __init__(
        self,
        link: Link,
        set_query: Callable[[str], None],
        cut: Callable[[list[tuple[int, int]]], None],
        show_closest: Callable[[], None],
        ask_again: Callable[[], None],
        add_folder: Callable[[str], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._link = link
        self._counting: Call | None = None
        self._set_query, self._cut = set_query, cut
        self._show_closest, self._ask_again, self._add_folder = show_closest, ask_again, add_folder
        self.show_index: Callable[[], None] | None = None
        """Goes to the index page; None where the window has none."""
        self._phrases, self._chips = Phrases(self), ChipWords(self)

    def before_typing(self) -> Emptiness:
        """Nothing has been asked yet."""
        return Emptiness(
            "lens-current",
            self.tr("What do you remember of it?"),
            self.tr("Type a few words of what is in the file, in your own words. Its name helps too."),
        )

    def of_answer(self, found: dict[str, Any], query: str) -> Emptiness:
        """Nothing above weak was found."""
        coverage: Coverage = found["coverage"]
        if found.get("empty_because") == "folder_not_indexed" and found.get("not_indexed"):
            return self._not_indexed(str(found["not_indexed"][0]))
        hidden = [chip for chip in found["understood"] if chip.get("fits_without")]
        if hidden:
            return self._filtered(found, hidden)
        if coverage["pending"]:
            return self._not_yet(found)
        if not coverage["indexed"]:
            return self._nothing_passes(found) if found["understood"] else self._nothing_indexed()
        return self._nothing_fits(found, query)

    def of_error(self, error: FinderError) -> Emptiness:
        """The service could not answer."""
        details = "\n".join(part for part in (str(error), error.hint) if part)
        return Emptiness(
            "lens-attention",
            error.title,
            " ".join(part for part in (error.detail, error.hint) if part),
            [
                Action(self.tr("Try again"), self._ask_again, is_primary=True),
                Action(self.tr("Copy the details"), lambda: QGuiApplication.clipboard().setText(details)),
            ],
        )

    def _nothing_fits(self, found: dict[str, Any], query: str) -> Emptiness:
        shown = query.strip()
        shown = shown if len(shown) <= _QUOTED_CHARS else shown[: _QUOTED_CHARS - 1] + "…"
        text = self.tr("None of %Ln files answers “%1”.", "", found["coverage"]["indexed"]).replace("%1", shown)
        if found["results"]:
            text += " " + self.tr("The closest are too far off to call answers.")
        return Emptiness("lens-none", self.tr("Nothing fits"), text, self._ways_on(found))

    def _ways_on(self, found: dict[str, Any]) -> list[Action]:
        actions = []
        suggestion = found.get("suggestion")
        if suggestion:
            words = self.tr("Search for “%1”").replace("%1", suggestion)
            actions.append(Action(words, lambda: self._set_query(suggestion), is_primary=True))
        if closest := min(CLOSEST, len(found["results"])):
            actions.append(Action(self.tr("Show the %Ln closest anyway", "", closest), self._show_closest))
        return actions

    def _not_yet(self, found: dict[str, Any]) -> Emptiness:
        pending = found["coverage"]["pending"]
        text = self.tr(
            "Names and text were searched; %Ln files still wait for meaning. What fits then appears here.", "", pending
        )
        if left := (self._link.progress or {}).get("seconds_left"):
            text = self.tr(
                "Names and text were searched; %Ln files still wait for meaning, about %1. What fits then appears "
                "here.",
                "",
                pending,
            ).replace("%1", self._phrases.duration(left))
        actions = self._ways_on(found)
        if self.show_index:
            actions.append(Action(self.tr("Show the index"), self.show_index))
        return Emptiness("lens-indexing", self.tr("Nothing yet"), text, actions)

    def _filtered(self, found: dict[str, Any], hidden: list[dict[str, Any]]) -> Emptiness:
        parts = [
            self.tr("%Ln fit without “%1”", "", chip["fits_without"]).replace("%1", self._chips.text(chip))
            for chip in hidden
        ]
        best = max(hidden, key=lambda chip: chip["fits_without"])
        every = [(chip["start"], chip["end"]) for chip in found["understood"]]
        actions = [Action(self.tr("Remove all filters"), lambda: self._cut(every), is_primary=True)]
        if len(every) > 1:
            words = self.tr("Remove “%1”").replace("%1", self._chips.text(best))
            actions.append(Action(words, lambda: self._cut([(best["start"], best["end"])])))
        at_least = found["coverage"]["filtered_out"] if len(every) > 1 else 0  # without one alone it is counted
        count = max(best["fits_without"], at_least)
        title = self.tr("%Ln files fit, hidden by filters", "", count)
        return Emptiness(
            "lens-filtered", title, self.tr("%1.", "a sentence").replace("%1", self._listed(parts)), actions
        )

    def _not_indexed(self, uri: str) -> Emptiness:
        name = display(os.path.basename(uri_to_path(uri)))
        return Emptiness(
            "lens-add",
            self.tr("“%1” is not indexed").replace("%1", name),
            self.tr(
                "Once it is added, its files can be found by their names at once, and by their meaning soon after."
            ),
            [Action(self.tr("Add this folder"), lambda: self._add_folder(uri), is_primary=True)],
            partial(self._count, uri),
        )

    def _count(self, uri: str, say: Callable[[str], None]) -> None:
        """Have it counted how much is in a folder; what was counted for the question before is not wanted any more."""
        if self._counting is not None:
            self._counting.cancel()
        self._counting = self._link.call("survey", {"folder": uri}, on_final=partial(self._ask_speed, say))

    def _ask_speed(self, say: Callable[[str], None], there: Any) -> None:
        self._counting = self._link.call("models", on_final=partial(self._say_count, say, there))

    def _say_count(self, say: Callable[[str], None], there: Surveyed, models: Any) -> None:
        if not there["files"]:
            say(self.tr("It holds no file that would be indexed."))
            return
        holds = self.tr("It holds %Ln files, %1.", "", there["files"])
        if not there["is_complete"]:
            holds = self.tr("It holds over %Ln files, %1.", "", there["files"])
        about = estimate(there["files"] - there["name_only"], models["seconds_per_passage"])
        words = self.tr("%1 Their names can be found at once, their meaning in about %2.")
        words = words.replace("%2", self._phrases.duration(about.meaning_s))
        say(words.replace("%1", holds.replace("%1", self._phrases.size(there["size_bytes"]))))

    def _nothing_passes(self, found: dict[str, Any]) -> Emptiness:
        every = [(chip["start"], chip["end"]) for chip in found["understood"]]
        words = self._listed([self._chips.text(chip) for chip in found["understood"]])
        actions = [Action(self.tr("Remove all filters"), lambda: self._cut(every), is_primary=True)]
        return Emptiness("lens-filtered", self.tr("No file passes the filters"), words, actions)

    def _listed(self, parts: list[str]) -> str:
        return self.tr(", ", "between parts of a sentence").join(parts)

    def _nothing_indexed(self) -> Emptiness:
        actions = [Action(self.tr("Show the index"), self.show_index, is_primary=True)] if self.show_index else []
        text = self.tr("Add a folder, and its files can be found within seconds.")
        return Emptiness("lens-add", self.tr("No folder is indexed"), text, actions)
