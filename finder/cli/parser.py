"""The commands, their options and their help. Imports nothing heavy.

argparse, because a warm `inkling find` has half a second from the start of the process to its printed answer: it is
ready in 15 ms of processor time, where typer takes 140 (it imports pydantic where that is installed).
"""

from __future__ import annotations

import argparse
from typing import NoReturn, TypeAlias, get_args

from finder import __version__
from finder.cli.screen import printable
from finder.types import Mode

_LARGEST_LIMIT = 1000
_EPILOG = """\
Begin with: inkling find "what you remember of the file" --in FOLDER
Exit status: 0 found (or done), 1 nothing that fits, 2 error."""

_Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong and what to do next, as every other error is said."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"inkling: {printable(message)}\n  See: {self.prog} --help\n")


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; what is parsed has `command`, and `action` for `service`."""
    parser = _Parser(
        prog="inkling",
        description="Find a file from an inkling of what is in it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"inkling {__version__}")
    _add_home(parser, default=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_searching(commands)
    _add_indexing(commands)
    _add_looking(commands)
    _add_service(commands)
    return parser


def _add_searching(commands: _Commands) -> None:
    find = _add(commands, "find", "find files by what is in them")
    find.add_argument("query", nargs="+", metavar="QUERY", help="what you remember of the file, in your own words")
    find.add_argument(
        "--in",
        dest="folders",
        action="append",
        default=[],
        metavar="DIR",
        help="search in this folder, again for more; it is indexed first if it is not yet",
    )
    find.add_argument("--mode", choices=get_args(Mode), default="hybrid", help="default: hybrid, meaning and words")
    find.add_argument("--limit", type=_limit, default=10, metavar="N", help="at most so many files; default: 10")
    find.add_argument("--no-wait", action="store_true", help="answer from what is there, and say what is missing")
    _add_json(find)

    evaluate = _add(commands, "evaluate", "measure how well it finds, on a set with known answers")
    evaluate.add_argument("set", metavar="SET", help="folder with corpus.jsonl, queries.jsonl, qrels.tsv (BEIR)")
    evaluate.add_argument(
        "--mode",
        dest="modes",
        action="append",
        choices=get_args(Mode),
        help="measure this one, again for more; default: all",
    )
    evaluate.add_argument(
        "--run", metavar="FILE", help="also write the ranking of one mode (hybrid, or the first --mode)"
    )
    _add_json(evaluate)


def _add_indexing(commands: _Commands) -> None:
    index = _add(commands, "index", "index folders, and say what could not be read")
    index.add_argument("folders", nargs="+", metavar="DIR")
    index.add_argument("--once", action="store_true", help="do not watch them for changes afterwards")
    _add_json(index)

    forget = _add(commands, "forget", "take a folder out of the index; its files are not touched")
    forget.add_argument("folder", metavar="DIR")
    forget.add_argument("--yes", "-y", action="store_true", help="do not ask")

    pause = _add(commands, "pause", "let indexing rest; searching goes on")
    pause.add_argument("minutes", nargs="?", type=_minutes, metavar="MINUTES", help="go on by itself after so long")
    _add(commands, "resume", "go on indexing")


def _add_looking(commands: _Commands) -> None:
    _add_json(_add(commands, "status", "show what is indexed and what is going on"))
    why = _add(commands, "why", "say why a file can be found, or why it cannot")
    why.add_argument("file", metavar="FILE")
    _add_json(why)
    _add_json(_add(commands, "doctor", "check what Inkling needs, and say how to mend it"))


def _add_service(commands: _Commands) -> None:
    service = _add(commands, "service", "the background service; other commands start it when needed")
    actions = service.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    _add(actions, "run", "be the service, here, until Ctrl+C")
    _add(actions, "start", "start it in the background")
    _add(actions, "stop", "stop it; nothing is lost")
    _add(actions, "status", "say whether it runs; exit status 1 where it does not")


def _add(commands: _Commands, name: str, words: str) -> _Parser:
    parser = commands.add_parser(name, help=words, description=words[0].upper() + words[1:] + ".", allow_abbrev=False)
    _add_home(parser, default=argparse.SUPPRESS)
    return parser


def _add_home(parser: argparse.ArgumentParser, default: str | None) -> None:
    """A global option, which people also write behind the command: only where it is given does it count there."""
    words = "the folder that holds settings, index and logs; $INKLING_HOME without it"
    parser.add_argument("--home", metavar="DIR", default=default, help=words)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _LARGEST_LIMIT:
        raise argparse.ArgumentTypeError(f"a number from 1 to {_LARGEST_LIMIT} is needed")
    return int(text)


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes < float("inf"):
        raise argparse.ArgumentTypeError("a number of minutes is needed")
    return minutes
