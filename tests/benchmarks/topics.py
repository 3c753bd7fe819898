"""Topics: how long a large index takes and how much memory, how good they are, and how stable.

    python -m tests.benchmarks.topics [--files 100000] [--passages 4] [--sets FOLDER] [--per-set 300]

The large catalog is synthetic: documents around 400 random centres and a tenth of them around none, in the dimension of
the built-in model. The labelled documents are those of a folder of sets in the BEIR layout, each set a label, or with
none given made-up notes about twelve subjects; the built-in model embeds them. The child is a real one.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil
from sklearn.metrics import adjusted_rand_score

from finder.config import Settings
from finder.embed.choice import space_named
from finder.embed.encoder.embedder import Encoder
from finder.embed.weights import find_model
from finder.store import contents, spaces
from finder.store.documents import key_of
from finder.store.schema import open_writer
from finder.topics.topic_map import TopicMap
from finder.types import Extraction
from finder.vectors import Float32Array, Space
from finder.workers.topics_front import TopicsFront

_MODEL = Settings().model
_DIMENSION = 384
_CENTRES = 400
_STRAY_SHARE = 0.1
_CHANGED_SHARE = 0.02
_LOOK_S = 0.02
_CHARS = 700

_SUBJECTS = {
    "soup": "onion barley stock simmer ladle broth carrot celery",
    "lease": "landlord tenant deposit rent notice premises clause eviction",
    "bridge": "girder span load truss deck pier fatigue steel",
    "garden": "seedling compost prune tomato trellis mulch watering slugs",
    "network": "router packet firewall subnet latency switch cable gateway",
    "cello": "bow string rosin concerto rehearsal tuning vibrato recital",
    "vaccine": "dose trial antibody placebo immune booster infection serum",
    "budget": "invoice ledger forecast quarter revenue expense audit margin",
    "glacier": "ice moraine crevasse meltwater altitude snowfall retreat core",
    "chess": "opening gambit bishop endgame pawn castling rook tournament",
    "sailing": "mast jib tack harbour keel mooring regatta wind",
    "python": "function module exception decorator import list iterator package",
}
_FILLER = "we noted today that this was about what they had with some more from there when it would be"


@dataclass(frozen=True)
class Run:
    """One map as the child made it."""

    topic_map: TopicMap
    seconds: float
    peak_bytes: int


class SyntheticCatalog:
    """A catalog that holds documents and their vectors, and no keyword index."""

    def __init__(self, folder: Path, space: Space) -> None:
        self.path = folder / "catalog.db"
        self._logs = folder
        self._space = space
        self._connection = open_writer(self.path)
        with self._connection:
            self._space_id = spaces.activate(self._connection, space)
            self._connection.execute("INSERT INTO folders(name, device, inode) VALUES(?, 0, 0)", (b"/documents",))
        self._documents = 0

    def add(self, texts: Sequence[str], vectors: Float32Array) -> list[int]:
        """Add documents with their passages' vectors (N, passages, D). Returns their keys."""
        with self._connection:
            return [self._add(text, held) for text, held in zip(texts, vectors, strict=True)]

    def _add(self, text: str, vectors: Float32Array) -> int:
        connection, number = self._connection, self._documents
        self._documents += 1
        # Spread over all keys, as hashes are.
        hash = (number * 0x9E3779B97F4A7C15 % (1 << 64)).to_bytes(8, "big")
        content_id = contents.add(connection, hash, "synthetic", _extraction(text))
        connection.execute(
            "INSERT INTO files(folder_id, name, type, device, inode, size_bytes, mtime_ns, ctime_ns, state, content_id)"
            " VALUES(1, ?, 'document', 0, ?, 1, 0, 0, 'read', ?)",
            (b"%d.txt" % number, number, content_id),
        )
        text_ids = []
        for ordinal in range(len(vectors)):
            connection.execute(
                "INSERT INTO texts(hash, heading, body) VALUES(?, '', ?)", (b"%d %d" % (number, ordinal), text)
            )
            text_ids.append(connection.last_insert_rowid())
            connection.execute(
                "INSERT INTO passages(content_id, ordinal, text_id, start, end) VALUES(?, ?, ?, 0, 1)",
                (content_id, ordinal, text_ids[-1]),
            )
        spaces.add_vectors(connection, self._space_id, text_ids, vectors)
        return key_of(hash)

    def replace(self, count: int, rng: np.random.Generator, vectors: Float32Array) -> None:
        """Give `count` documents other contents: what an edit does to each."""
        ids = [row[0] for row in self._connection.execute("SELECT id FROM files ORDER BY id")]
        for at in rng.choice(len(ids), count, replace=False).tolist():
            with self._connection:
                self._connection.execute("DELETE FROM files WHERE id = ?", (ids[at],))
                self._add("an edited document", vectors[at])

    def map(self, earlier: TopicMap | None = None) -> Run:
        """Have the child make a map, and watch it."""
        order = {
            "space_id": self._space_id,
            "space_key": self._space.key,
            "dimension": self._space.dimension,
            "folder_ids": None,
        }
        began = time.monotonic()
        mapping = TopicsFront(self._logs, self.path).begin(order, earlier.to_bytes() if earlier is not None else None)
        peak = 0
        while not mapping.is_done:
            peak = max(peak, _resident(mapping.worker.pid))
            time.sleep(_LOOK_S)
        mapped = mapping.result()
        seconds = time.monotonic() - began
        assert mapped.data is not None
        topic_map = TopicMap.from_bytes(mapped.data)
        assert topic_map is not None
        return Run(topic_map, seconds, peak)

    def close(self) -> None:
        self._connection.close()


def _extraction(text: str) -> Extraction:
    return Extraction("document", None, None, False, False, len(text), {}, (), ())


def _resident(pid: int | None) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss) if pid is not None else 0
    except psutil.Error:
        return 0


def kept_share(before: TopicMap, after: TopicMap) -> float:
    """Of the documents in both maps that had a topic, how many still have the one with the same id."""
    _, at, now = np.intersect1d(before.keys, after.keys, return_indices=True)
    ids = np.array([*(topic.id for topic in before.topics), 0])
    ids_now = np.array([*(topic.id for topic in after.topics), -1])
    had = before.rows[at] >= 0
    return float((ids[before.rows[at]] == ids_now[after.rows[now]])[had].mean())


def moved(before: TopicMap, after: TopicMap) -> float:
    """The median way of a point that is on both maps, as a share of the map's width."""
    _, at, now = np.intersect1d(before.keys, after.keys, return_indices=True)
    ways = np.linalg.norm(before.places[at] - after.places[now], axis=1)
    return float(np.median(ways) / np.ptp(before.places[:, 0]))


def large(files: int, passages: int, folder: Path) -> None:
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((_CENTRES, _DIMENSION), dtype=np.float32)
    of = np.where(rng.random(files) < _STRAY_SHARE, -1, rng.integers(0, _CENTRES, files))
    catalog = SyntheticCatalog(folder, Space("0" * 64, "synthetic", _DIMENSION))
    for start in range(0, files, 5_000):
        part = of[start : start + 5_000]
        middles = np.where(part[:, None] >= 0, centres[part], rng.standard_normal((len(part), _DIMENSION)))
        vectors = middles[:, None, :] + 0.8 * rng.standard_normal((len(part), passages, _DIMENSION))
        vectors = (vectors / np.linalg.norm(vectors, axis=2, keepdims=True)).astype(np.float32)
        catalog.add(
            [f"subject{centre} word{number % 50}" for number, centre in enumerate(part.tolist(), start)], vectors
        )
    first = catalog.map()
    again = catalog.map(first.topic_map)
    rows = first.topic_map.rows
    print(f"{files:,} files, {passages} passages each: {len(first.topic_map.topics)} topics", end="")
    print(f", {(rows < 0).mean():.1%} of the files in none")
    print(f"  found anew  {first.seconds:6.1f} s, child's peak {first.peak_bytes / 1e6:,.0f} MB")
    print(f"  unchanged   {again.seconds:6.1f} s, child's peak {again.peak_bytes / 1e6:,.0f} MB")
    catalog.close()


def labelled(sets: Path | None, per_set: int) -> tuple[list[str], list[str]]:
    """Texts and their labels."""
    pairs = list(_of_sets(sets, per_set) if sets is not None else _made_up())
    texts = dict(pairs)  # copies count once
    return list(texts), list(texts.values())


def _of_sets(folder: Path, per_set: int) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*/corpus.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for line in random.Random(0).sample(lines, min(per_set, len(lines))):
            row = json.loads(line)
            yield f"{row.get('title', '')}\n{row['text']}"[:_CHARS].strip(), path.parent.name


def _made_up() -> Iterator[tuple[str, str]]:
    draw = random.Random(0)
    for label, words in _SUBJECTS.items():
        for _ in range(30):
            chosen = draw.choices(words.split(), k=12) + draw.choices(_FILLER.split(), k=12)
            draw.shuffle(chosen)
            yield " ".join(chosen), label


def quality(texts: Sequence[str], labels: Sequence[str], folder: Path) -> None:
    found = find_model(_MODEL, folder)
    encoder = Encoder(found.spec, found.folder, threads=1, models=folder)
    vectors = encoder.embed_passages(texts)[:, None, :]
    catalog = SyntheticCatalog(folder, space_named(_MODEL, folder))
    keys = catalog.add(texts, vectors)
    run = catalog.map()
    made = run.topic_map
    at = np.searchsorted(made.keys, np.array(keys))
    rows = made.rows[at]
    is_in = rows >= 0
    names = np.array(labels)
    pure = sum(int(np.unique(names[rows == row], return_counts=True)[1].max()) for row in np.unique(rows[is_in]))
    print(f"{len(texts):,} documents with {len(set(labels))} labels: {len(made.topics)} topics in {run.seconds:.1f} s")
    print(f"  in none {(~is_in).mean():.1%}, purity {pure / is_in.sum():.3f}")
    print(f"  adjusted Rand {adjusted_rand_score(names, rows):.3f}, of those in a topic ", end="")
    print(f"{adjusted_rand_score(names[is_in], rows[is_in]):.3f}")
    for row in np.argsort(-made.counts()).tolist():
        kinds, counts = np.unique(names[rows == row], return_counts=True)
        print(f"    {made.counts()[row]:4}  {' · '.join(made.topics[row].words):50} {kinds[counts.argmax()]}")
    stability(catalog, made, vectors)
    catalog.close()


def stability(catalog: SyntheticCatalog, made: TopicMap, vectors: Float32Array) -> None:
    """Edit some of the documents of a map, and see what stays: as the service asks, and where all is found anew."""
    rng = np.random.default_rng(1)
    edited = vectors + 0.2 / np.sqrt(vectors.shape[-1]) * rng.standard_normal(vectors.shape)
    edited = (edited / np.linalg.norm(edited, axis=2, keepdims=True)).astype(np.float32)
    catalog.replace(max(1, int(_CHANGED_SHARE * len(vectors))), rng, edited)
    for how, earlier in (("as the service does", made), ("found anew", replace(made, drift=made.clustered))):
        after = catalog.map(earlier).topic_map
        print(f"  {_CHANGED_SHARE:.0%} edited, {how}: {kept_share(made, after):.1%} keep their topic, ", end="")
        print(f"points move {moved(made, after):.1%} of the map's width")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000, help="of the large catalog; 0 leaves it out")
    parser.add_argument("--passages", type=int, default=4)
    parser.add_argument("--sets", type=Path, help="holds sets with a corpus.jsonl each")
    parser.add_argument("--per-set", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        quality(*labelled(options.sets, options.per_set), Path(name))
    if options.files:
        with tempfile.TemporaryDirectory() as name:
            large(options.files, options.passages, Path(name))


if __name__ == "__main__":
    main()
