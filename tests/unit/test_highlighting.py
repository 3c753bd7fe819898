"""What stands out in a program, by its language."""

from __future__ import annotations

import pytest

from finder.extract.code.highlighting import TOKEN_KINDS, preload, tokens


@pytest.fixture(autouse=True, scope="module")
def _lexers() -> None:
    preload()


def found(text: str, name: str) -> dict[str, str]:
    return {text[start:end]: TOKEN_KINDS[kind] for start, end, kind in tokens(text, name)}


def test_the_parts_of_a_program_are_told_apart() -> None:
    shown = found('def notice(days):  # in writing\n    return "by letter" * 3\n', "rules.py")
    assert shown["def"] == shown["return"] == "keyword"
    assert shown["notice"] == "name"
    assert shown["# in writing"] == "comment"
    assert shown["3"] == "number"
    assert any("letter" in text and kind == "string" for text, kind in shown.items())


@pytest.mark.parametrize("name", ["Makefile", "A.PY", "style.css", "lib.rs", "q.sql", "page.html", "conf.toml"])
def test_a_language_is_known_by_the_files_name(name: str) -> None:
    text = "all: x\n\t# note\nselect 1 from x; fn f() {} a { b: c } <a b='c'> [t]\nk = 'v'\n"
    assert list(tokens(text, name))


@pytest.mark.parametrize("name", ["notes.txt", "README", "", ".", "x.unknown"])
def test_nothing_stands_out_where_no_language_is_known(name: str) -> None:
    assert list(tokens("def return 1", name)) == []


def test_offsets_count_characters_and_lie_in_order_within_the_text() -> None:
    text = "# 𝒳 \U0001f600 première\nvalue = 'é' # \u202e\n" * 20
    offsets = [(start, end) for start, end, _ in tokens(text, "a.py")]
    assert offsets == sorted(offsets)
    assert all(0 <= start < end <= len(text) for start, end in offsets)


def test_a_lexer_is_never_chosen_by_what_a_text_says_of_itself() -> None:
    assert list(tokens("#!/usr/bin/env python\n# -*- mode: perl -*-\ndef f(): pass\n", "script.txt")) == []
