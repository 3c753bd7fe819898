"""Colours can be read, fonts follow scripts, icons are there."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QApplication

import resources
from ui.theme import icons
from ui.theme.fonts import font
from ui.theme.look import look
from ui.theme.tokens import DARK, LIGHT, Token, contrast

TEXTS: list[tuple[Token, tuple[Token, ...]]] = [
    ("ink", ("canvas", "surface", "select", "hover", "sunken")),
    ("ink2", ("canvas", "surface", "select", "hover")),
    ("ink3", ("canvas", "surface", "select", "hover")),
    ("accent", ("canvas", "surface", "select", "hover")),
    ("ok", ("canvas", "surface")),
    ("warn", ("canvas", "surface")),
    ("bad", ("canvas", "surface")),
    ("on_accent", ("accent",)),
    ("mark_ink", ("mark",)),
    ("page_ink", ("page",)),
]
"""Everything that is written, and what it is written on."""


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_readable_on_everything_it_stands_on(colours: dict[Token, str]) -> None:
    """WCAG 2.2, success criterion 1.4.3: at least 4.5 to 1."""
    dim = {(ink, paper): contrast(colours[ink], colours[paper]) for ink, papers in TEXTS for paper in papers}
    assert {pair: round(ratio, 2) for pair, ratio in dim.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_the_border_of_a_control_is_visible(colours: dict[Token, str]) -> None:
    """WCAG 2.2, success criterion 1.4.11: at least 3 to 1."""
    assert contrast(colours["edge"], colours["surface"]) >= 3
    assert contrast(colours["edge"], colours["canvas"]) >= 3
    assert contrast(colours["accent"], colours["surface"]) >= 3


def test_black_on_white_is_the_contrast_that_the_definition_gives() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


def test_both_palettes_have_the_same_tokens() -> None:
    assert LIGHT.keys() == DARK.keys()


def test_a_text_of_chinese_puts_a_chinese_family_first_and_an_english_one_does_not(qapp: QApplication) -> None:
    assert "CJK SC" in font("name", "房屋租赁合同.docx").families()[0]
    assert "CJK JP" in font("name", "これは何ですか").families()[0]
    assert "CJK" not in font("name", "“quotes” of an English name").families()[0]


def test_every_icon_that_the_code_names_is_there_and_takes_the_colour_of_its_token(qapp: QApplication) -> None:
    drawn = sorted(path.stem for path in resources.path("icons").glob("*.svg") if not path.stem.startswith("inkling"))
    assert len(drawn) > 20
    for name in drawn:
        pixmap = QPixmap(32, 32)
        pixmap.fill(look.colour("surface"))
        painter = QPainter(pixmap)
        icons.draw(painter, name, QRectF(0, 0, 32, 32), "accent")
        painter.end()
        image = pixmap.toImage()
        colours = {image.pixelColor(x, y).name().upper() for x in range(32) for y in range(32)}
        assert look.name("accent") in colours, name


def test_no_icon_reaches_outside_its_file() -> None:
    for path in resources.path("icons").glob("*.svg"):
        text = path.read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(r"https?:|<script|<image|xlink", text), path.name


def test_the_look_follows_a_choice_at_once(qapp: QApplication) -> None:
    try:
        look.choose("dark")
        assert look.is_dark
        assert qapp.palette().window().color().name().upper() == DARK["canvas"]
    finally:
        look.choose("light")
    assert not look.is_dark
