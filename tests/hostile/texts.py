"""Hostile texts and what is written as text: encodings that lie, nesting without end, quotes that never close."""

from __future__ import annotations

import json

from tests.hostile.case import TEXT, Case, case
from tests.hostile.packages import PROLOGS

_GIGABYTE = 1 << 30
_ANY = (TEXT, "binary", "no_text", "corrupt", "too_large", "unsupported")
_DEEP = 100_000
_LONG = 3_000_000
"""More characters than are kept of a text."""

_XML_NAMES = ("a.xml", "a.svg", "a.fodt", "a.fb2", "a.opml", "a.docbook", "a.html", "a.plist")


def _notebook(**cell: object) -> bytes:
    cells = [{"cell_type": "code", "source": ["some words"], "metadata": {}, "outputs": [], **cell}]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def _stream(text: str) -> list[dict[str, object]]:
    return [{"output_type": "stream", "name": "stdout", "text": text}]


CASES: list[Case] = [
    case("a gigabyte of nothing", "a.txt", b"", *_ANY, hole_bytes=_GIGABYTE),
    case("one word and a gigabyte of nothing", "a.txt", b"some words", *_ANY, hole_bytes=_GIGABYTE),
    *(
        case(f"one word and a gigabyte of nothing in {name}", name, b"some words\n", *_ANY, hole_bytes=_GIGABYTE)
        for name in (
            "a.csv",
            "a.json",
            "a.md",
            "a.html",
            "a.log",
            "a.py",
            "a.xml",
            "a.rtf",
            "a.eml",
            "a.mbox",
            "a.ipynb",
        )
    ),
    case("a gigabyte behind a UTF-16 mark", "a.txt", b"\xff\xfea\0", *_ANY, hole_bytes=_GIGABYTE),
    case("a line of 20 MB", "a.txt", lambda: b"words " * 3_500_000, TEXT),
    *(
        case(f"a line of 200 kB in {name}", name, lambda: b"words " * 35_000, *_ANY)
        for name in ("a.md", "a.rst", "a.py", "a.csv", "a.srt", "a.tex", "a.sql", "a.bib", "a.org")
    ),
    case("a word of 3 MB", "a.txt", lambda: b"w" * _LONG, TEXT),
    *(
        case(f"a word of 200 kB in {name}", name, lambda: b"w" * 200_000, *_ANY)
        for name in ("a.md", "a.html", "a.py", "a.js", "a.css", "a.tex", "a.yaml")
    ),
    case("words between NULs", "a.txt", b"some\0words\0" * 1000, *_ANY),
    case("a NUL in a long text", "a.txt", b"some words " * 1000 + b"\0" + b"more words " * 1000, *_ANY),
    case("half a pair in UTF-16", "a.txt", b"\xff\xfe" + b"\x00\xd8a\0" * 500, *_ANY),
    case("the other half in UTF-16", "a.txt", b"\xfe\xff" + b"\xdc\x00\0a" * 500, *_ANY),
    case("half pairs in UTF-8", "a.txt", b"some words \xed\xa0\x80\xed\xb0\x80 more " * 200, *_ANY),
    case("half a pair in JSON", "a.json", b'{"a": "\\ud800 words \\udc00"}' * 20, *_ANY),
    case("half a pair in a notebook", "a.ipynb", _notebook(source=["x \ud800 y"]), *_ANY),
    case("characters too long for UTF-8", "a.txt", b"some words \xc0\xaf \xf8\x88\x80\x80\x80 " * 99, *_ANY),
    case("UTF-8 behind a UTF-16 mark", "a.txt", b"\xff\xfe" + "some wörds ".encode() * 99, *_ANY),
    case("UTF-16 behind a UTF-8 mark", "a.txt", b"\xef\xbb\xbf" + "some words ".encode("utf-16-le") * 99, *_ANY),
    case("marks of every order", "a.txt", b"\xff\xfe\xfe\xff\xef\xbb\xbf\xff\xfe\0\0\0\0\xfe\xff words", *_ANY),
    case("UTF-32 beyond the last character", "a.txt", b"\xff\xfe\0\0" + b"\xff\xff\xff\x7f" * 99, *_ANY),
    case(
        "text turned around", "a\u202etxt.md", "# some \u202edrow\u202c \u2066words\u2069\n\nmore\u200f".encode(), TEXT
    ),
    case("colours and bells", "a.txt", b"\x1b[31mred\x1b[0m words\x07\x08\x08 \x1b]0;title\x07" * 9, TEXT, "binary"),
    case("a name of 250 characters", "n" * 246 + ".txt", b"some words", TEXT),
    case("a name of line ends", "a\nb\r\x1b[2J.txt", b"some words", TEXT),
    case("a picture named .txt", "a.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 99, "binary"),
    case("a PDF's first bytes in HTML", "a.html", b"<html>%PDF-1.7 some words", *_ANY),
    *(
        case(f"{title} in {name}", name, f'<?xml version="1.0"?>{prolog}<x>some words &l9;</x>'.encode(), *_ANY)
        for title, prolog in PROLOGS.items()
        for name in _XML_NAMES
    ),
    *(
        case(f"elements 20,000 deep in {name}", name, lambda: b"<x>" * 20_000 + b"deep" + b"</x>" * 20_000, *_ANY)
        for name in _XML_NAMES
    ),
    case("elements 100,000 deep", "a.xml", lambda: b"<x>" * _DEEP + b"deep" + b"</x>" * _DEEP, *_ANY),
    case("elements 100,000 deep", "a.html", lambda: b"<x>" * _DEEP + b"deep" + b"</x>" * _DEEP, *_ANY),
    case(
        "an element of 100,000 attributes",
        "a.xml",
        lambda: b"<x %s/>" % b" ".join(b'a%d="w"' % n for n in range(_DEEP)),
        *_ANY,
    ),
    case("an attribute of 3 MB", "a.html", lambda: b'<p title="%s">some words' % (b"w" * _LONG), *_ANY),
    case("a comment without an end", "a.html", lambda: b"<p>some words<!-- " + b"-- " * 500_000, *_ANY),
    case("a tag without an end", "a.html", lambda: b"<p>some words" + b"<a " * 500_000, *_ANY),
    case("20,000 open tables", "a.html", lambda: b"<table><tr><td>words" * 20_000, *_ANY),
    case("100,000 character references", "a.html", lambda: b"<p>" + b"&#x202e;&#0;&#xd800;&amp;" * _DEEP, *_ANY),
    *(
        case(f"{opening.decode()} 30,000 deep in {name}", name, lambda opening=opening: opening * 30_000, *_ANY)
        for name, opening in (
            ("a.json", b"["),
            ("a.json", b'{"a":'),
            ("a.geojson", b"["),
            ("a.ipynb", b'{"cells":['),
            ("a.yaml", b"- "),
            ("a.yaml", b"{a: "),
            ("a.toml", b"a = [["),
            ("a.py", b"("),
            ("a.c", b"{"),
            ("a.js", b"`${"),
            ("a.lisp", b"("),
            ("a.md", b"> "),
            ("a.md", b"["),
            ("a.md", b"`"),
            ("a.md", b"* "),
            ("a.md", b"#"),
            ("a.rst", b"`"),
            ("a.tex", b"{"),
            ("a.tex", b"\\section{"),
            ("a.tex", b"\\begin{a}"),
            ("a.adoc", b"="),
            ("a.org", b"*"),
            ("a.bib", b"@a{b,"),
            ("a.bib", b"{"),
            ("a.rtf", b"{\\rtf1 "),
            ("a.rtf", b"{\\*"),
            ("a.wiki", b"{{"),
            ("a.css", b"a{"),
            ("a.sql", b"/*"),
        )
    ),
    case(
        "names for names",
        "a.yaml",
        b"a: &a [words]\n" + b"".join(b"%c: &%c [*%c,*%c]\n" % (n, n, n - 1, n - 1) for n in range(98, 122)),
        *_ANY,
    ),
    *(
        case(f"a quote of 300 kB that never closes in {name}", name, lambda: b'a,b\n1,"' + b"x,\n" * 100_000, *_ANY)
        for name in ("a.csv", "a.tsv", "a.py", "a.json", "a.toml")
    ),
    case("300,000 columns", "a.csv", lambda: b"a," * 300_000 + b"\n" + b"1," * 1_000, *_ANY),
    case("a million rows of commas", "a.csv", lambda: b"a,b\n" + b",,,\n" * 1_000_000, *_ANY),
    case("arrays 100,000 deep", "a.json", lambda: b"[" * _DEEP, *_ANY),
    case("groups 100,000 deep", "a.rtf", lambda: b"{\\rtf1 " * _DEEP, *_ANY),
    case("a table of quotes", "a.csv", lambda: b'"' * 2_000_001, *_ANY),
    case("rows of other widths", "a.tsv", lambda: b"\n".join(b"w\t" * (n % 300) for n in range(1000)), *_ANY),
    case("RTF with bytes that are not there", "a.rtf", rb"{\rtf1 some words \bin99999999999 x}", *_ANY),
    case("RTF with fewer than no bytes", "a.rtf", rb"{\rtf1 some words \bin-5 x \u-99999999 y \u1114112 z}", *_ANY),
    case(
        "RTF of numbers without end",
        "a.rtf",
        lambda: rb"{\rtf1 some words \u" + b"9" * 100_000 + rb" \fs" + b"1" * 100_000,
        *_ANY,
    ),
    case("RTF of 50,000 paragraphs", "a.rtf", lambda: rb"{\rtf1 " + rb"\'e4\par " * 50_000, *_ANY),
    case("RTF of a picture", "a.rtf", lambda: rb"{\rtf1 some words {\pict\pngblip " + b"4a" * 2_000_000 + b"}}", *_ANY),
    case("a notebook whose cells are no list", "a.ipynb", b'{"cells": {"a": 1}, "nbformat": 4}', *_ANY),
    case("a notebook whose words are numbers", "a.ipynb", _notebook(source=7, outputs=[7, None, {"data": 7}]), *_ANY),
    case("a notebook of 1 MB of output", "a.ipynb", lambda: _notebook(outputs=_stream("words\n" * 170_000)), *_ANY),
    case(
        "a notebook of escapes",
        "a.ipynb",
        lambda: _notebook(outputs=_stream("\x1b[31mred\x1b[0m\x1b]8;;\x07" * 5_000)),
        *_ANY,
    ),
    case("numbers without end", "a.json", lambda: b'{"words": ' + b"9" * 1_000_000 + b"}", *_ANY),
    case(
        "a notebook of a number without end",
        "a.ipynb",
        lambda: b'{"nbformat": ' + b"9" * 100_000 + b', "cells": []}',
        *_ANY,
    ),
    case("times beyond time", "a.srt", b"1\n99999999999:99:99,999 --> 00:00:00,000\nsome words\n\n" * 999, *_ANY),
    case("times without words", "a.vtt", lambda: b"WEBVTT\n\n" + b"00:00.000 --> 00:01.000\n\n" * 5_000, *_ANY),
    case("dots and blanks", "a.txt", lambda: b". " * 100_000, *_ANY),
    case("a million line ends", "a.txt", lambda: b"\n" * 1_000_000 + b"some words", *_ANY),
    case("300,000 carriage returns", "a.md", lambda: b"\r" * 300_000 + b"some words", *_ANY),
    case("a million accents on one letter", "a.txt", lambda: ("a" + "\u0301" * 1_000_000).encode(), *_ANY),
    case("accents out of order", "a.txt", lambda: ("a" + "\u0301\u0327" * 300_000).encode(), *_ANY),
    case("a single byte", "a.txt", b"\xff", *_ANY, "empty"),
    case("nothing at all", "a.pdf", b"", "empty"),
]
