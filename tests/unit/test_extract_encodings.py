"""Bytes to text: what a file is encoded in, and what is no text at all."""

from __future__ import annotations

import random

import pytest

from finder.errors import FileError
from finder.extract.text.encodings import decode

_LANGUAGES = {
    "zh": "昨天我和朋友去了北京的一家饭馆，我们点了很多菜，味道都很好。今天我在家里看书。",
    "zh-tw": "昨天我和朋友去了台北的一家餐廳，我們點了很多菜，味道都很好。今天我在家裡看書。",
    "ja": "昨日は友達と東京のレストランに行きました。料理はとてもおいしかったです。",
    "ko": "어제 친구와 함께 서울에 있는 식당에 갔습니다. 음식이 아주 맛있었습니다.",
    "ru": "Вчера мы с друзьями ходили в ресторан, и всё было очень вкусно.",
    "el": "Χθες πήγαμε με τους φίλους μου σε ένα εστιατόριο και το φαγητό ήταν πολύ καλό.",
    "he": "אתמול הלכנו עם חברים למסעדה והאוכל היה טעים מאוד.",
    "ar": "ذهبنا أمس مع الأصدقاء إلى المطعم وكان الطعام لذيذا جدا.",
    "th": "เมื่อวานนี้เราไปร้านอาหารกับเพื่อนและอาหารอร่อยมาก",
    "pl": "Wczoraj poszliśmy z przyjaciółmi do restauracji i wszystko było bardzo smaczne, żółć i gęś.",
    "fr": "Hier nous sommes allés au café avec des élèves de l'école, c'était très agréable, ça va.",
    "de": "Gestern gingen wir mit Freunden essen; es war überall schön und ganz außergewöhnlich.",
    "tr": "Dün arkadaşlarımızla şehirdeki lokantaya gittik, yemekler çok güzeldi, ağır değildi.",
}


@pytest.mark.parametrize(
    ("language", "codec"),
    [
        ("zh", "gb18030"),
        ("zh-tw", "big5"),
        ("ja", "shift_jis"),
        ("ja", "euc_jp"),
        ("ja", "iso2022_jp"),
        ("ko", "euc_kr"),
        ("ru", "cp1251"),
        ("ru", "koi8-r"),
        ("ru", "cp866"),
        ("ru", "iso8859-5"),
        ("ru", "mac_cyrillic"),
        ("el", "iso8859-7"),
        ("he", "cp1255"),
        ("ar", "cp1256"),
        ("ar", "iso8859-6"),
        ("th", "tis-620"),
        ("pl", "cp1250"),
        ("pl", "iso8859-2"),
        ("fr", "cp1252"),
        ("fr", "mac_roman"),
        ("de", "latin-1"),
        ("tr", "iso8859-9"),
        ("zh", "utf-16-le"),
        ("zh", "utf-16-be"),
        ("de", "utf-16-le"),
        ("de", "utf-32-be"),
    ],
)
def test_one_sentence_is_enough_to_tell_its_encoding(language: str, codec: str) -> None:
    text = _LANGUAGES[language] + "\r\nOK 1"
    assert decode(text.encode(codec)).text == text


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides_and_is_no_text(codec: str) -> None:
    decoded = decode("Grüße 你好".encode(codec))
    assert (decoded.text, decoded.is_guessed) == ("Grüße 你好", False)


def test_a_declared_encoding_is_believed_where_it_fits() -> None:
    page = '<meta charset="windows-1251"><p>Да</p>'.encode("cp1251")
    decoded = decode(page)
    assert ("Да" in decoded.text, decoded.is_guessed) == (True, False)


@pytest.mark.parametrize("name", ["utf-16", "rot13", "zlib", "os", "no-such-codec"])
def test_a_declared_encoding_from_a_stranger_is_no_instruction(name: str) -> None:
    assert "très" in decode(f"# coding: {name}\nc'est très bien".encode("cp1252")).text


def test_utf8_survives_a_few_damaged_bytes() -> None:
    damaged = ("Grüße aus Köln. " * 20).encode() + b"\xff\xfe! " + ("Schöne Grüße. " * 20).encode()
    decoded = decode(damaged)
    assert (decoded.encoding, decoded.is_guessed) == ("utf-8", True)
    assert decoded.text.count("Grüße") == 40


def test_a_character_cut_in_two_by_the_limit_is_dropped() -> None:
    assert decode("naïve café".encode()[:-1], is_whole=False).text == "naïve caf"


@pytest.mark.parametrize(
    "data",
    [
        random.Random(1).randbytes(4000),
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
        b"\0" * 100,
        b"abc\0def\0" * 50,
        b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0",
    ],
)
def test_binary_is_no_text(data: bytes) -> None:
    with pytest.raises(FileError) as caught:
        decode(data)
    assert caught.value.code == "binary"


def test_a_log_with_a_few_nuls_is_text_all_the_same() -> None:
    assert decode(b"2024-01-01 all is well\n" * 500 + b"\0\0\0\n").text.startswith("2024")
