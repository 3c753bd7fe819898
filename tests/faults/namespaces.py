"""Limits of the system for one test alone: a child in a user namespace of its own, in which it may set them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, environment

_LIMITS = Path("/proc/sys/user")
_TIMEOUT_S = 120.0


def in_namespace(body: Callable[[Path], None], folder: Path, with_mounts: bool = False) -> None:
    """Run `body(folder)`, a function of a test module, in such a child; skip where that is not allowed.

    Args:
        with_mounts: it may mount file systems too, which nobody else sees and which end with it.
    """
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("there is no unshare here")
    own = [unshare, "--user", "--map-root-user", *(("--mount", "--propagation", "private") if with_mounts else ())]
    limit = _LIMITS / "max_inotify_watches"
    probe = subprocess.run([*own, "test", "-w", str(limit)], capture_output=True, text=True, timeout=30, check=False)
    if probe.returncode != 0:
        pytest.skip(f"user namespaces are not allowed here: {probe.stderr.strip()}")
    code = f"import pathlib, sys, {body.__module__} as tests; tests.{body.__name__}(pathlib.Path(sys.argv[1]))"
    child = subprocess.run(
        [*own, sys.executable, "-W", "error", "-c", code, str(folder)],
        cwd=CHECKOUT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    assert child.returncode == 0, child.stderr


def set_limit(name: str, value: int) -> None:
    """Called by the child: so many `max_inotify_watches` or `max_inotify_instances` for all it does."""
    (_LIMITS / name).write_text(str(value))
