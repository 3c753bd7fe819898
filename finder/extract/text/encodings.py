"""Bytes to text, for files that do not say how they are encoded. Imports no library.

In this order: byte-order mark, UTF-16 and UTF-32 by where their NULs lie, ISO-2022 by its escapes, strict UTF-8, UTF-8
with a few damaged bytes, the encoding that the file itself declares, and last a guess by which codec yields the letters
that a language really uses (see `legacy_codecs`). The computer's locale has no say: what a file holds must not
depend on where it is read.
"""

from __future__ import annotations

import codecs
import encodings.aliases
import re
import unicodedata
from dataclasses import dataclass

from finder.errors import FileError
from finder.extract.text.legacy_codecs import LEGACY_CODECS, guess_codec

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16's, so it is asked first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_TEXT = frozenset(("Cc", "Cn", "Co", "Cs"))
_SAMPLE_BYTES = 64 << 10
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\x0b\x0c\r\x08\x1b")) + b"\x7f"
"""What text does not hold. Backspace and escape are let through: logs and manual pages are full of them."""
_CONTROL_SHARE = 0.02
_NUL_SHARE = 0.001
"""A log that was cut by a crash may hold a few NULs; a binary file holds more."""
_DAMAGED_SHARE = 0.05
"""Up to so many broken sequences per whole one, it is still UTF-8."""
_DECLARATION = re.compile(rb"(?:charset|encoding|coding)\s*[:=]\s*[\"']?\s*([A-Za-z0-9_.:-]{2,24})", re.IGNORECASE)
_DECLARATION_BYTES = 2048
_DECLARABLE = {codecs.lookup(name).name for name in (*LEGACY_CODECS, "latin-1", "iso8859-15", "cp850", "cp437", "gbk")}
_UNDECLARABLE = frozenset(codecs.lookup(name).name for name in ("utf-8", "utf-7", "iso2022_jp", "iso2022_kr"))
"""What a mail may be in. A file that declares one of these was found out before, or is not in it."""
_KNOWN = _DECLARABLE | _UNDECLARABLE
_MULTIBYTE_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, and the codec it came out of."""

    text: str
    encoding: str
    is_guessed: bool = False
    """True where nothing in the file vouches for the codec."""


def decode(data: bytes, is_whole: bool = True) -> Decoded:
    """The text in `data`.

    Args:
        data: the bytes of a file from its start.
        is_whole: False where the file goes on: a character cut in two at the end is then dropped.
    Raises:
        FileError: binary, where this is not text.
    """
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return Decoded(_decode(data, name, is_whole), name)
    if wide := _wide_codec(data[:_SAMPLE_BYTES]):
        return Decoded(_decode(data, wide, is_whole), wide, is_guessed=True)
    if escaped := _escaped_codec(data):
        return Decoded(_decode(data, escaped, is_whole), escaped)
    if is_binary(data[:_SAMPLE_BYTES]):
        raise FileError("binary", "Not text", "The file holds binary data.")
    try:
        return Decoded(codecs.getincrementaldecoder("utf-8")().decode(data, final=is_whole), "utf-8")
    except UnicodeDecodeError:
        return _decode_legacy(data, is_whole)


def decode_as(data: bytes, declared: str | None) -> Decoded:
    """The text in `data`, whose envelope names its codec; where that is unknown or plainly wrong, as `decode` has it.

    Raises:
        FileError: binary.
    """
    if codec := known_codec(declared or ""):
        text = _decode(data, codec, is_whole=True)
        if text.count("\ufffd") <= 1 + _DAMAGED_SHARE * len(text):
            return Decoded(text, codec)
    return decode(data)


def is_binary(sample: bytes) -> bool:
    """True where `sample` holds more control characters than text in a byte encoding does."""
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls > _CONTROL_SHARE * len(sample) or sample.count(0) > max(_NUL_SHARE * len(sample), len(sample) < 16)


def _decode(data: bytes, name: str, is_whole: bool) -> str:
    return codecs.getincrementaldecoder(name)("replace").decode(data, final=is_whole)


def _wide_codec(sample: bytes) -> str | None:
    """UTF-16 or UTF-32 without a byte-order mark, known by NULs that lie on one side of each unit alone."""
    if len(sample) < 4 or 0 not in sample:
        return None
    sample = sample[: len(sample) // 4 * 4]
    quarter = len(sample) // 4
    nuls = [sample[side::4].count(0) for side in range(4)]
    if nuls[3] == quarter and nuls[2] > quarter // 2 and nuls[0] <= quarter // 50:
        return "utf-32-le"
    if nuls[0] == quarter and nuls[1] > quarter // 2 and nuls[3] <= quarter // 50:
        return "utf-32-be"
    low, high = nuls[0] + nuls[2], nuls[1] + nuls[3]
    for name, rare, common in (("utf-16-le", low, high), ("utf-16-be", high, low)):
        if common > rare and _reads_as_text(sample, name, is_latin=common > max(quarter, 40 * rare)):
            return name
    return None


def _reads_as_text(sample: bytes, name: str, is_latin: bool) -> bool:
    """Without the many NULs of Latin text the proof is that every character is one: of random bytes a tenth is not."""
    text = codecs.getincrementaldecoder(name)("replace").decode(sample)
    nonsense = sum(unicodedata.category(char) in _NO_TEXT and char not in "\t\n\r\f\v" for char in text)
    if is_latin:
        return nonsense <= 0.01 * len(text)
    return nonsense == 0 and len(text) >= 16 and not sample.isascii() and sum(map(str.isalnum, text)) > 0.6 * len(text)


def _escaped_codec(data: bytes) -> str | None:
    if b"\x1b$)C" in data[:1024]:
        return "iso2022_kr"
    if re.search(rb"\x1b\$[@B]|\x1b\$\([DOPQ]", data[:_SAMPLE_BYTES]) and data.isascii():
        return "iso2022_jp_2"
    return None


def _decode_legacy(data: bytes, is_whole: bool) -> Decoded:
    if _is_damaged_utf8(data[:_SAMPLE_BYTES]):
        return Decoded(_decode(data, "utf-8", is_whole), "utf-8", is_guessed=True)
    if (declared := _declared_codec(data)) and "\ufffd" not in (text := _decode(data, declared, is_whole)):
        return Decoded(text, declared)
    name = guess_codec(data)
    return Decoded(_decode(data, name, is_whole), name, is_guessed=True)


def _is_damaged_utf8(sample: bytes) -> bool:
    whole = len(_MULTIBYTE_UTF8.findall(sample))
    broken = sample.decode("utf-8", "replace").count("\ufffd") - sample.count(b"\xef\xbf\xbd")
    return broken <= 1 + _DAMAGED_SHARE * whole and whole > 3 * broken


def _declared_codec(data: bytes) -> str | None:
    """The codec named in the file's first bytes, if it is one of ours: no name from a file reaches an import."""
    if match := _DECLARATION.search(data[:_DECLARATION_BYTES]):
        codec = known_codec(match[1].decode("ascii"))
        return codec if codec not in _UNDECLARABLE else None
    return None


def known_codec(charset: str) -> str | None:
    """The codec for the name of a character set, if it is one of ours: no name from a file reaches an import."""
    codec = _CODEC_OF_NAME.get(_plain(charset))
    return _WIDER.get(codec or "", codec)


def _plain(charset: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", charset.lower())


_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "latin-1": "cp1252",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "koi8-r": "koi8-u",
    "iso8859-8": "cp1255",
    "tis-620": "cp874",
    "iso8859-11": "cp874",
}
"""What declares the left is written in the right (WHATWG Encoding Standard, section 4.2)."""
_ALIASES = {
    **encodings.aliases.aliases,
    **{_plain(name): name for name in (*LEGACY_CODECS, *_KNOWN, *_WIDER)},
    "x_sjis": "cp932",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "ks_c_5601_1987": "cp949",
    "x_mac_cyrillic": "mac_cyrillic",
    "tis_620": "cp874",
    "windows_874": "cp874",
    "iso_8859_8_i": "cp1255",
    "x_mac_roman": "mac_roman",
    "unicode_1_1_utf_7": "utf_7",
}
_ACCEPTED = {_plain(encodings.aliases.aliases.get(_plain(name), name)) for name in (*_KNOWN, *_WIDER)}
_CODEC_OF_NAME = {name: codecs.lookup(codec).name for name, codec in _ALIASES.items() if _plain(codec) in _ACCEPTED}
"""Looked up here, once: a process that has locked itself in can look up no codec that was not used before."""
