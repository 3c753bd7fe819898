"""How fast the quick search is there at its key, and how fast another program reaches the app.

    dbus-run-session -- xvfb-run -a python -m tests.benchmarks.popup

Needs an X server and xdotool: the key is pressed by the server, so that the whole way is measured, the start of xdotool
apart, which is measured by a key that nobody has.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from finder.paths import Home
from finder.service.app_door import Door

_TIMES = 15


def main() -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "xcb")
    from PySide6.QtCore import QEvent, QObject

    from ui.app import make_app
    from ui.link import Link
    from ui.preferences import Preferences
    from ui.resident import Resident
    from ui.theme.fonts import font
    from ui.theme.look import look

    class Painted(QObject):
        """When something was painted last."""

        at_s = 0.0

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                self.at_s = self.at_s or time.perf_counter()
            return False

    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        os.environ["XDG_RUNTIME_DIR"] = folder
        app = make_app()
        look.follow(app, "light")
        app.setFont(font("body"))
        link = Link(home)
        link.start = lambda: None  # type: ignore[method-assign]  # the service has no part in it
        resident = Resident(app, link, Preferences(home))
        door = Door.claim(home)
        assert door is not None
        resident.listen(door)
        while resident.hotkey is None:
            app.processEvents()
        painted = Painted()
        resident.popup.box.edit.installEventFilter(painted)

        def seconds_of(*command: str) -> tuple[float, float, float]:
            """Until the first painting, until the command's own end, and of the processor for it."""
            painted.at_s = 0.0
            resident.popup.dismiss()
            app.processEvents()
            ended: list[float] = []
            begun, spent = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            thread = threading.Thread(target=lambda: (subprocess.run(command), ended.append(time.perf_counter())))
            thread.start()
            while not ended or (command[-1] != "Shift_L" and not painted.at_s):
                app.processEvents()
            thread.join()
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu_s = used.ru_utime + used.ru_stime - spent.ru_utime - spent.ru_stime
            return painted.at_s - begun, ended[0] - begun, cpu_s

        xdotool = statistics.median(seconds_of("xdotool", "key", "Shift_L")[1] for _ in range(_TIMES))
        key = [seconds_of("xdotool", "key", "ctrl+alt+space")[0] for _ in range(_TIMES)]
        command = (sys.executable, "-m", "finder", "--home", str(home.root), "popup")
        reached, _, spent = zip(*(seconds_of(*command) for _ in range(_TIMES)), strict=True)
        door.close()
        resident.close()
    print(f"xdotool alone, median              {xdotool * 1e3:6.0f} ms")
    print(f"key to the first painting, with it {statistics.median(key) * 1e3:6.0f} ms, worst {max(key) * 1e3:.0f}")
    print(
        f"inkling popup, from its start      {statistics.median(reached) * 1e3:6.0f} ms, "
        f"best {min(reached) * 1e3:.0f}, of the processor {statistics.median(spent) * 1e3:.0f}"
    )


if __name__ == "__main__":
    main()
