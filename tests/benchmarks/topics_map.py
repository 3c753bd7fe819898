"""How long a frame of the map of topics takes while it is zoomed, and its picture once it rests. Asserts nothing.

    QT_QPA_PLATFORM=offscreen QT_SCALE_FACTOR=2 python -m tests.benchmarks.topics_map [POINTS]

At 60 frames a second a frame has 16 ms. Of the painting thread's own time.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

if TYPE_CHECKING:
    from finder.topics.found import Topics

_TOPICS, _FRAMES = 40, 120


def main(count: int) -> None:
    from PySide6.QtTest import QTest

    from ui.app import make_app
    from ui.theme.look import look
    from ui.topics.map import TopicsMap

    app = make_app()
    look.follow(app, "light")
    shown = TopicsMap()
    shown.resize(848, 700)
    shown.show()
    shown.show_topics(_made(count))
    shown.choose(3)
    pictures, frames = [_grabbed_ms(shown)], []
    for number in range(_FRAMES):
        if number % 10 == 0:
            shown.zoom(is_closer=number < _FRAMES // 2)
        QTest.qWait(1)
        frames.append(_grabbed_ms(shown))
    QTest.qWait(400)
    shown.show_whole()
    pictures.append(_grabbed_ms(shown))
    moving = sorted(frames)
    figures = {
        "points": count, "picture_ms": round(pictures[-1]), "frame_ms": round(moving[_FRAMES // 2], 1),
        "frame_p90_ms": round(moving[_FRAMES * 9 // 10], 1),
    }  # fmt: skip
    print(json.dumps(figures))


def _made(count: int) -> Topics:
    draw = random.Random(1)
    centres = [(10 * draw.random(), 10 * draw.random()) for _ in range(_TOPICS)]
    return {
        "topics": [
            {
                "id": id, "name": f"the words of {id}", "words": [], "count": count // _TOPICS,
                "x": x, "y": y, "radius": 1.0, "hue_rank": id % 8,
            }
            for id, (x, y) in enumerate(centres)
        ],
        "points": [
            {
                "uri": f"file:///{number}", "path": "", "name": "", "type": "document", "topic": number % _TOPICS,
                "x": centres[number % _TOPICS][0] + draw.gauss(0, 0.4),
                "y": centres[number % _TOPICS][1] + draw.gauss(0, 0.4),
            }
            for number in range(count)
        ],
        "outliers": 0, "files": count, "without_vectors": 0, "computed_at": "", "notes": [],
    }  # fmt: skip


def _grabbed_ms(shown: object) -> float:
    begun = time.thread_time()
    shown.grab()  # type: ignore[attr-defined]
    return 1000 * (time.thread_time() - begun)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
