"""Which folders are entered and which files are read, each refusal with its reason in plain words.

A `Rules` is what the user chose and what is left out by default; a `FolderRules` is a `Rules` at one folder, with what
holds there. Folders are judged before they are opened, so that nothing below a refused one is ever looked at. Imports
neither scan nor watch.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from finder.errors import FinderError, UsageFaultError
from finder.extract.kinds import is_archive
from finder.files import defaults, mounts
from finder.files.identity import open_regular
from finder.files.ignore import IgnoreList
from finder.paths import is_inside, uri_to_path

Has = Callable[[bytes], bool]
"""Whether a folder holds an entry of this name."""

_SEPARATOR = os.fsencode(os.sep)
_IGNORE_FILE_LIMIT_BYTES = 256 << 10
_MOUNTS_FRESH_S = 30.0
_OWN_HOME = "the index itself"
OWN_RULE = "left out by your own rule"
"""The reason of every rule that the user made."""
_GITIGNORE = "left out by .gitignore"
_ARCHIVE = "an archive: found by name; to read inside: inkling settings reads_archives true"
_PRIVATE_KEY = re.compile(
    rb"\s*(-----BEGIN [A-Z0-9 ]*PRIVATE KEY|---- BEGIN SSH2 ENCRYPTED PRIVATE KEY|PuTTY-User-Key-File-|AGE-SECRET-KEY-)"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one file or folder."""

    is_included: bool
    is_name_only: bool = False
    """Findable by its name, and never opened."""
    reason: str = ""
    """Why it is left out or found by name only, in plain words; empty where it is simply included."""


INCLUDED = Verdict(True)


class Rules:
    """What is indexed, from the user's settings and the defaults.

    Args:
        home: the index's own home, always left out.
        patterns: the user's own, in gitignore syntax and relative to each indexed folder; they come after the
            defaults, so that `!*.pem` takes back in what a default leaves out. A `file:` URI leaves out the very file
            or folder that it names.
        use_gitignore: leave out what `.gitignore` files say, inside git work trees.
        size_limit_bytes: larger files are found by name only.
        reads_archives: read what is in archives, which are found by name only otherwise.
    Raises:
        UsageFaultError: one of `patterns` is no pattern.
    """

    def __init__(
        self,
        home: Path,
        patterns: Sequence[str],
        use_gitignore: bool,
        size_limit_bytes: int,
        reads_archives: bool = False,
    ) -> None:
        self.home = os.fsencode(home)
        self.use_gitignore = use_gitignore
        self.size_limit_bytes = size_limit_bytes
        self.reads_archives = reads_archives
        try:
            self.own = IgnoreList(pattern for pattern in patterns if not is_place(pattern))
        except ValueError as error:
            raise UsageFaultError("Not a pattern", str(error), "Write it as in a .gitignore file.") from error
        self.places = frozenset(uri_to_path(pattern) for pattern in patterns if is_place(pattern))
        self._user_home = os.fsencode(os.path.realpath(os.path.expanduser("~")))
        self._mounts: dict[bytes, str] = {}
        self._mounts_read_s = -_MOUNTS_FRESH_S

    def root(self, path: bytes) -> FolderRules:
        """The rules at a folder that was chosen itself: neither its name nor what lies above it counts against it."""
        verdict = INCLUDED
        if is_inside(path, self.home):
            verdict = _left_out(_OWN_HOME)
        elif reason := _system_reason(path):
            verdict = _left_out(reason)
        is_in_git, ignores = self._ignores_above(path)
        return FolderRules(self, path, "", verdict, is_chosen=True, is_in_git=is_in_git, ignores=ignores)

    def folder(self, root: bytes, path: bytes) -> FolderRules:
        """The rules at `path` below the chosen folder `root`, every folder on the way judged as a walk would."""
        here = self.root(root)
        for name in path[len(root) :].split(_SEPARATOR):
            if name and here.verdict.is_included:
                has = has_on_disk(here.path)
                here = here.opened(has)
                here = here.child(name, has) if here.verdict.is_included else here
        return replace(here, path=path)

    def elsewhere(self, path: bytes) -> str:
        """Why the file system mounted at `path` is left out; empty where it is not, or where nothing is mounted."""
        now_s = time.monotonic()
        if now_s - self._mounts_read_s >= _MOUNTS_FRESH_S:
            self._mounts_read_s = now_s
            self._mounts = _mounts_left_out()
        return self._mounts.get(path, "")

    def at_place(self, path: bytes) -> str:
        """Why `path` is left out because of where it is; empty where it is not."""
        if path == self.home:
            return _OWN_HOME
        if path in self.places:
            return OWN_RULE
        if path == os.path.join(self._user_home, b"Library"):
            return defaults.PROGRAM_DATA
        return _system_reason(path) or self.elsewhere(path)

    def _ignores_above(self, root: bytes) -> tuple[bool, tuple[_Ignores, ...]]:
        """The `.gitignore` files between the top of the git work tree and `root`, unless they leave out `root`."""
        if not self.use_gitignore or os.path.lexists(os.path.join(root, b".git")):
            return False, ()
        steps: list[str] = []
        found: list[_Ignores] = []
        here = root
        while (parent := os.path.dirname(here)) != here:
            steps.insert(0, os.fsdecode(os.path.basename(here)))
            here = parent
            if (ignore_list := _read_ignore_file(here)) is not None:
                found.insert(0, _Ignores(ignore_list, "/".join(steps) + "/", 0))
            if os.path.lexists(os.path.join(here, b".git")):
                is_left_out = any(
                    _decide(tuple(found), "/".join(steps[:end]) + "/") for end in range(1, len(steps) + 1)
                )
                return True, () if is_left_out else tuple(found)
        return False, ()


@dataclass(frozen=True, slots=True)
class FolderRules:
    """The rules at one folder. `verdict` is the folder's own; only where it is included do the others count."""

    rules: Rules
    path: bytes
    relative: str
    """The path below the chosen folder, ending in "/"; empty for the chosen folder itself."""
    verdict: Verdict
    is_chosen: bool = False
    """True where the user named this very folder: what lies inside does not count against it."""
    is_in_git: bool = False
    ignores: tuple[_Ignores, ...] = ()

    def opened(self, has: Has) -> FolderRules:
        """The rules once the folder's entries are known: marks that lie inside it, and its `.gitignore`."""
        if not self.is_chosen:
            for names, reason in defaults.MARKS_INSIDE:
                if all(map(has, names)) and (names != (b"CACHEDIR.TAG",) or _is_cache_tag(self.path)):
                    return replace(self, verdict=_left_out(reason))
        if not self.rules.use_gitignore:
            return self
        is_top = has(b".git")
        ignores = () if is_top else self.ignores
        is_in_git = is_top or self.is_in_git
        if is_in_git and has(b".gitignore") and (ignore_list := _read_ignore_file(self.path)) is not None:
            ignores = (*ignores, _Ignores(ignore_list, "", len(self.relative)))
        return replace(self, is_in_git=is_in_git, ignores=ignores)

    def child(self, name: bytes, has: Has) -> FolderRules:
        """The rules at the folder `name` in this one, judged without opening it.

        Args:
            has: whether this folder holds an entry: a build folder lies beside its project's file.
        """
        path = os.path.join(self.path, name)
        relative = f"{self.relative}{os.fsdecode(name)}/"
        if reason := self.rules.at_place(path):
            return replace(self, path=path, relative=relative, verdict=_left_out(reason), is_chosen=False)
        said = self.rules.own.decide(relative)
        if said is None:
            verdict = self._default_for_folder(name.lower(), relative, has)
        else:
            verdict = _left_out(OWN_RULE) if said else INCLUDED
        return replace(self, path=path, relative=relative, verdict=verdict, is_chosen=said is False)

    def file(self, name: bytes, size_bytes: int) -> Verdict:
        """What becomes of the regular file `name` in this folder."""
        relative = self.relative + os.fsdecode(name)
        said = self.rules.own.decide(relative)
        if said or (self.rules.places and os.path.join(self.path, name) in self.rules.places):
            return _left_out(OWN_RULE)
        if said is None:
            if reason := defaults.file_reason(name.lower(), size_bytes):
                return _left_out(reason)
            if _decide(self.ignores, relative):
                return _left_out(_GITIGNORE)
        if reason := defaults.name_only_reason(name.lower()):
            return Verdict(True, True, reason)
        if not self.rules.reads_archives and is_archive(name):
            return Verdict(True, True, _ARCHIVE)
        if size_bytes > self.rules.size_limit_bytes:
            return Verdict(True, True, f"larger than {self.rules.size_limit_bytes >> 20} MiB")
        return INCLUDED

    def _default_for_folder(self, name: bytes, relative: str, has: Has) -> Verdict:
        if reason := defaults.folder_reason(name, has):
            return _left_out(reason)
        return _left_out(_GITIGNORE) if _decide(self.ignores, relative) else INCLUDED


def is_place(pattern: str) -> bool:
    """True for a rule that names one file or folder, rather than a pattern."""
    return pattern.startswith("file:///")


def is_rule_mark(name: bytes) -> bool:
    """True where an entry of this name, coming or going, may change what else in its folder is indexed."""
    return name in _RULE_MARKS


def holds_private_key(head: bytes) -> bool:
    """True where a file that begins with `head` (1 KiB is enough) begins as a private key, whatever it is called."""
    return _PRIVATE_KEY.match(head.removeprefix(b"\xef\xbb\xbf")) is not None


_RULE_MARKS = frozenset(
    {b".gitignore", b".git"}
    | {name for names, _ in defaults.MARKS_INSIDE for name in names}
    | {name for marks, _ in defaults.BESIDE_PROJECT.values() for name in marks}
)


@dataclass(frozen=True, slots=True)
class _Ignores:
    """One `.gitignore` seen from the chosen folder: `prefix` leads down to it, or `skip` characters lie above it."""

    ignore_list: IgnoreList
    prefix: str
    skip: int


def _decide(ignores: tuple[_Ignores, ...], relative: str) -> bool | None:
    """What the nearest `.gitignore` that speaks of `relative` says."""
    for ignore in reversed(ignores):
        said = ignore.ignore_list.decide(ignore.prefix + relative[ignore.skip :])
        if said is not None:
            return said
    return None


def _left_out(reason: str) -> Verdict:
    return Verdict(False, False, reason)


def has_on_disk(folder: bytes) -> Has:
    """Asks the disk."""
    return lambda name: os.path.lexists(os.path.join(folder, name))


def _read_small(path: bytes, limit_bytes: int) -> bytes | None:
    try:
        descriptor = open_regular(path)
    except FinderError:
        return None
    with open(descriptor, "rb") as file:
        return file.read(limit_bytes)


def _read_ignore_file(folder: bytes) -> IgnoreList | None:
    raw = _read_small(os.path.join(folder, b".gitignore"), _IGNORE_FILE_LIMIT_BYTES)
    if raw is None:
        return None
    return IgnoreList.from_file(raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape"))


def _is_cache_tag(folder: bytes) -> bool:
    head = _read_small(os.path.join(folder, b"CACHEDIR.TAG"), len(defaults.CACHE_TAG_SIGNATURE))
    return head == defaults.CACHE_TAG_SIGNATURE


def _system_reason(path: bytes) -> str:
    return defaults.SYSTEM if path in defaults.SYSTEM_PATHS else ""


def _mounts_left_out() -> dict[bytes, str]:
    """Mount points of pseudo, network and FUSE file systems, with the reason to leave each out."""
    return {point: reason for point, kind in mounts.mounted().items() if (reason := defaults.mount_reason(kind))}
