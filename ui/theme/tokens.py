"""The design's colours by name, light and dark, and the contrast between two of them. Imports no Qt.

A widget never names a colour: it asks `look` for a token.
"""

from __future__ import annotations

from typing import Final, Literal

Token = Literal[
    "canvas", "surface", "sunken", "line", "edge", "scroll",
    "ink", "ink2", "ink3", "accent", "on_accent", "select", "hover",
    "mark", "mark_ink", "mark_edge", "ok", "warn", "bad", "page", "page_ink",
    "pdf", "document", "code", "mail", "slides", "sheet", "image", "folder",
    "topic1", "topic2", "topic3", "topic4", "topic5", "topic6", "topic7", "topic8",
]  # fmt: skip
"""What a colour is for. `canvas` is behind the chrome, `surface` behind lists, `sunken` behind pages; `line` is a
hairline, `edge` a control's border; `mark` is the wash on what answers by meaning; the kinds colour thumbnails."""

LIGHT: Final[dict[Token, str]] = {
    "canvas": "#F3F3F1", "surface": "#FFFFFF", "sunken": "#E9E9E6",
    "line": "#DFDFDB", "edge": "#85867F", "scroll": "#B4B5AF",
    "ink": "#191A21", "ink2": "#4C4E58", "ink3": "#646670",
    "accent": "#2A45BE", "on_accent": "#FFFFFF", "select": "#E3E8FA", "hover": "#F3F4F8",
    "mark": "#FFE28A", "mark_ink": "#191A21", "mark_edge": "#E3AE1B",
    "ok": "#1C7446", "warn": "#8F5400", "bad": "#B0261D",
    "page": "#FFFFFF", "page_ink": "#23242B",
    "pdf": "#B23A2E", "document": "#2A5DB8", "code": "#5B3FB0", "mail": "#0B6E75",
    "slides": "#B0560F", "sheet": "#1C7446", "image": "#9A2F77", "folder": "#5A5C66",
    "topic1": "#2A5DB8", "topic2": "#B0560F", "topic3": "#0B6E75", "topic4": "#9A2F77",
    "topic5": "#5B3FB0", "topic6": "#1C7446", "topic7": "#B23A2E", "topic8": "#6B6400",
}  # fmt: skip

DARK: Final[dict[Token, str]] = {
    "canvas": "#16171B", "surface": "#1D1E23", "sunken": "#101114",
    "line": "#303238", "edge": "#767983", "scroll": "#4A4C54",
    "ink": "#E2E1DD", "ink2": "#B4B6BE", "ink3": "#999CA6",
    "accent": "#9DB1FF", "on_accent": "#10142B", "select": "#2B3252", "hover": "#25272D",
    "mark": "#544618", "mark_ink": "#FFF4D2", "mark_edge": "#D9A92B",
    "ok": "#6FCB98", "warn": "#EFB35C", "bad": "#FF9288",
    "page": "#E9E8E3", "page_ink": "#23242B",
    "pdf": "#F08C80", "document": "#8DB4F5", "code": "#B9A5F7", "mail": "#6CC9CF",
    "slides": "#F0A868", "sheet": "#6FCB98", "image": "#E79ACB", "folder": "#BCBEC6",
    "topic1": "#8DB4F5", "topic2": "#F0A868", "topic3": "#6CC9CF", "topic4": "#E79ACB",
    "topic5": "#B9A5F7", "topic6": "#6FCB98", "topic7": "#F08C80", "topic8": "#D3C95A",
}  # fmt: skip

_KNEE = 0.04045
"""Of the sRGB transfer function (IEC 61966-2-1), below which it is a line."""


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours `#RRGGBB`, 1 to 21. Source: WCAG 2.2, "contrast ratio"."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (share / 12.92 if share <= _KNEE else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
