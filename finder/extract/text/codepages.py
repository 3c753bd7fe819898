"""Windows and Macintosh code pages, character sets and languages as the codecs of Python. Imports nothing of ours.

Old formats name their encoding by number. The number is looked up here: none from a file reaches an import.
"""

from __future__ import annotations

_WINDOWS = (437, 737, 775, 850, 852, 855, 857, 860, 861, 862, 863, 864, 865, 866, 869, 874, 1250, 1251, 1252, 1253)
_MORE_WINDOWS = (1254, 1255, 1256, 1257, 1258)
_CODEC_OF_PAGE: dict[int, str] = {
    **{page: f"cp{page}" for page in (*_WINDOWS, *_MORE_WINDOWS)},
    932: "cp932", 936: "gb18030", 949: "cp949", 950: "big5hkscs", 1361: "johab", 54936: "gb18030",
    10000: "mac_roman", 10006: "mac_greek", 10007: "mac_cyrillic", 10029: "mac_latin2", 10081: "mac_turkish",
    20866: "koi8_r", 21866: "koi8_u", 28591: "cp1252", 28592: "iso8859_2", 28595: "iso8859_5",
    1200: "utf-16-le", 1201: "utf-16-be", 65001: "utf-8",
}  # fmt: skip
_PAGE_OF_CHARSET = {
    77: 10000, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258,
    177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437, 255: 850,
}  # fmt: skip
"""LOGFONT's lfCharSet, as RTF's \\fcharset has it."""
_PAGE_OF_LANGUAGE = {
    **dict.fromkeys((0x02, 0x19, 0x22, 0x23, 0x2F), 1251),
    **dict.fromkeys((0x05, 0x0E, 0x15, 0x18, 0x1A, 0x1B, 0x1C, 0x24), 1250),
    0x01: 1256, 0x08: 1253, 0x0D: 1255, 0x11: 932, 0x12: 949, 0x1E: 874, 0x1F: 1254, 0x29: 1256, 0x2A: 1258,
    **dict.fromkeys((0x25, 0x26, 0x27), 1257),
}  # fmt: skip
"""The primary language, the low ten bits of a Windows language id."""

CODECS = frozenset(_CODEC_OF_PAGE.values())


def codec_of_page(page: int) -> str | None:
    """The codec of a Windows code page, None where it is unknown."""
    return _CODEC_OF_PAGE.get(page)


def codec_of_charset(charset: int) -> str | None:
    """The codec of a font's character set; None where it says nothing (ANSI, default, symbols)."""
    return _CODEC_OF_PAGE.get(_PAGE_OF_CHARSET.get(charset, 0))


def codec_of_language(language: int) -> str:
    """The codec that Windows uses for a language id."""
    if language in (0x0404, 0x0C04, 0x1404):
        return _CODEC_OF_PAGE[950]
    primary = language & 0x3FF
    return _CODEC_OF_PAGE[936 if primary == 0x04 else _PAGE_OF_LANGUAGE.get(primary, 1252)]
