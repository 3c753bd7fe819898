"""`exclude`: the user's own rules about what is left out of the index."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from typing import cast

from finder.cli.screen import count, print_json, printable, short_path
from finder.errors import UsageFaultError
from finder.files.rules import is_place
from finder.paths import Home, absolute, display, path_to_uri, uri_to_path
from finder.service.client import connect
from finder.service.protocol.indexing import Excluded


def show(home: Home, as_json: bool) -> int:
    """Name the rules, in the order in which they count."""
    with connect(home) as client:
        excluded = cast(Excluded, client.call("exclude", {}))
    if as_json:
        print_json({"patterns": excluded["patterns"]})
    elif excluded["patterns"]:
        print("\n".join(_shown(rule) for rule in excluded["patterns"]))
    else:
        print("No rules of your own. Keys, passwords, caches and build outputs are left out anyway.")
    return 0


def change(home: Home, names: Sequence[str], is_removal: bool, as_json: bool) -> int:
    """Add rules or take them back, and say what followed.

    Raises:
        UsageFaultError: nothing was named, or a rule is none; nothing was changed.
    """
    if not names:
        raise UsageFaultError("No rule was named", hint="To see yours: inkling exclude")
    with connect(home) as client:
        if is_removal:
            known = cast(Excluded, client.call("exclude", {}))["patterns"]
            rules = [name if name in known else rule_of(name) for name in names]
        else:
            rules = [rule_of(name) for name in names]
        excluded = cast(Excluded, client.call("exclude", {"remove" if is_removal else "add": rules}))
    if as_json:
        print_json({"rules": rules, **excluded})
    elif is_removal:
        print(f"Taken back: {_listed(rules)}. What it left out is indexed again.")
    else:
        print(_summary(rules, excluded))
    return 0


def rule_of(name: str) -> str:
    """The rule that a person means: one file or folder where `name` is a path to it, else a pattern."""
    looks_like_path = name.startswith(("~", os.sep)) or os.sep in name.rstrip(os.sep)
    if looks_like_path and not name.startswith("!") and os.path.lexists(os.path.expanduser(name)):
        return path_to_uri(absolute(name))
    return name


def _summary(rules: Sequence[str], excluded: Excluded) -> str:
    left = f"{count(excluded['files'], 'file')} left the index"
    if not excluded["files"]:
        left = "No indexed file matches it now"
    if not excluded["is_erased"]:
        left = "It can be found no more, and is being erased from the index: inkling status tells when it is done"
    undo = shlex.join(_shown(rule) for rule in rules)
    if all(rule.startswith("!") for rule in rules):
        return f"Taken back in: {_listed(rules)}. To undo it: inkling exclude --remove {undo}"
    return (
        f"Left out: {_listed(rules)}. {left}; the files themselves are not touched.\n"
        f"To undo it: inkling exclude --remove {undo}"
    )


def _listed(rules: Sequence[str]) -> str:
    return ", ".join(_shown(rule) for rule in rules)


def _shown(rule: str) -> str:
    return short_path(display(uri_to_path(rule))) if is_place(rule) else printable(rule)
