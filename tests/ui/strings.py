"""Finds what the app says: every `tr` in its source, with its English and what tells two meanings apart."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from finder.embed.canaries import SENTENCES as CANARIES

ROOT = Path(__file__).parents[2]


@cache
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


# What the service says

_SILENT = (
    *(
        "finder/cli/",
        "finder/evaluate",
        "finder/integrate/",
        "finder/log.py",
        "finder/text.py",
        "finder/crashpoints.py",
    ),
    *(
        "finder/embed/deterministic.py",
        "finder/search/reason.py",
        "finder/search/likeness/rows.py",
        "finder/service/main.py",
    ),
    *("finder/search/language/filters.py", "finder/search/language/times.py", "finder/workers/seccomp.py"),
    "finder/embed/models.py",
)
"""The terminal, tests of quality, samples, prompts, names of fields; what the app has its own words for."""
_ONLY_ERRORS = ("finder/store/", "finder/service/reports.py", "finder/service/status.py")
"""Their other literals are SQL; what of them is shown stands below."""
_ALL_WORDS = tuple(
    f"finder/{name}.py"
    for name in (
        *("files/defaults", "files/rules", "files/scan", "index/presence", "index/purging", "service/deaths"),
        *("service/upkeep", "service/failures", "service/requests/resting", "workers/recognition", "embed/line"),
        *("embed/replies", "embed/endpoint"),
    )
)
"""Reasons are put into a sentence there, and begin with a small letter."""
_NOT_WATCHED = (
    "folders are not watched, as the system's limit is reached; they are looked at every few minutes instead."
)
PUT_TOGETHER = frozenset({
    *("%1 file", "%1 files", "%1 passage", "%1 passages", "%1 vector", "%1 vectors"),
    *("%1 seen so far", "%1 to go", "%1 so far", "folders are to be looked at", "its store is not open yet"),
    *("scanning", "reading", "embedding", "feeding", "purging", "languages"),
    *("by you", "not started yet", "Indexed.", "It is %1"),
    "%1%2. To try it at once: inkling resume",
    "What you excluded or forgot can be found no more; its bytes are being erased%1.",
    "telling in which language documents are",
    "Since the update the languages of documents are being told; lang: finds only some yet.",
    "The model gives no sound vector for %1: what is in there is found by its words alone.",
    "The model that you chose is not to be had; until it is, another one answers. %1",
    *(f"{many}%1 of %2 {_NOT_WATCHED} %3" for many in ("", "More than ")),
    "It is longer than is kept: its first %1 characters are indexed",
    "It does not say how it is encoded; %1 was guessed",
    *("left out by your own rule, %1", "recognised from pictures", "recognised from pictures: %1"),
    "%1 scanned page%2 not read: at most %3 of a file are, in %4 s",
    *("attachment %1: %2", "message %1: %2", "member %1: %2", "attachment %1: Nested too deeply"),
    "member %1: Damaged (%2)",
    "%1 has no text to compare: files of the same type are compared with it by their names.",
    "%1 is not indexed, so it was not searched. To add it: inkling index DIR",
    ": searched for its words.",
    *("waiting for another search for copies", "waiting for another map", "waiting until what was excluded is erased"),
    "%1 gives this model to people who have asked for it alone",
    *("%1 has no such model", "%1 is not asked: HF_HUB_OFFLINE is set", "%1 answered with status %2"),
    *("%1 cannot be reached: %2", "%1 ended before the file did", "transformers cannot load it (%1)."),
    *("it tells the architecture", "it tells the pooling", "%1 is no JSON.", "Use: %1", "Use %1 to %2."),
    *("an Apple graphics processor", "an AMD graphics processor", "an NVIDIA graphics processor"),
    *("over 100, and programming languages", "about 100", "the server at %1"),
})  # fmt: skip
"""Said too, and not to be seen in the source as it is said: it is put together there, or names a part of a sentence."""
_NO_SENTENCES = frozenset({
    *("Bearer %1", "PowerPoint Document", "Current User", "files.id, folder_id, name, code, reason", "%1 alone"),
    *("Album artist", "Engineered by", "Made by %1", "%1 scanned page%2 not read"),
    "%1: at most %2 of a file are, in %3 s",
    f"%1 {_NOT_WATCHED} %2",
    *("gives this model to people who have asked for it alone", "has no such model", "ended before the file did"),
    *("is not asked: HF_HUB_OFFLINE is set", "answered with status %1", "cannot be reached: %1"),
    *CANARIES,
})  # fmt: skip
"""Data, and halves of what stands above."""
_MUTE_CALLS = frozenset({"execute", "executemany", "executescript", "add_argument", "compile", "reached", "getLogger"})
_LOUD = frozenset({"debug", "info", "warning", "error", "exception"})
_BUGS = frozenset({"ValueError", "RuntimeError", "AssertionError", "TypeError", "KeyError", "NotImplementedError"})
_THINGS = re.compile(r"(?:an?|data for) [a-z ]+")
"""What a file is, in a reason: "a picture"."""


@cache
def sentences() -> dict[str, str]:
    """Every sentence that the service may say, `%1` for what is put into it, and the file that says it."""
    found: dict[str, str] = {}
    for path in [*sorted((ROOT / "finder").rglob("*.py")), ROOT / "ui" / "link.py"]:
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(_SILENT):
            found |= dict.fromkeys(_said_in(ast.parse(path.read_text(encoding="utf-8")), name), name)
    return found


def _said_in(tree: ast.Module, name: str) -> Iterator[str]:
    mute: set[int] = set()
    errors: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            mute.add(id(node.value))  # a docstring
        elif isinstance(node, ast.JoinedStr | ast.Subscript | ast.AnnAssign):
            inner = {ast.JoinedStr: "values", ast.Subscript: "slice", ast.AnnAssign: "annotation"}[type(node)]
            parts = getattr(node, inner)
            for part in parts if isinstance(parts, list) else [parts]:
                mute |= {id(below) for below in ast.walk(part)}
        elif isinstance(node, ast.Call):
            called = _name_of(node)
            if called in _MUTE_CALLS | _BUGS or (called in _LOUD and ast.unparse(node.func).startswith("_log")):
                mute |= {id(below) for below in ast.walk(node)}
            elif called.endswith("Error"):
                errors |= {id(below) for below in ast.walk(node)}
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and _name_of(node.exc) not in _BUGS:
            errors |= {id(below) for below in ast.walk(node.exc)}  # what makes an error of a cause
    for node in ast.walk(tree):
        text = _template(node)
        if id(node) in mute or text is None or not _is_sentence(text):
            continue
        is_plain = text[0].isupper() or text[0] in "%“" or name in _ALL_WORDS or _THINGS.fullmatch(text)
        if id(node) in errors or (is_plain and not name.startswith(_ONLY_ERRORS)):
            yield text


def _name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _template(node: ast.AST) -> str | None:
    """A literal as it is looked up: what is put into it numbered, as `tr` has it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.strip()
    if not isinstance(node, ast.JoinedStr):
        return None
    numbers = iter(range(1, 10))
    parts = (part.value if isinstance(part, ast.Constant) else f"%{next(numbers)}" for part in node.values)
    return "".join(map(str, parts)).strip()


def _is_sentence(text: str) -> bool:
    letters = re.sub(r"%\d|[^a-z]", "", text)
    is_command = text.startswith(("inkling ", "Given ")) or "%(" in text  # or an instruction for a model
    return " " in text and "\n" not in text and len(letters) > 4 and not is_command and text not in _NO_SENTENCES
