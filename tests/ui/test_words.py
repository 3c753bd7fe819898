"""Everything that the app says is said in Chinese too, and nothing is translated that nobody says."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

import resources
from tests.ui.strings import said
from ui.words.phrases import Phrases
from ui.words.translator import words

FILES = sorted(resources.path("translations").glob("*/*.json"))


def test_every_text_has_a_chinese_one() -> None:
    missing = {key: file for key, file in said().items() if key not in words("zh")}
    assert missing == {}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_translated_that_nobody_says(language: str) -> None:
    assert sorted(set(words(language)) - set(said())) == []  # type: ignore[arg-type]


def test_every_count_has_its_english_singular() -> None:
    counted = {key for key in said() if "%Ln" in key}
    assert sorted(key for key in counted if not isinstance(words("en").get(key), list)) == []


def test_a_translation_keeps_the_places_of_what_is_put_into_it() -> None:
    for key, text in words("zh").items():
        assert isinstance(text, str), key
        assert sorted(re.findall(r"%\w+", key.partition("|")[0])) == sorted(re.findall(r"%(?:Ln|\d)", text)), key


def test_no_text_stands_in_two_files_of_a_language() -> None:
    for language in ("en", "zh"):
        files = [path for path in FILES if path.parent.name == language]
        every = Counter(key for path in files for key in json.loads(path.read_text(encoding="utf-8")))
        assert [key for key, times in every.items() if times > 1] == []


def test_numbers_and_counts_follow_the_language(qapp: QApplication) -> None:
    assert QObject().tr("%Ln files", "", 1) == "1 file"
    assert QObject().tr("%Ln files", "", 51_016) == "51,016 files"


@pytest.mark.usefixtures("chinese")
def test_chinese_is_spoken_where_it_was_chosen(qapp: QApplication) -> None:
    phrases = Phrases()
    assert phrases.date("2024-03-14T12:00:00+00:00") == "2024年3月14日"
    assert QObject().tr("%Ln files", "", 51_016) == "51,016 个文件"
