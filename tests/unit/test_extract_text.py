"""Plain text, Markdown, light markup and code: titles, headings, lines, limits."""

from __future__ import annotations

import time

import pytest

from finder.errors import FileError
from finder.extract.reader import Limits
from finder.passages import split
from finder.types import Document
from tests.reading import read


def _headings(document: Document) -> list[tuple[str | None, str]]:
    """Each heading, with the line on which it begins."""
    return [(place.heading, document.text[place.start :].split("\n", 1)[0]) for place in document.places]


def test_a_short_first_line_above_a_blank_one_is_the_title() -> None:
    assert read("a.txt", "Shopping list\n\nMilk\n").title == "Shopping list"
    assert read("a.txt", "No title here\nbecause the text goes on.\n\nMore.").title is None


def test_text_is_cleaned_and_has_lines() -> None:
    document = read("a.txt", b"\xef\xbb\xbfone\r\ntwo\xe2\x80\x8b\r\n")
    assert (document.text, document.has_lines, document.type) == ("one\ntwo\n", True, "document")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("\x1b[1;32mINFO\x1b[0m the gate\x1b[K fell", "INFO the gate fell"),
        ("\x1b]8;;http://x\x1b\\a link\x1b]8;;\x1b\\", "a link"),
        ("N\bNA\bAM\bME\bE  _\bg_\ba_\bt_\be", "NAME  gate"),
        ("one\n\b\btwo", "one\ntwo"),
    ],
)
def test_what_is_for_terminals_alone_is_no_text(raw: str, text: str) -> None:
    assert read("a.log", raw).text == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (r'{"a": "caf\u00e9 \ud83d\udc1d"}', '{"a": "café 🐝"}'),
        (r'{"a": "\u0022 \u005c \u000a \ud83d"}', r'{"a": "\u0022 \u005c \u000a �"}'),
        (r'{"a": "C:\\u00e9"}', r'{"a": "C:\\u00e9"}'),
        (r'{"a": "\\\u00e9"}', r'{"a": "\\é"}'),
    ],
)
def test_letters_in_json_are_letters_however_they_were_written(raw: str, text: str) -> None:
    assert read("a.json", raw).text == text
    assert read("a.py", raw).text == raw


def test_long_text_is_cut_and_says_so() -> None:
    document = read("a.log", "line\n" * 5000, Limits(text_chars=1000))
    assert (len(document.text), document.is_cut) == (1000, True)
    assert not read("a.log", "line\n" * 200, Limits(text_chars=1000)).is_cut


@pytest.mark.parametrize(("data", "code"), [(b"", "empty"), (b" \n\t\n", "empty"), (b"\xef\xbb\xbf", "empty")])
def test_nothing_but_white_space_is_empty(data: bytes, code: str) -> None:
    with pytest.raises(FileError) as caught:
        read("a.txt", data)
    assert caught.value.code == code


def test_markdown_headings_without_those_in_code() -> None:
    text = (
        '---\ntitle: "From the front"\n---\n# Guide\n\nIntro.\n\nInstall\n-------\n\n```sh\n# not a heading\n```\n\n'
        "## Use [it](http://x) `now` ##\n\n#### too deep\n\n- item\n---\n"
    )
    document = read("README.md", text)
    assert document.title == "From the front"
    assert _headings(document) == [
        ("Guide", "# Guide"),
        ("Install", "Install"),
        ("Use it now", "## Use [it](http://x) `now` ##"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.rst", "Title\n=====\n\nText.\n\nPart\n----\n\nMore.\n", ["Title", "Part"]),
        ("a.adoc", "= Title\n\nText.\n\n== Part\n\nMore.\n", ["Title", "Part"]),
        ("a.tex", "\\section{First one}\ntext\n\\subsection*{Second}\n", ["First one", "Second"]),
        ("a.org", "* First :tag:\ntext\n** TODO [#A] Second\n", ["First", "Second"]),
        ("a.textile", "h1. First\n\ntext\n", ["First"]),
    ],
)
def test_light_markup_has_headings(name: str, text: str, expected: list[str]) -> None:
    assert [heading for heading, _ in _headings(read(name, text))] == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "a.py",
            "import os\n\n@cache\ndef first(x):\n    return x\n\n"
            "class Box:\n    def open(self):\n        pass\n\nBox()\n",
            [("first", "@cache"), ("Box", "class Box:"), ("Box.open", "    def open(self):"), (None, "Box()")],
        ),
        (
            "a.js",
            "export class Cart {\n  total(items) {\n    return 1;\n  }\n}\nconst add = (a, b) => a + b;\n",
            [
                ("Cart", "export class Cart {"),
                ("Cart.total", "  total(items) {"),
                ("add", "const add = (a, b) => a + b;"),
            ],
        ),
        ("a.go", "// Sum adds.\nfunc (c *Cart) Sum(x int) int {\n\treturn x\n}\n", [("Sum", "// Sum adds.")]),
        ("a.rs", "pub fn main() {\n    x();\n}\n", [("main", "pub fn main() {")]),
        (
            "a.c",
            "static int\nadd(int a, int b)\n{\n  return a;\n}\nint main(void) {\n}\n",
            [("main", "int main(void) {")],
        ),
        (
            "a.sql",
            "CREATE TABLE IF NOT EXISTS users (\n  id INT\n);\n",
            [("users", "CREATE TABLE IF NOT EXISTS users (")],
        ),
        ("a.toml", "[tool.x]\na = 1\n", [("tool.x", "[tool.x]")]),
        ("Makefile", "build: a b\n\tcc a\n", [("build", "build: a b")]),
        ("a.clj", "(defn greet [name]\n  name)\n", [("greet", "(defn greet [name]")]),
    ],
)
def test_code_stands_under_its_function_or_class(name: str, text: str, expected: list[tuple[str | None, str]]) -> None:
    document = read(name, text)
    assert document.type == "code"
    assert _headings(document) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", "# a" + " " * 40_000 + "b"),
        ("a.md", "# " + "[]([" * 40_000),
        ("a.txt", "." * 60_000),
        ("a.txt", "\n \n" * 40_000 + "x"),
    ],
)
def test_a_text_made_to_be_slow_is_read_and_split_in_no_time(name: str, text: str) -> None:
    begun = time.process_time()
    split(read(name, text))
    assert time.process_time() - begun < 1.5


def test_the_hashes_that_close_a_heading_are_none_of_its_words() -> None:
    document = read("a.md", "# One ##\n\n## C#\n\n### Two # three\t#  \n\n# #\n")
    assert [place.heading for place in document.places] == ["One", "C#", "Two # three"]


def test_a_line_of_hostile_length_costs_no_time() -> None:
    assert read("a.js", "x" * 300_000 + "(" * 300_000).text.startswith("x")
    assert read("a.md", "#" * 300_000 + " [" * 100_000).text.startswith("#")


@pytest.mark.parametrize(
    "text", ["BM is short for Bergmann, née Müller.", "MZ: Mainzer Zeitung – täglich", "RIFF and raff"]
)
def test_a_text_may_begin_like_a_picture(text: str) -> None:
    assert read("notes.txt", text).text == text


def test_a_heading_is_short_however_deep_the_code_is_nested() -> None:
    text = "".join(" " * depth + "def " + "f" * (190 - depth) + "():\n" for depth in range(180))
    headings = [place.heading for place in read("a.py", text).places]
    assert max(len(heading or "") for heading in headings) == 200
