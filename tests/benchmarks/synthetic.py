"""A catalog of any size with the statistics of real text: what a search costs depends on how often words occur.

Words follow the frequencies of a given corpus, or Zipf's law over made-up words; each file has a subject, whose words
return in it; one word in a hundred is a number or a name that hardly any other file holds. Vectors are random. The
same seed gives the same files, and a catalog can be grown: file n does not depend on how many there are.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import apsw
import numpy as np

from finder.store import contents, files, folders, spaces
from finder.store.files import SeenFile
from finder.types import Extraction, FileIdentity, Passage
from finder.vectors import Float32Array, Int64Array, Space

DIMENSION = 384
PASSAGES_PER_FILE = 5
SPACE = Space("0" * 64, "synthetic", DIMENSION)

_VOCABULARY = 200_000
_ZIPF_EXPONENT = 1.05
_ZIPF_OFFSET = 2.7
"""Zipf-Mandelbrot: p(rank) ~ 1 / (rank + offset)^exponent, as in English."""
_SUBJECT_WORDS = 60
_SUBJECT_SHARE = 0.25
_RARE_SHARE = 0.01
_RARE_RANGE = 4_000_000
_WORDS = (90, 0.5)
"""Median words of a passage, and the spread of their logarithm."""
_WORDS_PER_SENTENCE = 14
_FILES_PER_FOLDER = 50
_FOLDERS_PER_PARENT = 20
_EXTENSIONS = (("txt", "document"), ("pdf", "document"), ("md", "document"), ("docx", "document"), ("py", "code"))
_FIRST_S, _LAST_S = 1_420_070_400, 1_735_689_600
"""Files are of 2015 to 2024."""
_FILES_PER_COMMIT = 2_000


class WordModel:
    """Words and how often each occurs."""

    def __init__(self, words: list[str], frequencies: Float32Array) -> None:
        """Args: frequencies: (V,) of `words`, in any unit, the commonest first."""
        self.words = np.array(words, dtype=object)
        shares = frequencies.astype(np.float64) / frequencies.sum(dtype=np.float64)
        self._anywhere = np.cumsum(shares)
        flat = np.sqrt(shares)
        self._as_subject = np.cumsum(flat / flat.sum())

    @classmethod
    def made_up(cls, seed: int) -> WordModel:
        """Syllables for words, Zipf's law for frequencies."""
        rng = np.random.default_rng(seed)
        syllables = [a + b for a in "bcdfghklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "is", "on")]
        words: dict[str, None] = {}
        while len(words) < _VOCABULARY:
            words["".join(rng.choice(syllables, rng.integers(1, 5)).tolist())] = None
        ranks = np.arange(1, len(words) + 1)
        return cls(list(words), (1 / (ranks + _ZIPF_OFFSET) ** _ZIPF_EXPONENT).astype(np.float32))

    @classmethod
    def of_corpora(cls, folders: list[Path]) -> WordModel:
        """The words of every `corpus.jsonl` in these folders ({"title", "text"} a line)."""
        counts: Counter[str] = Counter()
        for folder in folders:
            with (folder / "corpus.jsonl").open(encoding="utf-8") as lines:
                for line in lines:
                    row = json.loads(line)
                    counts.update(re.findall(r"\w+", f"{row.get('title') or ''} {row['text']}".lower()))
        common_first = counts.most_common()
        return cls([word for word, _ in common_first], np.array([count for _, count in common_first], np.float32))

    def ids(self, rng: np.random.Generator, count: int) -> Int64Array:
        """(count,) words drawn from everywhere."""
        return np.searchsorted(self._anywhere, rng.random(count)).clip(max=len(self.words) - 1)

    def subject(self, rng: np.random.Generator) -> Int64Array:
        """The words that return in one file, rarer than the rest."""
        return np.searchsorted(self._as_subject, rng.random(_SUBJECT_WORDS)).clip(max=len(self.words) - 1)

    def passages(self, seed: int, number: int) -> list[list[str]]:
        """The words of each passage of file `number`."""
        rng = np.random.default_rng((seed, number))
        subject = self.subject(rng)
        lengths = np.exp(rng.normal(np.log(_WORDS[0]), _WORDS[1], PASSAGES_PER_FILE)).astype(int).clip(8, 400)
        total = int(lengths.sum())
        ids = self.ids(rng, total)
        returning = rng.random(total) < _SUBJECT_SHARE
        # Within a subject too a few words carry most of it.
        ids[returning] = subject[(rng.random(int(returning.sum())) ** 2 * len(subject)).astype(int)]
        words = self.words[ids]
        rare = np.flatnonzero(rng.random(total) < _RARE_SHARE)
        words[rare] = [f"x{value}" for value in rng.integers(0, _RARE_RANGE, len(rare)).tolist()]
        return [part.tolist() for part in np.split(words, np.cumsum(lengths)[:-1])]


def grow(connection: apsw.Connection, model: WordModel, seed: int, root: Path, until: int) -> None:
    """Add files to the catalog, and empty ones below `root`, until it holds those numbered below `until`."""
    space_id = spaces.activate(connection, SPACE)
    begin = int(connection.execute("SELECT count(*) FROM files").get)
    for first in range(begin, until, _FILES_PER_COMMIT):
        with connection:
            for number in range(first, min(first + _FILES_PER_COMMIT, until)):
                add_file(connection, model, seed, root, number)
            _embed_new(connection, space_id, seed + first)


def add_file(connection: apsw.Connection, model: WordModel, seed: int, root: Path, number: int) -> None:
    """One file: on the disk (empty), by name, and by words."""
    folder_id, name, extension = _place(connection, model, seed, root, number)
    rng = np.random.default_rng((seed, number, 1))
    seconds = int(rng.integers(_FIRST_S, _LAST_S))
    identity = FileIdentity(1, number + 1, int(rng.integers(1_000, 1_000_000)), seconds * 10**9, seconds * 10**9)
    file_id = files.add(connection, folder_id, SeenFile(name, identity, dict(_EXTENSIONS)[extension]))
    content_id = contents.add(connection, f"{seed}:{number}".encode(), "synthetic", _extraction(model, seed, number))
    files.set_read(connection, file_id, "synthetic", content_id)


def add_whole(connection: apsw.Connection, model: WordModel, seed: int, root: Path, number: int) -> None:
    """One file with its vectors too."""
    add_file(connection, model, seed, root, number)
    _embed_new(connection, spaces.activate(connection, SPACE), seed + number)


def _place(connection: apsw.Connection, model: WordModel, seed: int, root: Path, number: int) -> tuple[int, bytes, str]:
    """The folder's id, the name and the extension of a file; both are made on the disk."""
    folder_number = number // _FILES_PER_FOLDER
    parent = root / f"part {folder_number // _FOLDERS_PER_PARENT}"
    folder = parent / f"{model.words[model.ids(np.random.default_rng((seed, folder_number)), 1)[0]]} {folder_number}"
    extension = _EXTENSIONS[number % len(_EXTENSIONS)][0]
    rng = np.random.default_rng((seed, number, 2))
    named = " ".join(model.words[model.subject(rng)[: rng.integers(1, 4)]].tolist())
    name = f"{named} {number}.{extension}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).touch()
    folder_id = folders.add_root(connection, str(root).encode(), 1, 1, is_watched=False)
    for below in (parent, folder):
        known = folders.child(connection, folder_id, below.name.encode())
        folder_id = folders.add(connection, folder_id, below.name.encode(), 1, 1) if known is None else known
    return folder_id, name.encode(), extension


def _extraction(model: WordModel, seed: int, number: int) -> Extraction:
    passages, start = [], 0
    for words in model.passages(seed, number):
        text = ". ".join(" ".join(sentence) for sentence in _sentences(words)) + "."
        passages.append(Passage(start, start + len(text), text))
        start += len(text) + 1
    return Extraction("document", None, "utf-8", False, False, start, {}, (), tuple(passages))


def _sentences(words: list[str]) -> Iterator[list[str]]:
    for at in range(0, len(words), _WORDS_PER_SENTENCE):
        yield words[at : at + _WORDS_PER_SENTENCE]


def _embed_new(connection: apsw.Connection, space_id: int, seed: int) -> None:
    last = connection.execute("SELECT coalesce(max(text_id), 0) FROM vectors").get
    ids = [row[0] for row in connection.execute("SELECT id FROM texts WHERE id > ?", (last,))]
    spaces.add_vectors(connection, space_id, ids, random_units(len(ids), seed))


def random_units(count: int, seed: int) -> Float32Array:
    """(count, D) float32 of L2 norm 1, in all directions."""
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
