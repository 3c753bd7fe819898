"""What indexing may take, and how much it reads."""

from __future__ import annotations

from ui.settings.choices import Choices, Cost
from ui.settings.form import Form

_MIB, _GIB = 1 << 20, 1 << 30


class Limits(Form):
    """Courtesy to the rest of the computer, and what costs time."""

    def __init__(self, choices: Choices) -> None:
        super().__init__()
        self.head(self.tr("When to rest"))
        self.line(
            self.tr("Rest on battery"),
            self.tr("Names of new files are found all the same; text and meaning follow when it is plugged in."),
            choices.check("pauses_on_battery"),
        )
        self.line(
            self.tr("Rest while the disk is nearly full"),
            self.tr("Below one gibibyte, or two percent of the disk."),
            choices.check("pauses_on_low_disk"),
        )
        self.head(self.tr("Memory"))
        self.line(
            self.tr("Graphics memory"),
            self.tr("At most so much of the graphics card's, from the next start of the service on."),
            choices.number("gpu_memory_limit_bytes", _GIB, "GiB", 0, 1024, self.tr("half of what is free")),
        )
        self.line(
            self.tr("Keep the model in memory"),
            self.tr("After so long without work it leaves, and comes back with the next search."),
            choices.number("embed_idle_minutes", 1, self.tr("min", "minutes"), 1, 10_000),
        )
        self.head(self.tr("What is read"))
        self.line(
            self.tr("Largest file"),
            self.tr("A larger one is found by its name alone. A change has every folder looked at again."),
            choices.number("size_limit_bytes", _MIB, "MiB", 1, 1 << 20, cost=self._cost_of_size),
        )
        self.line(
            self.tr("Read what is in archives"),
            self.tr("In .zip, .tar, .gz and the like."),
            choices.check("reads_archives", self._cost_of_archives),
        )
        self.line(
            self.tr("Read scans and pictures"),
            self.tr("Their text is recognised by the program tesseract, where it is installed."),
            choices.check("recognises_text", self._cost_of_scans),
        )
        self.end()

    def _cost_of_size(self) -> Cost:
        return (
            self.tr("Change the largest file that is read?"),
            self.tr(
                "Every folder is looked at again; files that are read from now on take time and room in the index."
            ),
            self.tr("Change it"),
        )

    def _cost_of_archives(self, is_on: bool) -> Cost | None:
        if not is_on:
            return None
        return (
            self.tr("Read what is in archives?"),
            self.tr("Every archive is unpacked and read. The index grows with what is in them."),
            self.tr("Read them"),
        )

    def _cost_of_scans(self, is_on: bool) -> Cost | None:
        if not is_on:
            return None
        return (
            self.tr("Read scans and pictures?"),
            self.tr("It takes seconds of the processor for each page: some hours for a thousand scanned pages."),
            self.tr("Read them"),
        )
