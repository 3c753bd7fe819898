"""Everything that the app says is said in Chinese too, and nothing is translated that nobody says."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import resources
from finder.errors import EnvironmentFaultError, FileError
from finder.paths import Home
from tests.ui.files import found_file
from tests.ui.links import HeldLink
from tests.ui.strings import PUT_TOGETHER, ROOT, said, sentences
from ui.index.wording import IndexWords
from ui.preferences import Preferences
from ui.preview.facts import Facts
from ui.search.empty import EmptyState
from ui.theme.widgets import Label
from ui.window import Window
from ui.words.phrases import Phrases
from ui.words.sentences import Sentences
from ui.words.translator import error_in_own_language, in_own_language, words

FILES = sorted(resources.path("translations").glob("*/*.json"))
SERVICE_FILES = sorted(resources.path("translations/zh/service").glob("*.json"))


def service_words() -> dict[str, str]:
    return {key: text for path in SERVICE_FILES for key, text in json.loads(path.read_text(encoding="utf-8")).items()}


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


def test_every_sentence_of_the_service_has_a_chinese_one() -> None:
    missing = {text: file for text, file in sentences().items() if text not in service_words()}
    assert missing == {}


def test_no_sentence_is_translated_that_the_service_does_not_say() -> None:
    assert sorted(set(service_words()) - set(sentences()) - PUT_TOGETHER) == []


def test_what_the_service_puts_together_is_in_its_source() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "finder").rglob("*.py")))
    source = re.sub(r'"\n\s+f?"', "", source)  # a literal that goes on in the next line
    parts = {part.strip(" :.,()") for text in PUT_TOGETHER for part in re.split(r"%\d|: ", text)}
    assert sorted(part for part in parts if part not in source) == []


def test_a_sentence_of_the_service_keeps_what_is_put_into_it() -> None:
    for text, translation in service_words().items():
        put_in, kept = (set(re.findall(r"%\d", each)) for each in (text, translation))
        assert kept <= put_in, text
        assert put_in - kept <= {"%2"}, text  # the plural's "s"
        assert not put_in - kept or "page%2" in text, text


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("No permission to read it", "没有读取权限"),
        ("3 of 8 slides are damaged", "8 张幻灯片中有 3 张已损坏"),
        (
            "Too short to have a meaning: searched by names and words alone. It is a folder.",
            "内容太短，没有含义：仅按名称和文字查找。这是文件夹。",
        ),
        (
            "embedding: The disk is full (/x): somebody's words. It is built again.",
            "含义索引：磁盘已满（/x）：somebody's words. 会重新建立。",
        ),
        (
            "Taking files out of the index. To try it at once: inkling resume",
            "正在从索引中移除文件。立即重试：inkling resume",
        ),
        (
            "/mnt/usb is away (its drive does not answer); what is known of it is kept until it is back.",
            "/mnt/usb 不在（所在驱动器没有响应）；恢复之前，已知的内容都会保留。",
        ),
        ("No file holds “a program”: searched for its words.", "没有文件含有“a program”：已按其中的词搜索。"),
        ("attachment a.pdf: Protected by a password", "附件 a.pdf：受密码保护"),
        (
            "It is downloaded once, and only when you ask for it. Get it: inkling model download X",
            "只在您要求时下载，且只需下载一次。获取方法：inkling model download X",
        ),
    ],
    ids=["whole", "numbers", "several", "some of several", "capital and stop", "a cause", "quoted", "one in another",
         "a shorter one that knows more"],
)  # fmt: skip
@pytest.mark.usefixtures("chinese")
def test_what_the_service_says_is_said_in_chinese(said: str, meant: str) -> None:
    assert in_own_language(said) == meant


@pytest.mark.usefixtures("chinese")
def test_what_nobody_has_translated_and_what_is_no_sentence_stays_as_it_is() -> None:
    for text in ("Something new. It happened.", "x: " * 400 + "y", "…"):
        assert in_own_language(text) == text


@pytest.mark.usefixtures("chinese")
def test_an_error_keeps_its_kind_its_code_and_its_path() -> None:
    error = error_in_own_language(FileError("encrypted", "Protected by a password", "", "Try again.", "/a b"))
    assert isinstance(error, FileError)
    assert (error.code, error.title, error.hint, error.path) == ("encrypted", "受密码保护", "请重试。", "/a b")
    assert isinstance(error_in_own_language(EnvironmentFaultError("The disk is full")), EnvironmentFaultError)


def test_in_english_the_service_is_quoted(qapp: QApplication) -> None:
    assert in_own_language("The disk is full. It is built again.") == "The disk is full. It is built again."


def test_a_long_row_of_parts_is_looked_up_in_no_time() -> None:
    looked_up: list[str] = []

    class Counting(Sentences):
        def _shaped(self, text: str, depth: int) -> str | None:
            looked_up.append(text)
            return super()._shaped(text, depth)

    assert Counting({"%1 is away: %2": "%1…%2"}).translate("a. " * 300) is None
    assert len(looked_up) < 200


@pytest.mark.usefixtures("chinese")
def test_errors_and_notes_of_the_service_reach_the_window_in_chinese(qtbot: QtBot, tmp_path: Path) -> None:
    held = HeldLink(Home(tmp_path))
    window = Window(held, Preferences(Home(tmp_path)))
    qtbot.addWidget(window)
    window.show()
    page = window.find_page
    page.box.set_text("deposit")
    page.searching.ask()
    held.refuse("find", EnvironmentFaultError("The catalog is damaged", "its file is gone", "Try again."))
    (empty,) = page.findChildren(EmptyState)
    assert empty.accessibleName() == "目录库已损坏. 其文件已不存在 请重试。"
    page.searching.ask()
    notes = ["/mnt/usb is away: what it holds opens when it is back."]
    coverage = {"indexed": 1, "pending": 0, "failed": 0, "filtered_out": 0}
    answer = {"query": "deposit", "typed": "deposit", "results": [found_file()], "understood": [], "kinds": {}}
    held.answer("find", {**answer, "notes": notes, "elapsed_ms": 1.0, "coverage": coverage})
    assert "/mnt/usb 不在：其中的文件要等它回来才能打开。" in window._footer.accessibleName()
    facts = Facts()
    qtbot.addWidget(facts)
    facts.show_why({"reason": "Its text still waits to be read.", "title": None, "metadata": {}, "notes": []})
    assert "它的文字还在等待读取。" in [label.text() for label in facts.findChildren(Label)]
    words = IndexWords(held)
    assert words.problem("by_rule", "belongs to the system").text == "属于系统"
    held.close()
