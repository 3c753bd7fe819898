"""How long after the last click of the first start the first file is found.

`python -m tests.benchmarks.first_result [--files N] [--model NAME]` writes N letters of some 300 words into a temporary
folder, shows the first start (without a screen) in a new home, presses Start, and asks for one letter, in words that
stand in it, until it is found: by its name, by its words, by its meaning. Printed in seconds from the click.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from finder.config import Settings, SettingsFile
from finder.embed.models import BUILT_IN
from finder.paths import Home, path_to_uri
from finder.service.client import connect
from tests.conftest import end_service
from ui.app import make_app
from ui.first.page import FirstStart
from ui.link import Link
from ui.preferences import Preferences
from ui.window import Window

_WORDS = [
    f"{first}{second}" for first in ("land", "water", "fire", "wind", "stone") for second in ("lord", "mark", "s")
]
_LOOK_S = 0.02
_PATIENCE_S = 600.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.first_result", description=__doc__)
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--model", default=BUILT_IN.name)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inkling-first-") as name:
        folder = Path(name)
        os.environ["XDG_RUNTIME_DIR"] = name
        home, letters = Home(folder / "home"), folder / "letters"
        home.create()
        SettingsFile(home.settings).save(
            Settings(model=options.model, pauses_on_low_disk=False, pauses_on_battery=False)
        )
        _write(letters, options.files)
        try:
            _measure(home, letters)
        finally:
            end_service(home)


def _write(folder: Path, files: int) -> None:
    folder.mkdir()
    chance = random.Random(0)
    for number in range(files):
        words = " ".join(chance.choices(_WORDS, k=300))
        (folder / f"letter {number}.txt").write_text(f"{words} reference{number}.\n", encoding="utf-8")


def _measure(home: Home, letters: Path) -> None:
    app = make_app()
    link = Link(home)
    window = Window(link, Preferences(home))
    first = FirstStart(window.tools)
    while first.looked_for:
        app.processEvents()
    first.take_folder(path_to_uri(os.fsencode(letters)))
    for row in first.rows[:-1]:
        row.box.setChecked(False)
    first.show()
    while not first.rows[-1].is_counted:
        app.processEvents()
        time.sleep(_LOOK_S)
    begun_s = time.monotonic()
    first.start.click()
    app.processEvents()
    wanted = {"name": "letter 500", "words": "reference500", "meaning": "reference500"}
    with connect(home) as client:
        while wanted and time.monotonic() - begun_s < _PATIENCE_S:
            app.processEvents()
            for reason, query in list(wanted.items()):
                mode = "semantic" if reason == "meaning" else "keyword"
                found = client.call("find", {"query": query, "folders": [], "mode": mode, "limit": 5}, timeout_s=60)
                if any(reason in file["why"] for file in found["results"]):
                    print(f"first file found by {reason}: {time.monotonic() - begun_s:.2f} s", flush=True)
                    del wanted[reason]
            time.sleep(_LOOK_S)
    link.close()


if __name__ == "__main__":
    main()
