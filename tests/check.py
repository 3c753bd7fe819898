"""Lint, types and tests in one command: `python -m tests.check`; `--no-tests` leaves the tests out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[1]
_LOOKS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))
_TESTS = ("pytest",)


def main() -> int:
    steps = _LOOKS if "--no-tests" in sys.argv[1:] else (*_LOOKS, _TESTS)
    failed = [step for step in steps if subprocess.run([sys.executable, "-m", *step], cwd=_CHECKOUT).returncode]
    for step in failed:
        print("failed:", *step, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
