"""How good the mark on an answer is, and what it costs.

    python -m tests.benchmarks.evidence SETS [--json FILE]

By hand: questions in other words than the sentence that answers them (`tests.benchmarks.questions`). By rule: passages
of the sets in SETS (BEIR's layout, English text) and, for each, one of its sentences with words left out, replaced and
put in another order. Foreign: a question and a passage that has nothing to do with it, where any mark is wrong. Ten
passages are what a screen shows; they are embedded through the worker's lane for queries on all cores, none of them
known.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from finder.embed.choice import space_named
from finder.embed.models import ALL_MINILM_L6_V2 as SPEC
from finder.errors import FileError
from finder.evaluate import read_set
from finder.extract.registry import read_document
from finder.passages import split
from finder.search.background import Background
from finder.search.candidates import Meaning
from finder.search.evidence import Answers
from finder.search.units import Span, units
from finder.search.words import EqualWords
from finder.stop_words import STOP_WORDS
from finder.store import keywords
from finder.workers.embed_front import EmbedFront
from tests.benchmarks.questions import JUDGED

SETS = ("scifact", "cranfield", "xquad-es-en")
DOCUMENTS_PER_SET = 300
PER_SET = 34
FOREIGN_PER_QUESTION = 5
SAMPLE = 256
TIMED = 25
PASSAGES_ON_A_SCREEN = 10
LEAST_PIECES = 4
"""In a passage of fewer, chance is too often right."""
SYNONYMS = {
    "show": "demonstrate", "shown": "demonstrated", "use": "employ", "used": "employed", "increase": "growth",
    "increased": "grew", "decrease": "decline", "large": "big", "small": "little", "found": "discovered",
    "result": "outcome", "results": "outcomes", "method": "procedure", "important": "essential", "because": "since",
    "many": "numerous", "begin": "start", "began": "started", "help": "assist", "cause": "reason",
    "high": "great", "low": "little", "study": "investigation", "patients": "sick people", "effect": "influence",
    "effects": "influence", "obtained": "got", "city": "town", "war": "conflict", "people": "persons",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A question, a passage, and where its answer stands; None where the passage has none."""

    question: str
    text: str
    answer: Span | None


def by_hand() -> list[Case]:
    cases = []
    for judged in JUDGED:
        for question, beginning in judged.questions:
            (answer,) = [span for span in units(judged.text) if judged.text.startswith(beginning, span[0])]
            cases.append(Case(question, judged.text, answer))
    return cases


def by_rule(texts: Sequence[str], rng: random.Random) -> list[Case]:
    cases = []
    for text in texts:
        answer = rng.choice([span for span in units(text) if len(text[slice(*span)].split()) >= 8] or units(text))
        words = re.findall(r"[A-Za-z][A-Za-z'-]*", text[slice(*answer)])
        kept = [
            SYNONYMS.get(word.lower(), word)
            for word in words
            if rng.random() > (0.8 if word.lower() in STOP_WORDS else 0.45)
        ]
        rng.shuffle(kept)
        if len(kept) >= 3:
            cases.append(Case(" ".join(kept[:6]), text, answer))
    return cases


def foreign(cases: Sequence[Case], rng: random.Random) -> list[Case]:
    pairs = ((case, rng.choice(cases)) for case in cases for _ in range(FOREIGN_PER_QUESTION))
    return [Case(case.question, other.text, None) for case, other in pairs if other.text != case.text]


def passages_of(sets: Path, name: str, rng: random.Random) -> list[str]:
    """One passage of each document, of those that have several pieces."""
    found = []
    documents = list(read_set(sets / name).documents)[:DOCUMENTS_PER_SET]
    rng.shuffle(documents)
    for _, text in documents:
        try:
            passages = split(read_document(io.BytesIO(text.encode()), b"doc.txt"))
        except FileError:
            continue
        found += [passage.text for passage in passages if len(units(passage.text)) >= LEAST_PIECES][:1]
    return found


class Marking:
    """Asks as a search does."""

    def __init__(self, front: EmbedFront, sample: Sequence[str]) -> None:
        self._front = front
        self._background = Background(front.embed_passages(sample), sample)

    def answer(self, question: str, texts: Sequence[str], within: Answers) -> list[Span | None]:
        vector = self._front.embed_query(question)
        meaning = Meaning(vector, 1, *self._background.mean_and_spread(vector, question))
        words = EqualWords(keywords.query_terms(question))
        return within.find(texts, meaning, words, self._front.embed_sentences)

    def measure(self, cases: Sequence[Case]) -> dict[str, float]:
        kept = Answers()
        marks = [self.answer(case.question, [case.text], kept)[0] for case in cases]
        right = sum(mark == case.answer for mark, case in zip(marks, cases, strict=True) if mark is not None)
        marked = sum(mark is not None for mark in marks)
        return {
            "questions": len(cases),
            "marked": round(marked / len(cases), 3),
            "right_of_marked": round(right / max(1, marked), 3),
        }

    def costs(self, texts: Sequence[str]) -> dict[str, float]:
        """Milliseconds for the marks of a screen of passages, none known, then all known."""
        fresh_ms, known_ms = [], []
        answers = Answers()
        for number in range(min(TIMED, len(texts) // PASSAGES_ON_A_SCREEN)):
            screen = texts[number * PASSAGES_ON_A_SCREEN :][:PASSAGES_ON_A_SCREEN]
            for times_ms in (fresh_ms, known_ms):
                start = time.perf_counter()
                self.answer("what became of it in the end", screen, answers)
                times_ms.append((time.perf_counter() - start) * 1000)
        return {
            "ten_passages_p50_ms": round(statistics.median(fresh_ms)),
            "ten_passages_p95_ms": round(sorted(fresh_ms)[int(0.95 * len(fresh_ms))]),
            "again_p50_ms": round(statistics.median(known_ms)),
        }


@contextmanager
def indexing(front: EmbedFront, texts: Sequence[str]) -> Iterator[None]:
    """Passages are embedded all the time, as by the pipeline."""
    is_done = threading.Event()

    def embed() -> None:
        while not is_done.is_set():
            front.embed_passages(texts)

    thread = threading.Thread(target=embed)
    thread.start()
    try:
        yield
    finally:
        is_done.set()
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, metavar="SETS")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    rng = random.Random(5)
    passages = {name: passages_of(options.sets, name, rng) for name in SETS}
    hand = by_hand()
    ruled = [case for texts in passages.values() for case in by_rule(texts[:PER_SET], rng)]
    sample = [text for texts in passages.values() for text in texts][-SAMPLE:]
    with tempfile.TemporaryDirectory(prefix="inkling-evidence-") as name:
        folder = Path(name)
        front = EmbedFront(folder, folder, space_named(SPEC.name, folder), idle_s=600)
        try:
            marking = Marking(front, sample)
            found: dict[str, dict[str, float]] = {}

            def tell(row: str, figures: dict[str, float]) -> None:
                found[row] = figures
                print(f"{row:16}" + "  ".join(f"{name} {value}" for name, value in figures.items()), flush=True)

            tell("at rest", marking.costs(passages["scifact"]))
            tell("by hand", marking.measure(hand))
            tell("by rule", marking.measure(ruled))
            tell("foreign", marking.measure(foreign([*hand, *ruled], rng)))
            with indexing(front, sample[:64]):
                tell("while indexing", marking.costs(passages["cranfield"]))
        finally:
            front.stop()
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
