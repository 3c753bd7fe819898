"""Makes a picture of every screen, in every look.

    python -m tests.screens FOLDER [NAME ...] [--look LOOK ...]
    python -m tests.screens FOLDER --small

With names, only these screens; `index*` is every one that begins so. `--small` makes the few that stand in
`resources/screenshots`, of one width and in few colours.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from PySide6.QtGui import QPixmap

from tests.screens.every import chosen
from tests.screens.looks import LOOKS, Look
from tests.screens.person import home_of, person
from tests.screens.readme import SHOWN, reduce
from tests.screens.stage import Stage
from ui.app import make_app
from ui.theme.fonts import font
from ui.theme.look import look
from ui.words.translator import speak


def main(argv: list[str]) -> int:
    """Make the files, and have one process for each look paint what stands in front of them."""
    options = _parser().parse_args(argv)
    if options.run is not None:
        return _paint(LOOKS[options.look[0]], options.run, options.names, options.folder)
    options.folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the services end with it all the same
    with ExitStack() as stack:
        if options.small:
            into = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            wanted = [(shown.look, [shown.screen]) for shown in SHOWN]
        else:
            into, wanted = options.folder.absolute(), [(name, options.names) for name in options.look or LOOKS]
        homes = {screen.home for _, names in wanted for screen in chosen(names).values()}
        root = stack.enter_context(person(homes))
        for look_name, names in wanted:
            command = [sys.executable, "-m", "tests.screens", "--run", str(root), "--look", look_name, str(into)]
            subprocess.run([*command, *names], check=True)
        if options.small:
            reduce(into, options.folder)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.screens", allow_abbrev=False)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--look", action="append", choices=LOOKS)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--run", type=Path, help=argparse.SUPPRESS)  # of a process that paints: where the homes are
    return parser


def _paint(wanted: Look, root: Path, names: list[str], folder: Path) -> int:
    """Make every screen in one look."""
    os.environ |= wanted.environment(root)
    app = make_app()
    app.setQuitOnLastWindowClosed(False)
    speak(app, wanted.language)
    look.follow(app, wanted.scheme)
    app.setFont(font("body"))
    is_usual = wanted.language == "en" and wanted.desktop == "en_GB"
    for name, screen in chosen(names).items():
        if not screen.is_spoken and not is_usual:
            continue
        with tempfile.TemporaryDirectory(dir=root) as preferences:
            stage = Stage(app, home_of(root, screen.home), Path(preferences), root / "ada")
            try:
                shown = screen.show(stage) or stage.window
                picture = shown if isinstance(shown, QPixmap) else shown.grab()
                picture.save(str(folder / f"{name}-{wanted.name}.png"))
                print(f"{name}-{wanted.name}", flush=True)
            finally:
                stage.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
