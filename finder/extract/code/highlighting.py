"""What in a program is a keyword, a string, a comment, a number, a name that is given. The only importer of Pygments.

For a worker with a deadline: a lexer is made of regular expressions, and a hostile text may keep one busy for ever.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Literal, get_args

from pygments.lexer import Lexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType

TokenKind = Literal["keyword", "string", "comment", "number", "name"]
TOKEN_KINDS: tuple[TokenKind, ...] = get_args(TokenKind)
Token = tuple[int, int, int]
"""Start and end in characters of the text, and the number of its kind in `TOKEN_KINDS`."""

_LEXERS = {
    "python.PythonLexer": ".py .pyi .pyw",
    "javascript.JavascriptLexer": ".js .mjs .cjs .jsx",
    "javascript.TypeScriptLexer": ".ts .tsx",
    "c_cpp.CLexer": ".c .h",
    "c_cpp.CppLexer": ".cc .cpp .cxx .hh .hpp .hxx",
    "dotnet.CSharpLexer": ".cs",
    "jvm.JavaLexer": ".java",
    "jvm.KotlinLexer": ".kt .kts",
    "go.GoLexer": ".go",
    "rust.RustLexer": ".rs",
    "ruby.RubyLexer": ".rb",
    "php.PhpLexer": ".php",
    "perl.PerlLexer": ".pl .pm",
    "r.SLexer": ".r",
    "shell.BashLexer": ".sh .bash .zsh",
    "sql.SqlLexer": ".sql",
    "data.JsonLexer": ".json .ipynb",
    "data.YamlLexer": ".yaml .yml",
    "configs.TOMLLexer": ".toml",
    "configs.IniLexer": ".ini .cfg .conf .service .desktop",
    "html.HtmlLexer": ".html .htm .xhtml",
    "html.XmlLexer": ".xml .xsd .xsl .svg",
    "css.CssLexer": ".css",
    "make.MakefileLexer": ".mk makefile",
    "markup.TexLexer": ".tex .sty",
    "diff.DiffLexer": ".diff .patch",
}
"""By what a file's name ends in, lower case."""
_KINDS: tuple[tuple[_TokenType, TokenKind], ...] = (
    (Comment, "comment"),
    (String, "string"),
    (Number, "number"),
    (Keyword, "keyword"),
    (Operator.Word, "keyword"),
    (Name.Tag, "keyword"),
    (Name.Function, "name"),
    (Name.Class, "name"),
    (Name.Attribute, "name"),
)
_loaded: dict[str, Lexer] = {}


def preload() -> None:
    """Make every lexer, and have it read a word: some import their word lists only then."""
    for where, endings in _LEXERS.items():
        module, name = where.split(".")
        lexer = getattr(importlib.import_module(f"pygments.lexers.{module}"), name)()
        list(lexer.get_tokens_unprocessed("x"))
        _loaded.update(dict.fromkeys(endings.split(), lexer))


def tokens(text: str, name: str) -> Iterator[Token]:
    """What stands out in a program, in order.

    Args:
        name: the file's, which says the language; nothing stands out in what is none that is known.
    """
    ending = re.search(r"(\.[^.]*|makefile)\Z", name.lower())
    lexer = _loaded.get(ending[1]) if ending is not None else None
    if lexer is None:
        return
    for start, kind, value in lexer.get_tokens_unprocessed(text):
        known = next((mine for theirs, mine in _KINDS if kind in theirs), None)
        if known is not None and value.strip():
            yield start, start + len(value), TOKEN_KINDS.index(known)
