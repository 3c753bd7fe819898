"""The `inkling` command: parses, hands over to the module that does it, and turns every end into an exit status.

Each command's module is imported only when it is called.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from finder import __version__
from finder.cli.parser import build_parser
from finder.cli.screen import prepare_streams, print_json, show_error
from finder.errors import CancelledError, EnvironmentFaultError, FinderError, UsageFaultError
from finder.paths import Home, display

if TYPE_CHECKING:
    from finder.service.app_door import Wish

FAILED = 2
"""The exit status of every error; 0 is found, 1 is nothing above weak."""
INTERRUPTED = 130
READER_GONE = 141
"""128 + SIGINT and 128 + SIGPIPE, as shells have it."""


def main() -> None:
    """The `inkling` command. Ends the process with its exit status; nobody ever sees a traceback."""
    prepare_streams()
    try:
        options = build_parser().parse_args()
    except UsageFaultError as error:
        _report(error, "--json" in sys.argv)
        sys.exit(FAILED)
    if options.command is None:
        sys.exit(_open_window(options))
    sys.exit(_status_of(options))


def _open_window(options: Namespace) -> int:
    """The app, by its name alone: the engine does not know it, and is installed and tested without a line of Qt."""
    app = importlib.import_module("ui.app")
    home = [] if options.home is None else ["--home", options.home]
    return int(app.main([*home, *(["--hidden"] if options.hidden else [])]))


def _status_of(options: Namespace) -> int:
    home: Home | None = None
    as_json = getattr(options, "json", False)
    try:
        home = Home.locate(options.home)
        status = COMMANDS[options.command](home, options)
        sys.stdout.flush()
    except (KeyboardInterrupt, CancelledError):
        return INTERRUPTED
    except BrokenPipeError:  # inkling find x | head -1
        _print_no_more()
        return READER_GONE
    except FinderError as error:
        _report(error, as_json)
        return FAILED
    except OSError as error:  # the disk that the answer goes to is full, the folder one is in was deleted
        _report(_fault_of(error), as_json)
        _print_no_more()
        return FAILED
    except Exception as error:  # noqa: BLE001 -- the last door: a bug is written down, and said in words
        _report(_bug(error, home), as_json)
        return FAILED
    return status


def _report(error: FinderError, as_json: bool) -> None:
    """In words on stderr; with --json as one object on stdout, unless nothing can be written there."""
    if as_json:
        try:
            print_json({"error": error.to_json()})
            sys.stdout.flush()
        except OSError:
            _print_no_more()
        else:
            return
    show_error(error)


def _print_no_more() -> None:
    """What is still to be written goes nowhere, so that the end of the process does not try again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fault_of(error: OSError) -> FinderError:
    try:
        os.getcwd()
    except FileNotFoundError:
        return EnvironmentFaultError("The folder you are in does not exist any more", hint="Change to another one.")
    path = display(os.fsencode(error.filename)) if isinstance(error.filename, str | bytes) else None
    return EnvironmentFaultError(
        "The system refused", error.strerror or str(error), "Check the disk and your rights, and try again.", path
    )


def _find(home: Home, options: Namespace) -> int:
    from finder.cli.finding import find

    query = " ".join(options.query)
    if options.show:
        if options.folders or options.json:
            hint = 'Name the folder in the query: inkling find --show "letter in:Documents"'
            raise UsageFaultError("--show goes with neither --in nor --json", hint=hint)
        return _show(home, {"show": "find", "query": query})
    return find(
        home, query, options.folders, options.mode, options.limit, options.profile, options.json, not options.no_wait
    )


def _popup(home: Home, options: Namespace) -> int:
    return _show(home, {"show": "popup"})


def _show(home: Home, wish: Wish) -> int:
    """Have the app show it; the answer is on the screen."""
    from finder.service.app_door import show

    show(home, wish)
    return 0


def _index(home: Home, options: Namespace) -> int:
    from finder.cli.indexing import index

    return index(home, options.folders, not options.once, options.yes, options.json)


def _forget(home: Home, options: Namespace) -> int:
    from finder.cli.indexing import forget

    return forget(home, options.folder, options.yes, options.json)


def _exclude(home: Home, options: Namespace) -> int:
    from finder.cli import rules

    if not options.patterns and not options.remove:
        return rules.show(home, options.json)
    return rules.change(home, options.patterns, options.remove, options.json)


def _settings(home: Home, options: Namespace) -> int:
    from finder.cli import settings

    if options.value is None:
        return settings.show(home, options.name, options.json)
    return settings.change(home, options.name, options.value, options.json)


def _status(home: Home, options: Namespace) -> int:
    from finder.cli import status

    return status.failed(home, options.json) if options.failed else status.status(home, options.json)


def _why(home: Home, options: Namespace) -> int:
    from finder.cli.status import why

    return why(home, options.file, options.json)


def _pause(home: Home, options: Namespace) -> int:
    from finder.cli.status import pause

    return pause(home, options.minutes, options.json)


def _resume(home: Home, options: Namespace) -> int:
    from finder.cli.status import resume

    return resume(home, options.json)


def _doctor(home: Home, options: Namespace) -> int:
    from finder.cli.doctor import doctor

    return doctor(home, options.json)


def _similar(home: Home, options: Namespace) -> int:
    from finder.cli.similar import show_in_app, similar

    if options.show:
        return show_in_app(home, options.files)
    return similar(home, options.files, options.folders, options.limit, options.json)


def _duplicates(home: Home, options: Namespace) -> int:
    from finder.cli.duplicates import duplicates

    return duplicates(home, options.folder, options.json)


def _topics(home: Home, options: Namespace) -> int:
    from finder.cli.topics import topics

    return topics(home, options.folder, options.json)


def _evaluate(home: Home, options: Namespace) -> int:
    from finder.cli.evaluating import evaluate, evaluate_mine

    if options.mine:
        return evaluate_mine(home, options.modes, options.queries, options.profile, options.run, options.json)
    if options.queries is not None:
        raise UsageFaultError("--queries goes with --mine", hint="A set has queries of its own.")
    return evaluate(home, options.set, options.modes, options.profile, options.run, options.json)


def _metrics(home: Home, options: Namespace) -> int:
    from finder.cli.metrics import metrics

    return metrics(home)


def _model(home: Home, options: Namespace) -> int:
    from finder.cli import model, model_files, model_server

    if options.action == "list":
        return model.show_list(home, options.json)
    if options.action == "info":
        return model.show_info(home, options.name, options.json)
    if options.action == "download":
        return model_files.download(home, options.name, options.source, options.json)
    if options.action == "remove":
        return model_files.remove(home, options.name, options.yes, options.json)
    if options.action == "check":
        return model_files.check(home, options.name, options.json)
    if model_server.is_wanted(options):
        return model_server.use(home, options)
    return model.use(home, options.name, options.dimension, options.yes)


def _service(home: Home, options: Namespace) -> int:
    from finder.cli import service

    if options.action == "status":
        return service.status(home, options.json)
    return {"run": service.run, "start": service.start, "stop": service.stop}[options.action](home)


def _integrate(home: Home, options: Namespace) -> int:
    from finder.cli import integrate

    if options.action == "status":
        return integrate.status(home, options.names, options.json)
    return integrate.change(home, options.action, options.names, options.json)


COMMANDS: dict[str, Callable[[Home, Namespace], int]] = {
    "find": _find,
    "popup": _popup,
    "similar": _similar,
    "duplicates": _duplicates,
    "topics": _topics,
    "index": _index,
    "forget": _forget,
    "exclude": _exclude,
    "settings": _settings,
    "status": _status,
    "why": _why,
    "pause": _pause,
    "resume": _resume,
    "doctor": _doctor,
    "evaluate": _evaluate,
    "metrics": _metrics,
    "model": _model,
    "service": _service,
    "integrate": _integrate,
}


def _bug(error: Exception, home: Home | None) -> FinderError:
    """Write where it happened into the home's log: without the message, which may quote a document or a query."""
    from finder.workers.bugs import trace_of

    title = f"this is a bug in Inkling ({type(error).__name__})."
    unlogged = FinderError(title, hint="Please report it with the output of: inkling doctor")
    if home is None:
        return unlogged
    log = home.logs / "cli.log"
    try:
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        log.write_text(f"Inkling {__version__}\n{trace_of(error)}\n", encoding="utf-8")
    except OSError:
        return unlogged
    hint = f"Please report it with the output of `inkling doctor` and the file {log}, which quotes no document."
    return FinderError(title, hint=hint)
