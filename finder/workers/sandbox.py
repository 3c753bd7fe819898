"""Shuts a worker in before it reads a hostile file: what is open stays readable, and nothing else can be reached.

Limits everywhere; on Linux, Landlock (no file, no TCP, no signal outwards) and a seccomp filter as well, each of which
holds alone where the other is missing. Everything must be imported before: no module can be loaded afterwards.
Imports the standard library and the filter alone.

Sources: getrlimit(2), prctl(2), landlock(7) and linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from finder.workers import seccomp

_DESCRIPTORS = 64
_LOG_BYTES = 4 << 20
"""The only file a worker may be handed for writing is its log, appended to."""
_PR_SET_DUMPABLE = 4
_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_LANDLOCK_RULE_PATH_BENEATH = 1
_READING_RIGHTS = 1 << 0 | 1 << 2 | 1 << 3  # execute, read a file, read a folder
_LANDLOCK_CREATE_RULESET_VERSION = 1
_FILE_RIGHTS_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_NET_RIGHTS_SINCE_ABI, _NET_RIGHTS = 4, 0b11  # bind and connect TCP
_SCOPES_SINCE_ABI, _SCOPES = 6, 0b11  # abstract UNIX sockets and signals


@dataclass(frozen=True, slots=True)
class SandboxReport:
    """What shuts this process in. As a string, it is in words for the user."""

    layers: tuple[str, ...]
    """Of "Landlock" and "seccomp", those that hold."""
    missing: tuple[str, ...]
    """What does not hold, each with its reason."""

    def __str__(self) -> str:
        if not self.layers:
            return "limits only: " + "; ".join(self.missing)
        return " and ".join(self.layers) + "".join(f" ({reason})" for reason in self.missing)


def enter(memory_bytes: int) -> SandboxReport:
    """Shut this process in, for good.

    Afterwards opening, writing, removing, sockets, programs, new processes and tracing fail with EPERM; threads,
    memory and what is open already work. Call it before any thread is started: Landlock holds for the calling thread
    and those it starts.

    Args:
        memory_bytes: the most address space, beyond which there is MemoryError.
    """
    if sys.platform == "win32":
        return SandboxReport((), ("no sandbox for Windows",))
    _set_limits(memory_bytes)
    return _shut_in(_restrict_by_landlock, seccomp.install)


def confine(memory_bytes: int, cpu_s: int) -> SandboxReport:
    """Shut this process in for the program that it executes next, which must be able to read what it is made of.

    Afterwards writing, removing, sockets, new processes, signals to others and tracing fail with EPERM.

    Args:
        cpu_s: the most processor time, after which it is killed.
    """
    if sys.platform == "win32":
        return SandboxReport((), ("no sandbox for Windows",))
    _set_limits(memory_bytes)
    _limit(resource.RLIMIT_CPU, cpu_s)
    return _shut_in(_restrict_to_reading, seccomp.install_for_program)


def _shut_in(landlock: Callable[[ctypes.CDLL], None], filter_: Callable[[ctypes.CDLL], None]) -> SandboxReport:
    if sys.platform != "linux":
        return SandboxReport((), (f"no sandbox for {sys.platform}",))
    libc = ctypes.CDLL(None, use_errno=True)
    # A dump of its memory would hold the document, and where dumps are piped to a program RLIMIT_CORE does not count.
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(seccomp.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    layers: list[str] = []
    missing: list[str] = []
    steps: tuple[tuple[str, Callable[[ctypes.CDLL], None]], ...] = (
        ("Landlock", landlock),
        ("seccomp", filter_),
    )
    for name, restrict in steps:
        try:
            restrict(libc)
            layers.append(name)
        except OSError as error:
            missing.append(f"no {name}: {error.strerror}")
    return SandboxReport(tuple(layers), tuple(missing))


if sys.platform != "win32":
    import resource

    def _set_limits(memory_bytes: int) -> None:
        _limit(resource.RLIMIT_AS, memory_bytes)
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_NOFILE, _DESCRIPTORS)
        _limit(resource.RLIMIT_FSIZE, _LOG_BYTES)
        if sys.platform != "linux":  # which counts threads as processes, and has better means
            _limit(resource.RLIMIT_NPROC, 0)

    def _limit(what: int, most: int) -> None:
        _, ceiling = resource.getrlimit(what)
        value = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
        resource.setrlimit(what, (value, value))


class _Ruleset(ctypes.Structure):
    """struct landlock_ruleset_attr. A kernel takes the fields it knows, by the size given."""

    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    """struct landlock_path_beneath_attr."""

    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("folder", ctypes.c_int32))


def _restrict_by_landlock(libc: ctypes.CDLL) -> None:
    """Deny every right that this kernel's Landlock knows, with no exception to the rule."""
    _restrict(libc, 0)


def _restrict_to_reading(libc: ctypes.CDLL) -> None:
    """Deny every right that this kernel's Landlock knows, but those to read and to execute."""
    _restrict(libc, _READING_RIGHTS)


def _restrict(libc: ctypes.CDLL, rights_everywhere: int) -> None:
    abi = _checked(libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_CREATE_RULESET_VERSION))
    rules = _Ruleset(files=max(rights for since, rights in _FILE_RIGHTS_BY_ABI.items() if since <= abi))
    size_bytes = 8
    if abi >= _NET_RIGHTS_SINCE_ABI:
        rules.net, size_bytes = _NET_RIGHTS, 16
    if abi >= _SCOPES_SINCE_ABI:
        rules.scopes, size_bytes = _SCOPES, 24
    ruleset = _checked(libc.syscall(_LANDLOCK_CREATE_RULESET, ctypes.byref(rules), size_bytes, 0))
    try:
        if rights_everywhere:
            _allow(libc, ruleset, rights_everywhere)
        _checked(libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, rights: int) -> None:
    root = os.open("/", os.O_PATH)
    try:
        rule = _PathRule(rights, root)
        _checked(libc.syscall(_LANDLOCK_ADD_RULE, ruleset, _LANDLOCK_RULE_PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(root)


def _checked(answer: int) -> int:
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer
