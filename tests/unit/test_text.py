"""Cleaning, sentences, and what is too short to mean anything."""

from __future__ import annotations

import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finder.text import clean, is_cjk, is_too_short, sentences, unescaped


@pytest.mark.parametrize(
    ("dirty", "expected"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("in\u200bvisi\ufeffble", "invisible"),
        ("exam\u00adple", "example"),
        ("form\x0cfeed\u2028line\x85next", "form\nfeed\nline\nnext"),
        ("bell\x07 nul\x00 esc\x1b[0m", "bell nul esc[0m"),
        ("tab\tstays\n", "tab\tstays\n"),
        ("no\u00a0break\u202fspace", "no break space"),
        ("bidi \u202egpj.exe\u2066", "bidi gpj.exe"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ("cafe\u0301", "café"),
        ("cafe\u200d\u0301", "café"),
        ("x² stays", "x² stays"),
        ("hidden\U000e0041\U000e0042 tags", "hidden tags"),
    ],
)
def test_what_cannot_be_seen_is_removed(dirty: str, expected: str) -> None:
    assert clean(dirty) == expected


@given(st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF)))
def test_clean_text_is_clean_and_stays_so(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    once.encode("utf-8")
    assert not [char for char in once if unicodedata.category(char) == "Cc" and char not in "\n\t"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
        ("Version 2.5 is out. See Dr. Smith, J. Doe and e.g. Fig. 3 here.", None),
        ("他说：「你好。」然后走了。再见！", ["他说：「你好。」", "然后走了。", "再见！"]),
        ("a heading\n\nits text", ["a heading", "its text"]),
        ("wrapped\nline goes on", ["wrapped\nline goes on"]),
        ("  \n ", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str] | None) -> None:
    if expected is None:
        expected = ["Version 2.5 is out.", "See Dr. Smith, J. Doe and e.g. Fig. 3 here."]
    assert [text[start:end] for start, end in sentences(text)] == expected


@given(st.text('ab .!?。\n"」', max_size=80))
def test_sentences_hold_every_character_once(text: str) -> None:
    spans = sentences(text)
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@pytest.mark.parametrize("query", ["", "ab", "?!", "the", "of the and", "漢", "c", "42", "der die das"])
def test_too_short_to_mean_anything(query: str) -> None:
    assert is_too_short(query)


@pytest.mark.parametrize("query", ["tax", "the tax", "漢字", "한국", "ねこ", "a cat", "налог"])
def test_long_enough(query: str) -> None:
    assert not is_too_short(query)


def test_cjk_is_writing_not_punctuation() -> None:
    assert [char for char in "漢かカ한ㄅ。，Aя" if is_cjk(char)] == list("漢かカ한ㄅ")


def test_marks_piled_on_a_letter_cost_no_more_than_their_number() -> None:
    begun = time.process_time()
    cleaned = clean("a" + "\u0301\u0327" * 200_000 + " b\u0301")
    assert time.process_time() - begun < 2
    assert len(cleaned) < 40
    assert clean("…" * 50 + "—" * 50) == "…" * 50 + "—" * 50


def test_references_become_characters_and_a_number_of_too_many_digits_none() -> None:
    assert unescaped("a &lt; b&#38;c &#x41; &#0000065;") == "a < b&c A A"
    assert unescaped(f"a &#{'9' * 5_000}; b") == "a \ufffd b"
