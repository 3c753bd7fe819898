"""The pictures that go into the repository: few, of one width, in few colours, so that each is small."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

_WIDTH, _COLOURS, _RARE, _COARSE = 1240, 256, 128, 0xC0C0C0


@dataclass(frozen=True, slots=True)
class Kept:
    """One of them, and of what it is made."""

    name: str
    screen: str
    look: str


SHOWN = (
    Kept("find", "find", "light-2x"),
    Kept("find-dark", "find", "dark-2x"),
    Kept("topics", "topic", "light-2x"),
    Kept("index", "index-at-work", "light-2x"),
    Kept("chinese", "chinese-file", "chinese-2x"),
    Kept("quick-search", "popup", "dark-2x"),
    Kept("first-start", "first", "light-2x"),
    Kept("settings", "settings-models", "light-2x"),
    Kept("keys", "keys", "dark-2x"),
    Kept("copies", "copies", "light-2x"),
)


def reduce(folder: Path, into: Path) -> None:
    """Write them into `into`, from the whole ones in `folder`."""
    into.mkdir(parents=True, exist_ok=True)
    for kept in SHOWN:
        whole = QImage(str(folder / f"{kept.screen}-{kept.look}.png"))
        if whole.width() > _WIDTH:
            whole = whole.scaledToWidth(_WIDTH, Qt.TransformationMode.SmoothTransformation)
        _in_few_colours(whole).save(str(into / f"{kept.name}.png"), quality=0)
        print(f"{kept.name}.png: {(into / f'{kept.name}.png').stat().st_size:,} bytes")


def _in_few_colours(whole: QImage) -> QImage:
    """The commonest colours, and beside them one of every hue, however rare: a thin mark is to keep its own."""
    opaque = whole.convertToFormat(QImage.Format.Format_RGB32)
    ranked = [colour for colour, _ in Counter(memoryview(opaque.constBits()).cast("I")).most_common()]
    rare = list({colour & _COARSE: colour for colour in reversed(ranked)}.values())
    colours = list(dict.fromkeys([*rare[:_RARE], *ranked]))[:_COLOURS]
    return opaque.convertToFormat(QImage.Format.Format_Indexed8, colours, Qt.ImageConversionFlag.ThresholdDither)
