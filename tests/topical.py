"""Documents about known subjects, for the tests of topics: files of one share words that no other holds."""

from __future__ import annotations

import random
from pathlib import Path

SUBJECTS = {
    "soup": ["onion", "barley", "stock", "simmer", "ladle", "broth", "carrot", "celery", "parsley", "thyme"],
    "lease": [
        "landlord",
        "tenant",
        "deposit",
        "rent",
        "premises",
        "clause",
        "eviction",
        "arrears",
        "janitor",
        "lessee",
    ],
    "glacier": [
        "moraine",
        "crevasse",
        "meltwater",
        "altitude",
        "snowfall",
        "icefall",
        "serac",
        "alpine",
        "firn",
        "cirque",
    ],
}
CHINESE = {
    "library": ["图书馆", "借阅", "书架", "读者证", "馆藏", "索书号", "阅览室"],
    "music": ["小提琴", "乐谱", "指挥", "演奏", "音乐厅", "钢琴", "排练"],
}
_FILLER = ["today", "yesterday", "someone", "noted", "another", "thing", "about", "place", "again", "before", "later"]
_CHINESE_FILLER = ["昨天", "小王", "老师", "朋友", "大家", "早上", "门口"]


def text_about(subject: str, number: int) -> str:
    """A note that holds most of its subject's words, and some that any note may hold."""
    draw = random.Random(f"{subject} {number}")
    if subject in CHINESE:
        return (
            "".join(f"{draw.choice(_CHINESE_FILLER)}{word}的。" for word in draw.sample(CHINESE[subject], 5))
            + f"{number}\n"
        )
    words = draw.sample(SUBJECTS[subject], 6) + draw.sample(_FILLER, 3)
    draw.shuffle(words)
    return f"{' '.join(words)}. Number {number}.\n"


def write_notes(folder: Path, subject: str, count: int) -> list[Path]:
    """So many notes about a subject, each a file."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{subject}-{number}.txt" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_text(text_about(subject, number), encoding="utf-8")
    return paths
