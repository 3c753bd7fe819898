"""How long a frame of the result list takes, and how soon the window takes typing. Measures, asserts nothing.

    QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.painting [RESULTS]

At 60 frames a second a frame has 16 ms. A frame is a scroll by some pixels and the whole viewport painted into an
image at twice the usual resolution, rows of every kind and script; `first` is the first time a row is seen.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

_STARTS = 7
_FRAMES = 600
_TEXTS = (
    "Either party may end this agreement by giving written notice no later than three months before the intended date"
    " of departure, with effect from the end of a calendar month, in writing and signed by hand by all parties.",
    "承租人如需提前退租，应当提前三十日以书面形式通知出租人，并结清水、电、燃气等费用。租客搬走之后，房东应当退还押金。"
    * 2,
    "השוכר יודיע למשכיר בכתב שלושה חודשים לפחות לפני מועד הפינוי, אלא אם הוסכם אחרת." * 2,
)
_KINDS = ("document", "code", "mail", "slides", "sheet", "image")
_START = """
import time; begun = time.perf_counter()
import sys
from pathlib import Path
from finder.paths import Home
from ui.app import make_app, open_resident
app = make_app()
resident = open_resident(app, Home(Path(sys.argv[1])))
resident.show_window()
window = resident.window
window.tools.link.close()
app.processEvents()
window.find_page.box.edit.insert("a")
assert window.find_page.searching.query == "a"
print(time.perf_counter() - begun)
"""


def main(count: int) -> None:
    from PySide6.QtGui import QImage

    from tests.ui.files import found_file
    from ui.app import make_app
    from ui.results.model import ResultModel
    from ui.results.view import ResultView
    from ui.theme.look import look

    app = make_app()
    look.follow(app, "light")
    files = []
    for number in range(count):
        text = _TEXTS[number % len(_TEXTS)]
        file = found_file(f"file {number}.txt", "strong" if number < count // 2 else "weak", text=f"{number} {text}")
        file["type"] = _KINDS[number % len(_KINDS)]  # type: ignore[typeddict-item]
        file["passages"][0].update(answer=(4, 60), words=[(10, 15), (20, 30)])
        files.append(file)
    model = ResultModel("/home/ada")
    view = ResultView(model)
    view.resize(620, 700)
    view.show()
    shown_s = _timed(lambda: (model.show(files), app.processEvents()))
    image = QImage(view.viewport().size() * 2, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(2)
    bar = view.verticalScrollBar()
    figures = {"results": count, "shown_ms": round(shown_s * 1000, 1)}
    for name in ("first", "again"):
        frames = []
        for frame in range(_FRAMES):
            bar.setValue(frame * 47)
            frames.append(_timed(lambda: view.viewport().render(image)))
        frames.sort()
        figures[f"frame_{name}_ms"] = round(frames[_FRAMES // 2] * 1000, 1)
        figures[f"frame_{name}_p99_ms"] = round(frames[_FRAMES * 99 // 100] * 1000, 1)
    figures["window_takes_typing_s"] = round(sorted(_start_s() for _ in range(_STARTS))[_STARTS // 2], 2)
    print(json.dumps(figures, indent=1))


def _timed(do: Callable[[], object]) -> float:
    """Of the painting thread's own time, so that what else runs on the computer does not count."""
    begun = time.thread_time()
    do()
    return time.thread_time() - begun


def _start_s() -> float:
    """From the start of the process on, its own imports included."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", _START, folder], check=True, capture_output=True)
        return time.perf_counter() - begun


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
