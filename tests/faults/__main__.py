"""The fault suites for as long as one likes: `python -m tests.faults --long [--seed N] [--minutes N] [--suite NAME]`.

Without `--long` a single case is run, the one that a failure names: `--suite NAME --seed N [--point NAME]`.
"""

from __future__ import annotations

import argparse
import random
import sys

from tests.faults import long, soak


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--long", action="store_true", help="go on with further cases until the time is up")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30), help="the first case's seed")
    parser.add_argument("--minutes", type=float, default=30.0, help="how long the long run takes at most")
    parser.add_argument("--suite", choices=[*long.SUITES, "soak"], help="this one alone")
    parser.add_argument("--point", help="of the suite of named points: die at this one")
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}")
    if chosen.suite == "soak":
        with long.folder_of_a_case() as folder:
            soak.soak(folder, chosen.seed, chosen.minutes)
        return 0
    if not chosen.long and chosen.suite is None:
        parser.error("say --long, or which --suite")
    names = [chosen.suite] if chosen.suite else list(long.SUITES)
    return 1 if long.run(names, chosen.seed, chosen.minutes if chosen.long else 0.0, chosen.point) else 0


if __name__ == "__main__":
    sys.exit(main())
