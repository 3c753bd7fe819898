"""What the Index page says of states, causes, reasons and remedies; the service's own words where none fit better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject

from ui.index.tallies import Standing
from ui.theme.tokens import Token
from ui.words.phrases import Phrases
from ui.words.translator import in_own_language

if TYPE_CHECKING:
    from finder.index.pauses import Cause
    from finder.service.protocol.status import FolderStatus

Remedy = Literal["show", "retry", "recognise", "archives", "limits"]
"""`recognise`, `archives`: a setting that costs time. `limits`: where the setting is."""

_RETRIED = frozenset({"no_permission", "crashed_reader", "too_slow", "too_much_memory", "died", "ended_service"})
_LARGER, _ARCHIVE = "larger than ", "an archive"
"""How the rules begin their reasons."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A reason for which text is not in the index."""

    glyph: str
    token: Token
    text: str
    remedy: Remedy


class IndexWords(QObject):
    """Everything in the interface's language."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._phrases = Phrases(self)

    def standing(self, standing: Standing) -> str:
        return {
            "meaning": self.tr("Findable by meaning"),
            "text": self.tr("By text so far"),
            "name": self.tr("By name so far"),
            "left_out": self.tr("By name on purpose"),
            "failed": self.tr("Need a look"),
        }[standing]

    def standing_meaning(self, standing: Standing) -> str:
        """What it is to stand there, and what follows."""
        return {
            "meaning": self.tr("Nothing is left to do for these files. A change is noticed by itself."),
            "text": self.tr("Their words can be found. Their meaning follows as the model gets to them."),
            "name": self.tr("Their names can be found. Their text is read as soon as it is their turn."),
            "left_out": self.tr("There is no text to be had, or a rule says not to read it. Their names can be found."),
            "failed": self.tr("Reading ended in an error. Their names can be found."),
        }[standing]

    def cause(self, cause: Cause) -> str:
        """Why indexing rests, for a label."""
        return {
            "user": self.tr("Paused by you"),
            "battery": self.tr("On battery"),
            "disk": self.tr("Disk nearly full"),
            "deaths": self.tr("After failures"),
        }[cause]

    def rests(self, cause: Cause) -> str:
        """Why indexing rests, and when it goes on."""
        return {
            "user": self.tr("Paused by you. Names of new files can still be found."),
            "battery": self.tr("Paused on battery. Resumes when plugged in."),
            "disk": self.tr("Paused: the disk is nearly full. Resumes when there is room."),
            "deaths": self.tr("Paused after repeated failures. It is tried again by itself."),
        }[cause]

    def problem(self, code: str, reason: str) -> Problem:
        """A group of files by its reason."""
        known: dict[str, tuple[str, Token, str]] = {
            "encrypted": ("lock", "ink2", self.tr("Password needed")),
            "no_text": ("scan", "ink2", self.tr("Scanned, no text in it")),
            "corrupt": ("warn", "bad", self.tr("Damaged, could not be read")),
            "too_large": ("filter", "ink2", self.tr("Holds too much to be read")),
            "no_permission": ("lock", "warn", self.tr("May not be read")),
            "crashed_reader": ("warn", "bad", self.tr("Ended its reader")),
            "too_slow": ("clock", "warn", self.tr("Takes too long to read")),
            "too_much_memory": ("warn", "warn", self.tr("Takes too much memory to read")),
            "ended_service": ("warn", "bad", self.tr("Ended the service while it was read")),
            "empty": ("check", "ink2", self.tr("Empty")),
            "binary": ("code", "ink2", self.tr("No text: program data")),
            "unsupported": ("filter", "ink2", self.tr("A format that is not read")),
            "secret": ("lock", "ink2", self.tr("Keys and passwords are not read")),
        }
        glyph, token, text = known.get(code, ("filter", "ink2", in_own_language(reason)))
        if code == "by_rule":
            glyph, token, text = "filter", "ink2", self._rule(reason)
        return Problem(glyph, token, text, _remedy(code, reason))

    def _rule(self, reason: str) -> str:
        if reason.startswith(_LARGER):
            return self.tr("Larger than %1").replace("%1", reason.removeprefix(_LARGER))
        return self.tr("In archives") if reason.startswith(_ARCHIVE) else in_own_language(reason)

    def remedy(self, remedy: Remedy) -> str:
        """A verb; one that costs ends in an ellipsis, and asks."""
        return {
            "show": self.tr("Show", "files of a problem"),
            "retry": self.tr("Try again"),
            "recognise": self.tr("Read scans …"),
            "archives": self.tr("Read them …"),
            "limits": self.tr("Read larger files …"),
        }[remedy]

    def folder_state(self, folder: FolderStatus) -> tuple[str, Token, str]:
        """A folder's state: icon, its colour, words."""
        if folder["state"] == "offline":
            since = folder["away_since"]
            if since is None:
                return "offline", "warn", self.tr("Offline")
            return "offline", "warn", self.tr("Offline since %1").replace("%1", self._phrases.date(since))
        if folder["state"] == "scanning":
            return "clock", "ink2", self.tr("Being looked at")
        if not folder["is_watched"]:
            return "check", "ink2", self.tr("Looked at once")
        if folder["looked_at_every_s"] is not None:
            every = self._phrases.duration(folder["looked_at_every_s"])
            return "check", "ok", self.tr("Looked at every %1").replace("%1", every)
        return "check", "ok", self.tr("Watched")

    def device(self, device: str | None) -> str:
        """Where the model computes."""
        if device is None:
            return self.tr("not in memory until it is needed")
        is_graphics = device.startswith(("cuda", "mps"))
        return self.tr("on the graphics card") if is_graphics else self.tr("on the processor")

    def worker(self, name: str) -> str:
        """A process by what it does."""
        known = {
            "extract": self.tr("reading"),
            "embed": self.tr("the model"),
            "vector": self.tr("the vectors"),
            "topics": self.tr("topics"),
            "preview": self.tr("the preview"),
        }
        return next((words for begin, words in known.items() if name.startswith(begin)), name)


def _remedy(code: str, reason: str) -> Remedy:
    if code == "no_text":
        return "recognise"
    if code == "by_rule" and reason.startswith(_LARGER):
        return "limits"
    if code == "by_rule" and reason.startswith(_ARCHIVE):
        return "archives"
    return "retry" if code in _RETRIED else "show"
