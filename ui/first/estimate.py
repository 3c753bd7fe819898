"""About how long names, text and meaning take. Imports no Qt.

What a file holds is not known before it is read: the figures are of mixed folders of letters, notes, PDFs and code, on
one core, and are shown as "about".
"""

from __future__ import annotations

from dataclasses import dataclass

_NAMES_PER_S = 20_000.0
_FILES_READ_PER_S = 40.0
_PASSAGES_PER_FILE = 12.0
_ON_GRAPHICS_PER_S = 600.0
"""Passages, with the recommended model on a graphics card of the middle range."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """From the last click on, in seconds."""

    names_s: float
    text_s: float
    meaning_s: float


def estimate(files: int, seconds_per_passage: float | None) -> Estimate:
    """For so many files to be read.

    Args:
        seconds_per_passage: on this computer's processor; None where that is no matter, as with a graphics card.
    """
    per_passage_s = 1 / _ON_GRAPHICS_PER_S if seconds_per_passage is None else seconds_per_passage
    text_s = files / _FILES_READ_PER_S
    return Estimate(files / _NAMES_PER_S, text_s, max(text_s, files * _PASSAGES_PER_FILE * per_passage_s))
