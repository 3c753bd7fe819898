"""Whatever is done to the files of a folder, the index that follows is what a fresh walk finds."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.states import open_bench

EXAMPLES = 30
STEPS = 30


def test_the_quiet_index_is_a_function_of_the_disk(tmp_path: Path) -> None:
    check_states(tmp_path, random.randrange(1 << 30), EXAMPLES, STEPS)


def check_states(folder: Path, number: int, examples: int, steps: int, is_shrunk: bool = False) -> None:
    """Run so many examples of so many steps, chosen by the seed `number`."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink) if is_shrunk else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    with open_bench(folder) as machine:
        try:
            run_state_machine_as_test(seed(number)(machine), settings=chosen)
        except BaseException as error:
            for failure in machine.bench.failures:
                error.add_note(failure)
            error.add_note(f"python -m tests.faults --suite states --seed {number}")
            raise
