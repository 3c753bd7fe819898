"""Source code: the text as it stands, each part under the function or class around it. Imports no library.

Definitions are found by light patterns and indentation, not by parsing: a wrong heading costs little, a parser for
each of thirty languages much.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from finder.extract.kinds import extension, kind_of
from finder.extract.reader import HEADING_CHARS, LIKELY, NAMED, Limits
from finder.extract.text.plain import text_document
from finder.types import Document, Place

_MODIFIERS = (
    r"(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|pub(?:\([^)]*\))?|unsafe|extern"
    r"|override|open|sealed|data|case|inline|virtual|partial|local|declare|const|readonly|suspend|mutating)\s+)*"
)
_KEYWORDS = (
    r"class|interface|struct|enum|union|trait|impl|fn|func|fun|function\*?|def|defp|defmodule|defmacro|module|namespace"
    r"|object|record|protocol|extension|sub|macro|actor|mod|mixin|contract|procedure|subroutine|package|type|message"
)
_KEYWORD = (
    rf"{_MODIFIERS}(?:{_KEYWORDS})\s+(?:<[^>]*>\s*|\([^)]*\)\s*)?"
    r"(?:\[[^\]]*\]\s*=\s*|\w+\s*=\s*)?([A-Za-z_$][\w.:$?!-]*)"  # MATLAB names what it returns before itself
)
_ASSIGNED = r"(?:export\s+)?(?:const|let|var)\s+([\w$]+)\s*=\s*(?:async\s*)?(?:function\b|\([^)]*\)\s*=>|\w+\s*=>)"
_NOT_A_METHOD = r"(?!(?:if|for|while|switch|return|catch|else|new|do|sizeof|throw|await|delete|case|goto|defined)\b)"
_METHOD = (
    rf"{_NOT_A_METHOD}(?:(?:[\w<>\[\],.:&*~?@]+\s+)+[*&]*{_NOT_A_METHOD}([\w:~]+)\s*\([^;=]*\)[\w\s]*\{{?\s*$"
    r"|([\w$]+)\s*\([^;=]*\)\s*\{\s*$)"
)

_DEFAULT = re.compile(rf"(\s*)(?:{_KEYWORD}|{_ASSIGNED})")
_BRACES = re.compile(rf"(\s*)(?:{_KEYWORD}|{_ASSIGNED}|{_METHOD})")
_PYTHON = re.compile(r"(\s*)(?:async\s+)?(?:def|class)\s+(\w+)")
_SQL = re.compile(
    r"(\s*)create\s+(?:or\s+replace\s+)?(?:(?:temp|temporary|unique|materialized|global)\s+)*"
    r"(?:table|view|function|procedure|index|trigger|type|schema)\s+(?:if\s+not\s+exists\s+)?([\w.\"`\[\]]+)",
    re.IGNORECASE,
)
_LISP = re.compile(
    r"(\s*)\((?:defn-?|defmacro|defmulti|defmethod|defprotocol|defrecord|deftype|defun|define|ns|def)"
    r"\s+\(?([^\s()\[\]]+)"
)
_HASKELL = re.compile(r"(\s*)(?:(\w[\w']*)\s*::|(?:module|class|data|newtype|type|instance)\s+([\w.]+))")
_R = re.compile(r"(\s*)([\w.]+)\s*(?:<-|=)\s*function\b")
_SHELL = re.compile(r"(\s*)(?:function\s+)?([\w:-]+)\s*\(\s*\)")
_SECTIONS = re.compile(r"(\s*)\[+\s*([^\]\n]+?)\s*\]+\s*(?:[#;].*)?$")
_TARGETS = re.compile(r"()([\w./%-]+)\s*:(?!=)")
_NONE = re.compile(r"(?!)")
_REACHING_TO_THE_NEXT = (_SECTIONS, _HASKELL, _SQL)
_BRACED = (
    *("c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "cu", "m", "mm", "ino", "d", "cs", "java", "dart"),
    *("groovy", "js", "jsx", "mjs", "ts", "tsx", "php"),
)
_PATTERNS = {
    ext: pattern
    for pattern, exts in {
        _PYTHON: ("py", "pyi", "pyw", "pyx"),
        _SQL: ("sql", "psql", "ddl"),
        _LISP: ("clj", "cljs", "cljc", "lisp", "lsp", "el", "scm", "rkt"),
        _HASKELL: ("hs", "lhs", "purs", "idr"),
        _R: ("r",),
        _SHELL: ("sh", "bash", "zsh", "ksh"),
        _SECTIONS: ("toml", "ini", "cfg", "conf", "cnf", "desktop", "service"),
        _TARGETS: ("mk", "mak", "make"),
        _BRACES: _BRACED,
        _NONE: ("yaml", "yml", "properties"),
    }.items()
    for ext in exts
}
_MAKEFILE_NAMES = ("makefile", "gnumakefile")
_LEAD = re.compile(r"\s*(?:#(?!\s*(?:if|else|endif|define|include)\b)|//|/?\*|--|;;|@|%|\"\"\")")
"""Comments and decorators: right above a definition they belong to it."""
_CONTINUES = re.compile(
    r"\s*(?:[{}()\[\]#/*;:,%\"'@-]|(?:end|else|elif|then|begin|public|private|protected|case|default)\b)"
)
"""A line that, though not indented, does not end the definition before it."""
_LONGEST_LINE = 200


class CodeReader:
    """Programs and configuration."""

    name = "code"

    def score(self, name: str, head: bytes) -> int | None:
        if kind_of(name).reader == self.name:
            return NAMED
        return LIKELY if head.startswith(b"#!") and not extension(name) else None

    def read(self, file: BinaryIO, name: str, limits: Limits) -> Document:
        ext = "mk" if name.lower() in _MAKEFILE_NAMES else extension(name)
        pattern = _PATTERNS.get(ext, _DEFAULT)
        return text_document(file, limits, "code", lambda text: (None, symbol_places(text, pattern)))


def symbol_places(text: str, pattern: re.Pattern[str]) -> tuple[Place, ...]:
    """Where the text changes from one definition to another, as `Outer.inner`; no heading outside any.

    A definition reaches as far as its lines are indented deeper than itself; where indentation says nothing, as far as
    the next.
    """
    places: list[Place] = []
    open_: list[tuple[int, str]] = []
    lead_start: int | None = None
    at = 0
    for line in text.split("\n"):
        start, at = at, at + len(line) + 1
        stripped = line.lstrip()
        if not stripped:
            lead_start = None
            continue
        match = pattern.match(line) if len(line) <= _LONGEST_LINE else None
        indent = len(line) - len(stripped)
        if match or not (pattern in _REACHING_TO_THE_NEXT or _CONTINUES.match(line)):
            while open_ and indent <= open_[-1][0]:
                open_.pop()
        if match:
            open_.append((indent, next(group for group in match.groups()[1:] if group).rstrip(":.")))
        _move_to(
            places,
            ".".join(name for _, name in open_)[:HEADING_CHARS] or None,
            start if lead_start is None or not match else lead_start,
        )
        if match or not _LEAD.match(line):
            lead_start = None
        elif lead_start is None:
            lead_start = start
    return tuple(places)


def _move_to(places: list[Place], heading: str | None, start: int) -> None:
    if heading == (places[-1].heading if places else None):
        return
    while places and places[-1].start >= start:
        places.pop()
    places.append(Place(start, heading=heading))
