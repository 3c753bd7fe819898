"""How long `duplicates` takes among very many files, and how much memory.

    python -m tests.benchmarks.duplicates [--files N]

A catalog of made-up files: one in twenty has a version of it, one in a hundred a copy, three in a hundred are one form
filled in anew. Vectors lie in clouds as those of texts do. Files that are not alike are not on the disk: nobody looks
at them there.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import apsw
import numpy as np

from finder.files.identity import identity_of
from finder.search.likeness.duplicates import DuplicateSearch
from finder.store import contents, files, folders, spaces
from finder.store.files import SeenFile
from finder.store.schema import open_reader, open_writer
from finder.types import FileIdentity
from finder.vectors import Space

SPACE = Space("1" * 64, "made up", 384)
_PASSAGES = 3
_WORDS = 100
_FORM = (
    "We confirm the receipt of your payment and will send the goods within the next days to the address given. " * 14
)


class _Maker:
    """Makes the catalog, file after file."""

    def __init__(self, connection: apsw.Connection, folder: Path, count: int) -> None:
        self._connection = connection
        self._folder = folder
        self._random = np.random.default_rng(1)
        self._count = count
        self._vocabulary = np.array([f"word{number}" for number in range(60_000)], object)
        clouds = self._random.standard_normal((200, SPACE.dimension)) * np.arange(1, SPACE.dimension + 1) ** -0.3
        self._clouds = clouds.astype(np.float32)
        self._form = self._near(self._clouds[0], 1.0)
        found = folder.stat()
        path = os.fsencode(folder)
        self._folder_id = folders.add_root(connection, path, found.st_dev, found.st_ino, False)
        self._folder_id = int(connection.execute("SELECT folder_id FROM roots").get)
        self._space_id = spaces.activate(connection, SPACE)

    def make(self) -> None:
        for number in range(self._count):
            kind = number % 100
            if kind in (0, 10, 20, 30, 40):
                self._original(number, is_copied=kind == 0)
            elif kind in (50, 60, 70):
                text = _FORM + " ".join(f"{self._random.integers(1 << 30)}" for _ in range(60))
                self._add(number, [text[: len(text) // 3], text[len(text) // 3 :]], self._near(self._form, 0.02))
            else:
                self._add(number, self._texts(), self._near(self._clouds[self._random.integers(200)], 1.0))

    def _original(self, number: int, is_copied: bool) -> None:
        texts, vector = self._texts(), self._near(self._clouds[self._random.integers(200)], 1.0)
        self._add(number, texts, vector, is_real=True)
        words = texts[0].split()
        edited = " ".join(words[:40] + ["edited"] * 10 + words[50:])
        self._add(number + 10 * self._count, [edited, *texts[1:]], self._near(vector, 0.01), is_real=True)
        if is_copied:
            self._add(number + 20 * self._count, texts, vector, is_real=True, hash=b"%032d" % number)

    def _add(
        self,
        number: int,
        texts: list[str],
        vector: np.ndarray[tuple[int], np.dtype[np.float32]],
        is_real: bool = False,
        hash: bytes | None = None,
    ) -> None:
        connection, name = self._connection, b"%d.txt" % number
        identity = FileIdentity(1, number, 5_000, 1, 1)
        if is_real:
            path = self._folder / name.decode()
            path.write_text("".join(texts))
            identity = identity_of(path.stat())
        digest = hash or b"%032d" % number
        content_id = contents.find(connection, digest, "text@2")
        if content_id is None:
            connection.execute(
                "INSERT INTO contents(hash, reader, type, is_encoding_guessed, is_cut, chars, metadata, notes)"
                " VALUES(?, 'text@2', 'document', 0, 0, 0, '{}', '[]')",
                (digest,),
            )
            content_id = connection.last_insert_rowid()
            text_ids = [self._text(content_id, at, text) for at, text in enumerate(texts)]
            spaces.add_vectors(connection, self._space_id, text_ids, np.array([vector] * len(text_ids), np.float32))
        file_id = files.add(connection, self._folder_id, SeenFile(name, identity, "document"))
        files.set_read(connection, file_id, "text@2", content_id)

    def _text(self, content_id: int, ordinal: int, text: str) -> int:
        """Not through `contents.add`: the index of words, which nobody asks here, takes most of the time."""
        hash = contents.text_hash("", text)
        self._connection.execute("INSERT OR IGNORE INTO texts(hash, heading, body) VALUES(?, '', ?)", (hash, text))
        text_id = int(self._connection.execute("SELECT id FROM texts WHERE hash = ?", (hash,)).get)
        self._connection.execute(
            "INSERT INTO passages(content_id, ordinal, text_id, start, end) VALUES(?, ?, ?, 0, 0)",
            (content_id, ordinal, text_id),
        )
        return text_id

    def _texts(self) -> list[str]:
        words = self._vocabulary[self._random.integers(60_000, size=_PASSAGES * _WORDS)]
        return [" ".join(words[at : at + _WORDS]) for at in range(0, len(words), _WORDS)]

    def _near(
        self, centre: np.ndarray[tuple[int], np.dtype[np.float32]], spread: float
    ) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        made = centre + self._random.standard_normal(SPACE.dimension, np.float32) * spread * float(
            np.abs(centre).mean()
        )
        return (made / np.linalg.norm(made)).astype(np.float32)


def main() -> None:
    """Make the catalog, search it, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    count = parser.parse_args().files
    with tempfile.TemporaryDirectory(prefix="inkling-duplicates-") as folder:
        documents = Path(folder).resolve() / "files"
        documents.mkdir()
        writer = open_writer(Path(folder) / "catalog.db")
        with writer:
            _Maker(writer, documents, count).make()
        writer.close()
        connection = open_reader(Path(folder) / "catalog.db")
        before_mb, before_s = _peak_mb(), time.process_time()
        times: dict[str, float] = {}
        last = time.monotonic()

        def note(doing: str, done: int, total: int) -> None:
            nonlocal last
            now = time.monotonic()
            times[doing] = times.get(doing, 0.0) + now - last
            last = now

        active = spaces.active(connection)
        assert active is not None
        found = DuplicateSearch(connection, *active, None, None, note).find()
        relations = [group["relation"] for group in found["groups"]]
        processor_s = time.process_time() - before_s
        print(f"{found['files']:,} files in {found['elapsed_ms'] / 1000:.1f} s, {processor_s:.1f} s of the processor,")
        print(f"  {_peak_mb() - before_mb:.0f} MB more, {_peak_mb():.0f} MB in all")
        print({doing: round(seconds, 1) for doing, seconds in times.items()})
        print({relation: relations.count(relation) for relation in ("copy", "version")}, found["notes"])
        connection.close()


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
