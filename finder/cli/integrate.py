"""`integrate install|remove|status`: what Inkling adds to other programs, and takes away again."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Literal, TypedDict

from finder.cli.screen import print_json, printable, short_path, show_error
from finder.errors import EnvironmentFaultError, FinderError
from finder.integrate.program import Program, installed_program
from finder.integrate.target import Kind, State, Target, status_of
from finder.integrate.targets import all_targets, named, unasked
from finder.paths import Home

_WORDS: dict[State, str] = {
    "on": "added",
    "off": "-",
    "outdated": "outdated",
    "broken": "does not work",
    "damaged": "damaged",
}
_AGAIN = "Bring it up to date with: inkling integrate install"


class TargetState(TypedDict):
    """One target, as `--json` has it."""

    name: str
    title: str
    kind: Kind
    is_there: bool
    state: State
    detail: str
    takes_effect: str
    places: list[str]


def status(home: Home, names: Sequence[str], as_json: bool) -> int:
    """Show what is added; 1 where something that was added does not work."""
    targets = all_targets()
    program = None
    with contextlib.suppress(EnvironmentFaultError):  # what is added can be looked at all the same
        program = installed_program(home)
    states = [_state(target, program) for target in (named(targets, names) if names else targets)]
    _show(states, as_json)
    return 1 if any(state["state"] in ("outdated", "broken", "damaged") for state in states) else 0


def change(home: Home, action: Literal["install", "remove"], names: Sequence[str], as_json: bool) -> int:
    """Add to the targets named, or take away; one that fails does not keep the others from it: 2 at the end."""
    targets = all_targets()
    program = installed_program(home) if action == "install" else None
    chosen = named(targets, names) if names else targets if program is None else _to_install(targets, program)
    errors = [error for target in chosen if (error := _changed(target, program)) is not None]
    _show([_state(target, program) for target in chosen], as_json)
    for error in errors:
        show_error(error)
    return 2 if errors else 0


def _to_install(targets: Sequence[Target], program: Program) -> list[Target]:
    """Without names: what is here, and whatever was added before and wants to be brought up to date."""
    stale = [target for target in targets if status_of(target, program).state in ("outdated", "broken")]
    wanted = {target.name for target in (*unasked(targets), *stale)}
    return [target for target in targets if target.name in wanted]


def _changed(target: Target, program: Program | None) -> FinderError | None:
    try:
        if program is None:
            target.remove()
        else:
            target.install(program)
    except FinderError as error:
        return error
    except OSError as error:
        words = f"{target.title} could not be changed"
        return EnvironmentFaultError(words, error.strerror or str(error), "Check your rights.", error.filename)
    return None


def _state(target: Target, program: Program | None) -> TargetState:
    found = status_of(target, program)
    return {
        "name": target.name,
        "title": target.title,
        "kind": target.kind,
        "is_there": target.is_there(),
        "state": found.state,
        "detail": found.detail,
        "takes_effect": target.takes_effect,
        "places": [str(place) for place in target.places],
    }


def _show(states: Sequence[TargetState], as_json: bool) -> None:
    if as_json:
        print_json({"targets": states})
        return
    for state in states:
        words = _WORDS[state["state"]] if state["is_there"] or state["state"] != "off" else "not here"
        print(f"{state['name']:<18} {words:<14} {state['title']}")
        for line in _lines(state):
            print(f"{'':<33} {printable(line)}")


def _lines(state: TargetState) -> list[str]:
    if state["state"] == "off":
        return []
    if state["state"] == "on":
        return [state["takes_effect"]] if state["takes_effect"] else []
    again = [] if state["state"] == "damaged" else [_AGAIN]
    return [short_path(state["detail"]), *again]
