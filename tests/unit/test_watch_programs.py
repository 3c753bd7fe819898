"""What editors and tools do ends in exactly the folders that must be looked at."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from finder.files.rules import Rules
from finder.files.settle import merged
from finder.files.watch import Watcher
from tests.programs import PROGRAMS, Program, prepare
from tests.watching import DEBOUNCE_S, Seen, linux_only


@linux_only
@pytest.mark.parametrize("program", [pytest.param(program, id=program.name) for program in PROGRAMS])
def test_a_program_makes_exactly_these_folders_due(tmp_path: Path, program: Program) -> None:
    if program.needs is not None and shutil.which(program.needs) is None:
        pytest.skip(f"{program.needs} is not installed")
    base, outside = tmp_path / "root", tmp_path / "outside"
    prepare(program, base, outside)
    (base / "mark").mkdir()
    seen = Seen()
    watcher = Watcher(seen.take, DEBOUNCE_S, 0.5)
    try:
        watcher.add(os.fsencode(base), Rules(tmp_path / "own home", (), True, 1 << 20))
        program.act(base, outside)
        (base / "mark" / "a.txt").write_text("x")  # comes last
        seen.wait_for(os.fsencode(base / "mark"))
        time.sleep(4 * DEBOUNCE_S)
    finally:
        watcher.stop()
    changes = merged(change for call in seen.calls for change in call)
    told = {(os.path.relpath(os.fsdecode(change.path), base), change.is_deep) for change in changes}
    assert told - {("mark", False)} == program.changed
