"""Files that mean harm, each with the endings that reading it may have. Written on the spot, never carried."""

from __future__ import annotations

from tests.hostile import binaries, mails, packages, pdfs, texts
from tests.hostile.case import Case

CASES: list[Case] = [*pdfs.CASES, *packages.CASES, *texts.CASES, *mails.CASES, *binaries.CASES]
