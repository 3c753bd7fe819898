"""The commands, their options and their help. Imports nothing heavy.

argparse, because a warm `inkling find` has half a second from the start of the process to its printed answer: it is
ready in 15 ms of processor time, where typer takes 140 (it imports pydantic where that is installed).
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from typing import Any, NoReturn, TypeAlias, get_args

from finder import __version__
from finder.cli.screen import nearest
from finder.errors import UsageFaultError
from finder.types import Mode

_LARGEST_LIMIT = 1000
_LARGEST_DIMENSION = 99_999
_MOST_QUERIES = 1_000
DEFAULT_QUERIES = 100
"""Of `evaluate --mine`: recall is then known to within a tenth."""
_EPILOG = """\
Begin with: inkling find "what you remember of the file" --in FOLDER
Without a command, the window opens.
Exit status: 0 found (or done), 1 nothing that fits, 2 error."""

_Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong and what to do next, as every other error is said."""

    has_query = False
    """What is none of its options and begins with one "-" is part of its query."""

    def error(self, message: str) -> NoReturn:
        raise UsageFaultError(message, hint=f"See: {self.prog} --help")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        names = [str(choice) for choice in action.choices or ()]
        near = nearest(str(value), names) if value not in names else None
        if near is not None:
            raise argparse.ArgumentError(action, f"invalid choice: {value!r}. Did you mean: {near}")
        super()._check_value(action, value)

    def parse_known_args(  # type: ignore[override]  # of its overloads, the one that is called
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        return super().parse_known_args(self._parted(args) if self.has_query and args is not None else args, namespace)

    def _parted(self, args: Sequence[str]) -> list[str]:
        """Options first, then the words of the query: `-fax` and `-in:notes` are words, `--what` never is."""
        options: list[str] = []
        words: list[str] = []
        left = iter(args)
        for arg in left:
            action = self._option_string_actions.get(arg)
            if arg == "--":
                words += left
            elif action is not None and action.nargs != 0:
                options += [arg, *itertools.islice(left, 1)]
            else:
                (options if action is not None or arg.startswith("--") else words).append(arg)
        return [*options, "--", *words]


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
    parser.add_argument("--hidden", action="store_true", help="without a command: start the app, its window shut")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_searching(commands)
    _add_app(commands)
    _add_indexing(commands)
    _add_looking(commands)
    _add_model(commands)
    _add_service(commands)
    _add_integrate(commands)
    return parser


def _add_searching(commands: _Commands) -> None:
    find = _add(commands, "find", "find files by what is in them")
    find.has_query = True
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
    find.add_argument("--profile", metavar="NAME", help="what it is for: files, code, or one of your own")
    find.add_argument("--no-wait", action="store_true", help="answer from what is there, and say what is missing")
    find.add_argument("--show", action="store_true", help="in the app's window instead of here")
    _add_json(find)

    similar = _add(commands, "similar", "find copies of files, files of the same kind, and of the same subject")
    similar.add_argument("files", nargs="+", metavar="FILE", help="or file: URI, indexed or not; - for standard input")
    similar.add_argument(
        "--in", dest="folders", action="append", default=[], metavar="DIR", help="among the files of this folder"
    )
    similar.add_argument("--limit", type=_limit, default=10, metavar="N", help="at most so many of each; default: 10")
    similar.add_argument("--show", action="store_true", help="in the app; what the file managers' menus call")
    _add_json(similar)

    duplicates = _add(commands, "duplicates", "show files that are equal or nearly so; nothing is ever deleted")
    duplicates.add_argument("folder", nargs="?", metavar="DIR", help="among the files of this folder; default: all")
    _add_json(duplicates)

    topics = _add(commands, "topics", "show which subjects your files are about")
    topics.add_argument("folder", nargs="?", metavar="DIR", help="of the files in this folder; default: of all")
    _add_json(topics)

    evaluate = _add(commands, "evaluate", "measure how well it finds, on a set with known answers or on your own files")
    what = evaluate.add_mutually_exclusive_group(required=True)
    what.add_argument("set", nargs="?", metavar="SET", help="folder with corpus.jsonl, queries.jsonl, qrels.tsv (BEIR)")
    what.add_argument("--mine", action="store_true", help="ask your own index for sentences of your files, reworded")
    evaluate.add_argument(
        "--queries", type=_queries, metavar="N", help=f"with --mine: so many; default: {DEFAULT_QUERIES}"
    )
    evaluate.add_argument(
        "--mode",
        dest="modes",
        action="append",
        choices=get_args(Mode),
        help="measure this one, again for more; default: all",
    )
    evaluate.add_argument("--profile", metavar="NAME", help="as of find")
    evaluate.add_argument(
        "--run", metavar="FILE", help="also write the ranking of one mode (hybrid, or the first --mode)"
    )
    _add_json(evaluate)


def _add_indexing(commands: _Commands) -> None:
    index = _add(commands, "index", "index folders, and say what could not be read")
    index.add_argument("folders", nargs="+", metavar="DIR")
    index.add_argument("--once", action="store_true", help="do not watch them for changes afterwards")
    index.add_argument("--yes", "-y", action="store_true", help="do not ask before a whole drive is indexed")
    _add_json(index)

    forget = _add(commands, "forget", "take a folder out of the index; its files are not touched")
    forget.add_argument("folder", metavar="DIR")
    forget.add_argument("--yes", "-y", action="store_true", help="do not ask")
    _add_json(forget)

    exclude = _add(commands, "exclude", "leave files out of the index; without a pattern, show the rules")
    exclude.add_argument(
        "patterns",
        nargs="*",
        metavar="PATTERN",
        help="as in a .gitignore file, below every indexed folder; or the path of one file or folder",
    )
    exclude.add_argument("--remove", action="store_true", help="take these rules back")
    _add_json(exclude)

    settings = _add(commands, "settings", "show the settings and what they mean, or change one")
    settings.add_argument("name", nargs="?", metavar="NAME", help="show this one alone")
    settings.add_argument("value", nargs="?", metavar="VALUE", help="change it to this")
    _add_json(settings)

    pause = _add(commands, "pause", "let indexing rest; searching goes on")
    pause.add_argument("minutes", nargs="?", type=_minutes, metavar="MINUTES", help="go on by itself after so long")
    _add_json(pause)
    _add_json(_add(commands, "resume", "go on indexing"))


def _add_app(commands: _Commands) -> None:
    _add(commands, "popup", "show the quick search; bind it to a key where the desktop leaves the app none")


def _add_looking(commands: _Commands) -> None:
    status = _add(commands, "status", "show what is indexed and what is going on")
    status.add_argument("--failed", action="store_true", help="name every file that could not be read, and why")
    _add_json(status)
    why = _add(commands, "why", "say why a file can be found, or why it cannot")
    why.add_argument("file", metavar="FILE")
    _add_json(why)
    _add(commands, "metrics", "print the state of the index in Prometheus' text format")
    _add_json(_add(commands, "doctor", "check what Inkling needs, and say how to mend it"))


def _add_model(commands: _Commands) -> None:
    model = _add(commands, "model", "the embedding model")
    actions = model.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    _add_json(_add(actions, "list", "show which models there are, and which are here"))
    info = _add(actions, "info", "show what is known of one model")
    info.add_argument("name", metavar="NAME", help="as in the list, or a folder that holds a model")
    _add_json(info)
    download = _add(actions, "download", "get a model from the hub; $HF_ENDPOINT names a mirror")
    download.add_argument("name", metavar="NAME")
    download.add_argument("--from", dest="source", metavar="FOLDER", help="copy it from here instead")
    _add_json(download)
    remove = _add(actions, "remove", "delete a downloaded model")
    remove.add_argument("name", metavar="NAME")
    remove.add_argument("--yes", "-y", action="store_true", help="do not ask")
    _add_json(remove)
    check = _add(actions, "check", "read a model's files again, and compute what its card prints")
    check.add_argument("name", nargs="?", metavar="NAME", help="default: the one in use")
    _add_json(check)
    use = _add(actions, "use", "change to another model; the present one answers until the other is ready")
    use.add_argument("name", metavar="NAME", help="as in the list, a folder that holds a model, or server")
    use.add_argument("--yes", "-y", action="store_true", help="do not ask")
    use.add_argument("--dimension", type=_dimension, metavar="N", help="cut its vectors to so many numbers")
    _add_server(use)


def _add_server(use: _Parser) -> None:
    words = "inkling model use server: any OpenAI-compatible /v1/embeddings; what is not given stays as it is"
    server = use.add_argument_group("a server of one's own", words)
    server.add_argument("--url", action="append", help="its address, mostly ending in /v1; again for more")
    server.add_argument("--name", dest="server_model", metavar="MODEL", help="what the server calls its model")
    server.add_argument("--key-file", metavar="FILE", help="holds its key; without it $INKLING_SERVER_KEY")
    server.add_argument("--allow-http", action="store_true", help="let texts travel unencrypted to another computer")
    server.add_argument("--start", metavar="COMMAND", help="starts the server when there is work")
    server.add_argument("--stop", metavar="COMMAND", help="stops it when there was none for a while")
    server.add_argument("--idle", type=_minutes, metavar="MINUTES", help="for so long; default: 10")


def _add_service(commands: _Commands) -> None:
    service = _add(commands, "service", "the background service; other commands start it when needed")
    actions = service.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    _add(actions, "run", "be the service, here, until Ctrl+C")
    _add(actions, "start", "start it in the background")
    _add(actions, "stop", "stop it; nothing is lost")
    _add_json(_add(actions, "status", "say whether it runs; exit status 1 where it does not"))


def _add_integrate(commands: _Commands) -> None:
    integrate = _add(commands, "integrate", "add a menu entry to the file managers, and start with the session")
    actions = integrate.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    names = "as in the status"
    install = _add(actions, "install", 'put "Find similar files" into the menu of a file, and more')
    install.add_argument(
        "names", nargs="*", metavar="NAME", help=f"{names}; default: what is here, and nothing that starts by itself"
    )
    _add_json(install)
    remove = _add(actions, "remove", "take away what was added, and nothing else")
    remove.add_argument("names", nargs="*", metavar="NAME", help=f"{names}; default: everything")
    _add_json(remove)
    status = _add(actions, "status", "show what is added, and whether it works; exit status 1 where something does not")
    status.add_argument("names", nargs="*", metavar="NAME", help=f"{names}; default: everything")
    _add_json(status)


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


def _queries(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_QUERIES:
        raise argparse.ArgumentTypeError(f"a number from 1 to {_MOST_QUERIES} is needed")
    return int(text)


def _dimension(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _LARGEST_DIMENSION:
        raise argparse.ArgumentTypeError(f"a number from 1 to {_LARGEST_DIMENSION} is needed")
    return int(text)


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes < float("inf"):
        raise argparse.ArgumentTypeError("a number of minutes is needed")
    return minutes
