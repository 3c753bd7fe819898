"""Finds what the app says: every `tr` in its source, with its English and what tells two meanings apart."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


def said() -> dict[str, str]:
    """The key of every text in ui/, and the file that says it."""
    found = {}
    for path in sorted((ROOT / "ui").rglob("*.py")):
        for call in _calls(ast.parse(path.read_text(encoding="utf-8"))):
            found[_key(call, path)] = path.relative_to(ROOT).as_posix()
    return found


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "tr":
            yield node


def _key(call: ast.Call, path: Path) -> str:
    texts = [argument.value for argument in call.args[:2] if isinstance(argument, ast.Constant)]
    assert len(texts) == min(2, len(call.args)), f"{path}:{call.lineno}: tr wants literals, or nobody can translate it"
    source, meaning = texts[0], texts[1] if len(texts) > 1 else ""
    assert isinstance(source, str)
    return f"{source}|{meaning}" if meaning else source
