"""Copies within the index: files with equal bytes, and files with nearly the same text. Reports, and deletes nothing.

Nearly the same: the documents' vectors lie near each other, and the texts themselves share most of their words in
runs, their names and numbers among them. So a form that was filled in differently is no copy.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import apsw
import numpy as np

from finder.extract.kinds import is_known_by_samples
from finder.paths import display
from finder.search.likeness.families import Families
from finder.search.likeness.judging import judged
from finder.search.likeness.near import near_pairs
from finder.search.likeness.portrait import Portrait, Portraits, wording_of
from finder.search.likeness.related import DuplicateFile, DuplicateGroup, Duplicates, Relation
from finder.search.likeness.rows import LiveFile, LiveFiles, row
from finder.search.results import IsHidden
from finder.store import comparing, documents
from finder.vectors import Float32Array, Int64Array, Space

NEAR = 0.35
"""L2 distance between documents, up to which their texts are compared: measured in tests/benchmarks/RESULTS.md."""
NEARLY_EQUAL = 0.6
"""Of two texts, what must be equal for the one to be nearly a copy of the other."""
_NEIGHBOURS = 10
_PASSAGES = 40
"""Of a document's text so much is compared: some 15 pages."""
_WORDS_KEPT = 3_000_000
"""Some 60 bytes each."""
_VECTORS_LIMIT_BYTES = 512 << 20
"""Of 350,000 documents with the built-in model; more are compared by their bytes alone."""
_DOCUMENTS_AT_A_TIME = 4_096
_FILES_PER_HASH = 10_000
GROUPS_SHOWN = 1_000
FILES_SHOWN = 100

OnProgress = Callable[[str, int, int], None]
"""What is being done, and how many of how many steps; it may raise to end the search."""


class DuplicateSearch:
    """One search for copies."""

    def __init__(
        self,
        connection: apsw.Connection,
        space_id: int,
        space: Space,
        folder_ids: frozenset[int] | None,
        is_hidden: IsHidden | None,
        on_progress: OnProgress,
    ) -> None:
        """Args: folder_ids: where the files are to lie; None for everywhere."""
        self._connection = connection
        self._space_id = space_id
        self._space = space
        self._folder_ids = folder_ids
        self._live = LiveFiles(connection, is_hidden, lambda: on_progress(*self._step))
        self._on_progress = on_progress
        self._step = ("", 0, 1)
        self._notes: list[str] = []
        self._changed: set[int] = set()
        self._waiting = 0

    def find(self) -> Duplicates:
        """All groups, those first that take the most room for nothing.

        Raises:
            Whatever `on_progress` raises.
        """
        began = time.monotonic()
        contents = comparing.read_contents(self._connection, self._folder_ids)
        copies = [*self._equal_by_hash(), *self._equal_without_text()]
        versions = self._nearly_equal(contents)
        groups = sorted(copies, key=_freeable, reverse=True) + sorted(versions, key=_freeable, reverse=True)
        if len(groups) > GROUPS_SHOWN:
            self._notes.append(f"The first {GROUPS_SHOWN:,} of {len(groups):,} groups are shown.")
        return Duplicates(
            groups=[group.shown() for group in groups[:GROUPS_SHOWN]],
            files=comparing.count_files(self._connection, self._folder_ids),
            copies_bytes=sum(map(_freeable, copies)),
            versions_bytes=sum(map(_freeable, versions)),
            waiting=self._waiting,
            changed=len(self._changed),
            elapsed_ms=round((time.monotonic() - began) * 1000, 1),
            notes=self._notes,
        )

    def _begin(self, doing: str, done: int, total: int) -> None:
        """Tell of a step; while its files are read, it is told again."""
        self._step = (doing, done, total)
        self._on_progress(*self._step)

    def _holds(self, file: comparing.IndexedFile) -> bool:
        return self._folder_ids is None or file.folder_id in self._folder_ids

    # --- equal bytes

    def _equal_by_hash(self) -> Iterable[_Group]:
        hashes = comparing.hashes_of_several(self._connection, self._folder_ids)
        for number, digest in enumerate(hashes):
            self._begin("Comparing bytes", number, len(hashes))
            live = self._unchanged(comparing.files_with_hash(self._connection, digest, _FILES_PER_HASH, self._holds))
            # The hash of a film or a picture is one of samples: all its bytes have the last word.
            certain = [file for file in live if not is_known_by_samples(file.file.name)]
            for files in (certain, *_by_bytes(file for file in live if is_known_by_samples(file.file.name))):
                yield from _copies(files)

    def _equal_without_text(self) -> Iterable[_Group]:
        sizes = comparing.sizes_of_several(self._connection, self._folder_ids)
        for number, size_bytes in enumerate(sizes):
            self._begin("Comparing files without text", number, len(sizes))
            of_size = comparing.textless_of_size(self._connection, size_bytes, _FILES_PER_HASH, self._holds)
            for files in _by_bytes(self._unchanged(of_size)):
                yield from _copies(files)

    def _unchanged(self, files: Sequence[comparing.IndexedFile]) -> list[LiveFile]:
        """Those that are there, and what they were when they were indexed."""
        found = []
        for file in files:
            live = self._live.live(file)
            if live is not None and live.is_as_indexed:
                found.append(live)
            elif live is not None:
                self._changed.add(file.id)
        return found

    # --- nearly equal

    def _nearly_equal(self, contents: Int64Array) -> list[_Group]:
        dimension = self._space.dimension
        limit = _VECTORS_LIMIT_BYTES // (4 * dimension)
        if len(contents) > limit:
            self._notes.append(f"More than {limit:,} documents: compared by their bytes alone. Name a folder for more.")
            return []
        vectors, counts = self._vectors(contents)
        has_vector = counts > 0
        self._waiting = int(len(contents) - has_vector.sum())
        if self._waiting:
            contents, vectors = contents[has_vector], vectors[has_vector]
        pairs, _ = near_pairs(
            vectors, NEAR, _NEIGHBOURS, lambda done, total: self._begin("Comparing meanings", done, total)
        )
        del vectors
        return self._grouped(contents[pairs])

    def _vectors(self, contents: Int64Array) -> tuple[Float32Array, Int64Array]:
        """What each document is about, (N, D), and how many vectors that is the mean of (N,)."""
        vectors = np.empty((len(contents), self._space.dimension), np.float32)
        counts = np.empty(len(contents), np.int64)
        for start in range(0, len(contents), _DOCUMENTS_AT_A_TIME):
            self._begin("Reading meanings", start, len(contents))
            some = slice(start, start + _DOCUMENTS_AT_A_TIME)
            vectors[some], counts[some] = documents.mean_vectors(
                self._connection, self._space_id, contents[some], self._space.dimension
            )
        return vectors, counts

    def _grouped(self, pairs: Int64Array) -> list[_Group]:
        """Groups of documents of which each is nearly equal to another.

        Args:
            pairs: (P, 2) contents.
        """
        portrait = Portraits(self._portrait, _WORDS_KEPT).of
        families = Families()
        for number, (one, other) in enumerate(_neighbours_together(pairs).tolist()):
            self._begin("Comparing texts", number, len(pairs))
            if not families.are_one(one, other) and _are_nearly_equal(portrait(one), portrait(other)):
                families.join(one, other)
        groups = (self._versions(family, portrait) for family in families.of_several())
        return [group for group in groups if group is not None]

    def _versions(self, family: list[int], portrait: Callable[[int], Portrait]) -> _Group | None:
        members = []
        for content_id in family:
            files = comparing.files_of_content(self._connection, content_id, FILES_SHOWN, self._holds)
            live = sorted(self._unchanged(files), key=_mtime, reverse=True)
            if live:
                members.append((content_id, live))
        if len(members) < 2:
            return None
        members.sort(key=lambda member: _mtime(member[1][0]), reverse=True)
        newest = portrait(members[0][0])
        shares = [1.0, *(judged(newest, portrait(content_id))[1].share for content_id, _ in members[1:])]
        return _Group("version", [_Member(live, share) for (_, live), share in zip(members, shares, strict=True)])

    def _portrait(self, content_id: int) -> Portrait:
        texts = comparing.texts_of(self._connection, content_id, _PASSAGES)
        return Portrait(wording=wording_of([(heading, body) for _, heading, body in texts]))


@dataclass(frozen=True, slots=True)
class _Member:
    """One row of a group."""

    names: list[LiveFile]
    """For copies all names of one file; for versions all files with equal bytes, the newest first."""
    share: float


@dataclass(frozen=True, slots=True)
class _Group:
    relation: Relation
    members: list[_Member]
    """The newest first."""

    @property
    def sizes(self) -> list[int]:
        return [member.names[0].status.st_size for member in self.members]

    def shown(self) -> DuplicateGroup:
        return DuplicateGroup(
            relation="copy" if self.relation == "copy" else "version",
            files=[self._row(member) for member in self.members[:FILES_SHOWN]],
            file_count=len(self.members),
            size_bytes=sum(self.sizes),
            freeable_bytes=_freeable(self),
        )

    def _row(self, member: _Member) -> DuplicateFile:
        first, *others = member.names
        links = [other for other in others if other.inode == first.inode]
        copies = [other for other in others if other.inode != first.inode]
        shown = row(first, self.relation, member.share, member.share, "strong", [], copies)
        return DuplicateFile(**shown, links=[display(link.path) for link in links])


def _neighbours_together(pairs: Int64Array) -> Int64Array:
    """`pairs` (P, 2) such that what hangs together comes together: a text that is compared ten times is read once."""
    families = Families()
    for one, other in pairs.tolist():
        families.join(one, other)
    leaders = np.fromiter((families.leader(one) for one in pairs[:, 0].tolist()), np.int64, count=len(pairs))
    ordered: Int64Array = pairs[np.argsort(leaders, kind="stable")]
    return ordered


def _are_nearly_equal(one: Portrait, other: Portrait) -> bool:
    relation, agreed = judged(one, other)
    return relation == "version" and agreed.share >= NEARLY_EQUAL


def _by_bytes(files: Iterable[LiveFile]) -> list[list[LiveFile]]:
    """Files parted by their bytes: samples first, so that whole files are read only where they are alike."""
    alike = _parted(files, lambda file: file.file_bytes.sampled)
    return [equal for group in alike if len(group) > 1 for equal in _parted(group, lambda file: file.file_bytes.hashed)]


def _parted(files: Iterable[LiveFile], digest: Callable[[LiveFile], bytes | None]) -> list[list[LiveFile]]:
    """Files with the same digest together; those that cannot be read are left out. Names of one file are read once."""
    found: defaultdict[bytes, list[LiveFile]] = defaultdict(list)
    for _, names in groupby(sorted(files, key=lambda file: file.inode), key=lambda file: file.inode):
        same = list(names)
        if (value := digest(same[0])) is not None:
            found[value] += same
    return list(found.values())


def _copies(files: list[LiveFile]) -> Iterable[_Group]:
    """The group of files with equal bytes, where there are at least two that are not names of one file."""
    by_inode = sorted(files, key=lambda file: file.inode)
    members = [_Member(list(names), 1.0) for _, names in groupby(by_inode, key=lambda file: file.inode)]
    if len(members) > 1 and members[0].names[0].status.st_size:
        members.sort(key=lambda member: _mtime(member.names[0]), reverse=True)
        yield _Group("copy", members)


def _mtime(file: LiveFile) -> int:
    return file.status.st_mtime_ns


def _freeable(group: _Group) -> int:
    return sum(group.sizes[1:])
