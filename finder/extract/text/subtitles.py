"""Subtitles (.srt, .vtt, .sbv): what is said, without the numbers between it; each minute is a place.

Sources: WebVTT (W3C), and how SubRip and YouTube write theirs.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from finder.extract.kinds import kind_of
from finder.extract.reader import CLAIMED, NAMED, Limits, TextBuilder
from finder.extract.text.plain import as_decoded, read_text
from finder.text import unescaped
from finder.types import Document

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,]\d{1,3}"
_TIMING = re.compile(rf"[ \t]*{_TIME}[ \t]*(?:-->|,)[ \t]*(?:\d{{1,3}}:)?\d{{1,2}}:\d{{2}}[.,]\d{{1,3}}.*")
_MARKUP = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
_ASIDE = re.compile(r"(?:STYLE|REGION)(?:[ \t]|$)")
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", '"', "”", "♪")


class SubtitleReader:
    """The words of a film."""

    name = "subtitles"

    def score(self, name: str, head: bytes) -> int | None:
        if kind_of(name).reader != self.name:
            return None
        return NAMED if b":" in head else CLAIMED

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        decoded, is_cut = read_text(file, limits)
        builder = TextBuilder(limits.text_chars)
        minute, before = 0, ""
        for block in re.split(r"\n[ \t]*\n", decoded.text):
            lines = block.strip("\n").split("\n")
            at = next((index for index, line in enumerate(lines[:2]) if _TIMING.match(line)), None)
            if at is None and (_ASIDE.match(lines[0]) or lines[0].startswith("WEBVTT")):
                continue
            seconds = _seconds(lines[at]) if at is not None else 60 * minute
            if seconds // 60 != minute or builder.is_empty:
                minute = seconds // 60
                builder.end_paragraph()
                builder.label(f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}")
            said = _words(lines if at is None else lines[at + 1 :]).removeprefix("NOTE ")
            if said and said != before:  # what rolls up the screen is there twice
                builder.add(said)
                if said.endswith(_SENTENCE_ENDS):
                    builder.end_line()
                else:
                    builder.add(" ")
            before = said or before
        return as_decoded(builder.document(), decoded, is_cut)


def _words(lines: list[str]) -> str:
    return " ".join(unescaped(_MARKUP.sub("", " ".join(lines))).split())


def _seconds(timing: str) -> int:
    match = _TIMING.match(timing)
    hours, minutes, seconds = match.groups() if match else ("0", "0", "0")
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
