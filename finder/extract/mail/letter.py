"""What every kind of mail has: who wrote to whom, when, about what; and how that is put before its text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from finder.extract.reader import HEADING_CHARS, TextBuilder

_LINE_CHARS = 1000
LOCKED = "Its body is encrypted: it can be read with its key alone"
"""The note on a mail of which nothing but the head can be read."""


@dataclass(frozen=True, slots=True)
class Letter:
    """The head of a mail; "" and None for what is not given."""

    subject: str = ""
    sender: str = ""
    recipients: str = ""
    copies: str = ""
    date: datetime | None = None
    """By the sender's clock, where it is known."""
    attachments: tuple[str, ...] = ()

    @property
    def heading(self) -> str | None:
        return " ".join(self.subject.split())[:HEADING_CHARS] or None

    def write(self, builder: TextBuilder) -> None:
        """Begin its text: people look for the names and the day as often as for the words."""
        builder.heading(self.heading)
        lines = {
            "": self.subject,
            "From: ": self.sender,
            "To: ": self.recipients,
            "Cc: ": self.copies,
            "Date: ": self._day,
            "Attachments: ": ", ".join(self.attachments),
        }
        for what, words in lines.items():
            if words := " ".join(words.split())[:_LINE_CHARS]:
                builder.add(what + words)
                builder.end_line()
        builder.end_paragraph()

    @property
    def metadata(self) -> dict[str, str | None]:
        return {
            "subject": self.subject,
            "from": self.sender,
            "to": self.recipients,
            "cc": self.copies,
            "date": self._day,
        }

    @property
    def _day(self) -> str:
        return self.date.date().isoformat() if self.date else ""
