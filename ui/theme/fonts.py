"""Type: the size and weight of each role, and the families in the order that a text's script wants.

Chinese families first give full-width quotes in Chinese, and would give them in English too: so interface words
follow the interface's language, and a file's own text the script it is written in.
"""

from __future__ import annotations

import re
import sys
from functools import cache, lru_cache
from typing import Literal

from PySide6.QtCore import QLocale
from PySide6.QtGui import QFont, QFontDatabase, QFontInfo, QFontMetricsF

from ui.theme.look import look

Role = Literal[
    "query", "query_popup", "display", "title", "name", "body", "body_strong",
    "meta", "meta_strong", "label", "code", "page",
]  # fmt: skip

_SIZES: dict[Role, tuple[int, int]] = {
    "query": (16, 400), "query_popup": (18, 400), "display": (26, 600), "title": (17, 600), "name": (14, 600),
    "body": (13, 400), "body_strong": (13, 600), "meta": (12, 400), "meta_strong": (12, 600), "label": (11, 600),
    "code": (12, 400), "page": (12, 400),
}  # fmt: skip
"""Pixels at the desktop's usual text size, and weight."""
_COLUMNS = frozenset({"meta", "meta_strong", "body", "display"})
"""Where dates, sizes and counts stand below each other."""
_MIXED: frozenset[Role] = frozenset({"meta"})
"""Folders beside dates and sizes: a folder's name in another script does not change the face of its neighbours."""
_HEADLINE_SPACING_PX = -0.4

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = re.compile("[\u3040-\u30ff\u31f0-\u31ff]")
_HANGUL = re.compile("[\u1100-\u11ff\uac00-\ud7ff]")

_Script = Literal["other", "chinese", "japanese", "korean"]
_OWN = {"win32": ["Segoe UI Variable Text", "Segoe UI"], "darwin": [".AppleSystemUIFont"]}
_CJK: dict[_Script, list[str]] = {
    "chinese": ["Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei UI", "PingFang SC"],
    "japanese": ["Noto Sans CJK JP", "Noto Sans JP", "Yu Gothic UI", "Hiragino Sans"],
    "korean": ["Noto Sans CJK KR", "Noto Sans KR", "Malgun Gothic", "Apple SD Gothic Neo"],
}
_REST = ["Noto Naskh Arabic", "Noto Sans Arabic", "Noto Sans Hebrew", "DejaVu Sans"]
_MONO = ["Cascadia Mono", "Menlo", "DejaVu Sans Mono", "Noto Sans Mono CJK SC"]
_SERIF = ["Noto Serif", "Noto Serif CJK SC", "DejaVu Serif"]


def font(role: Role, sample: str | None = None) -> QFont:
    """The font of a role, for `sample`, a file's own text; for words of the interface where it is None."""
    return _font(role, *_order(role, sample), look.px(_SIZES[role][0]))


def metrics(role: Role, sample: str | None = None) -> QFontMetricsF:
    """What a text of a role measures."""
    return _metrics(role, *_order(role, sample), look.px(_SIZES[role][0]))


def _order(role: Role, sample: str | None) -> tuple[_Script, bool]:
    """Whose families come first, and whether the interface's own come before them."""
    own = _interface_script()
    script = own if sample is None else _script(sample)
    return script, role in _MIXED and script != own


@lru_cache(maxsize=128)
def _metrics(role: Role, script: _Script, is_mixed: bool, size_px: int) -> QFontMetricsF:
    return QFontMetricsF(_font(role, script, is_mixed, size_px))


@lru_cache(maxsize=128)
def _font(role: Role, script: _Script, is_mixed: bool, size_px: int) -> QFont:
    made = QFont()
    made.setFamilies(_families(role, script, is_mixed))
    made.setPixelSize(size_px)
    made.setWeight(QFont.Weight(_SIZES[role][1]))
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    if role in _COLUMNS:
        made.setFeature(QFont.Tag("tnum"), 1)
    if role == "display":
        made.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, _HEADLINE_SPACING_PX)
    return made


def _families(role: Role, script: _Script, is_mixed: bool) -> list[str]:
    cjk = [family for name, families in _CJK.items() if name != script for family in families]
    first = _CJK[script] if script != "other" else []
    if role == "code":
        return [*_MONO, *first, *cjk, *_REST]
    if role == "page":
        return [*_SERIF, *first, *cjk, *_REST]
    return [*_latin(), *first, *cjk, *_REST] if is_mixed else [*first, *_latin(), *cjk, *_REST]


@cache
def _latin() -> list[str]:
    """The desktop's own face; where it names none, one of ours, else what the system takes for a sans serif.

    That one is named, since a Chinese face that stands next would set English too, with its own wide quotes.
    """
    desktop = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    is_named = desktop.family().lower() not in {"sans", "sans serif", "sans-serif"}
    own = _OWN.get(sys.platform, [desktop.family()] if is_named else [])
    return [*own, "Inter", "Noto Sans", QFontInfo(desktop).family()]


def _interface_script() -> _Script:
    return "chinese" if QLocale().language() == QLocale.Language.Chinese else "other"


@lru_cache(maxsize=4096)
def _script(text: str) -> _Script:
    if _KANA.search(text):
        return "japanese"
    if _HANGUL.search(text):
        return "korean"
    return "chinese" if _HAN.search(text) else "other"
