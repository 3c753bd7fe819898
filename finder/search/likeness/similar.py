"""Files like others, in three answers kept apart: copies and versions, the same kind, the same subject.

Near vectors, shared passages and equal names make the candidates; the text has the last word on how they are alike.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import apsw

from finder.errors import CancelledError, UsageFaultError
from finder.extract.kinds import is_known_by_samples
from finder.paths import display
from finder.search.candidates import name_score
from finder.search.likeness.asked import Asked, AskedDocument
from finder.search.likeness.judging import judged
from finder.search.likeness.neighbours import Neighbours
from finder.search.likeness.outside import EmbedTexts, Outside
from finder.search.likeness.portrait import Portrait, of_file
from finder.search.likeness.related import NOTHING_INDEXED, RelatedFile, Relation, Similar
from finder.search.likeness.rows import LiveFiles, row
from finder.search.results import IsHidden
from finder.search.searcher import SpaceSearch
from finder.store import bm25, comparing, folders, keywords, lookup
from finder.store.cancelling import cancellable
from finder.store.comparing import IndexedFile
from finder.store.lookup import PassageInfo
from finder.text import clean
from finder.types import Strength

FILES_COMPARED = 20
"""With several files, so many at most."""
_COPIES = 200
_NAMES = 50
"""Of one content: it is one row."""
_NAMED = 60
_SAME_NAME = 0.1
_GOOD_NAME = 0.5
_SUBJECT_Z = 2.5
"""Standard deviations above unrelated documents from which on one is about the same: so high are nine of ten paragraphs
of one article, and one in forty of others."""
_GOOD_Z = 3.5
_TOP_Z = 12.0
"""Shows as a score of 1."""

NOT_INDEXED = "{0} is not indexed, so it was not searched. To add it: inkling index DIR"


@dataclass(frozen=True, slots=True)
class SimilarRequest:
    """What is asked about: files, a text, or both."""

    paths: tuple[bytes, ...] = ()
    text: str | None = None
    folders: tuple[bytes, ...] = ()
    """Only files below any of them are found; all where empty."""
    limit: int = 10
    """Of each of the three answers."""


@dataclass(slots=True)
class _Like:
    """One content, or one file without text, that is like what was asked about."""

    file: IndexedFile
    relation: Relation
    share: float
    score: float
    is_good: bool


class SimilarFiles:
    """Answers which files are like others; thread-safe."""

    def __init__(
        self,
        connect: Callable[[], apsw.Connection],
        space: Callable[[], SpaceSearch],
        outside: Outside,
        hiding: Callable[[], IsHidden | None] = lambda: None,
    ) -> None:
        """
        Args:
            connect: gives the calling thread's reading connection.
            space: the embedding space that answers at this moment.
            hiding: what the catalog still has and is not to be shown.
        """
        self._connect = connect
        self._space = space
        self._outside = outside
        self._hiding = hiding

    def find(
        self, request: SimilarRequest, embed: EmbedTexts, is_cancelled: Callable[[], bool] = lambda: False
    ) -> Similar:
        """The answer.

        Args:
            embed: makes vectors, in the space that answers, for what is not indexed.
        Raises:
            UsageFaultError: nothing was asked about, or a path is no file.
            FileError: a file that is not indexed cannot be read.
            CancelledError: `is_cancelled` said so.
        """
        if not request.paths and request.text is None:
            raise UsageFaultError("Nothing to compare with", hint="Name a file, or give a text.")
        if len(request.paths) > FILES_COMPARED:
            raise UsageFaultError("Too many files at once", f"{len(request.paths)}", f"Name at most {FILES_COMPARED}.")
        connection, space = self._connect(), self._space()
        with cancellable(connection, is_cancelled):
            search = _Search(connection, space, self._hiding(), request, is_cancelled)
            return search.answer(self._outside, embed)


class _Search:
    """One comparison in progress."""

    def __init__(
        self,
        connection: apsw.Connection,
        space: SpaceSearch,
        is_hidden: IsHidden | None,
        request: SimilarRequest,
        is_cancelled: Callable[[], bool],
    ) -> None:
        self._began = time.monotonic()
        self._connection = connection
        self._space = space
        self._live = LiveFiles(connection, is_hidden, self._checkpoint)
        self._request = request
        self._is_cancelled = is_cancelled
        self._own_inodes: set[tuple[int, int]] = set()
        self._notes: list[str] = []
        known = {path: folders.folder_at(connection, path) for path in request.folders}
        self._notes += [NOT_INDEXED.format(display(path)) for path, id in known.items() if id is None]
        if not folders.roots(connection):
            self._notes.append(NOTHING_INDEXED)
        ids = [id for id in known.values() if id is not None]
        self._folder_ids = lookup.subtrees(connection, ids) if request.folders else None
        self._neighbours = Neighbours(connection, space, self._folder_ids, self._checkpoint)

    def answer(self, outside: Outside, embed: EmbedTexts) -> Similar:
        """What is like all that is asked about."""
        asked = Asked(self._connection, self._space.space_id, self._live, outside, embed, self._checkpoint)
        for path in self._request.paths:
            asked.add_file(path)
        if self._request.text is not None:
            asked.add_text(self._request.text)
        self._own_inodes = asked.inodes
        found = self._likes(asked.documents)
        best = {relation: self._rows(found, relation) for relation in ("version", "kind", "subject")}
        return Similar(
            compared=[document.name for document in asked.documents],
            copies=best["version"],
            kind=best["kind"],
            subject=best["subject"],
            elapsed_ms=round((time.monotonic() - self._began) * 1000, 1),
            notes=[*self._notes, *asked.notes],
        )

    # --- candidates

    def _likes(self, documents: list[AskedDocument]) -> list[_Like]:
        """Everything that is like one of the documents asked about, each in the closest of its relations."""
        equal = {like.file.id: like for document in documents for like in self._with_equal_bytes(document)}
        found: dict[int, _Like] = {}
        for portrait in (document.portrait for document in documents):
            likes = self._like_by_text(portrait) if portrait.has_text else self._like_by_name(portrait)
            for like in likes:
                key = like.file.content_id if like.file.content_id is not None else -like.file.id
                if key not in found or _rank(like) > _rank(found[key]):
                    found[key] = like
        hashes = {document.portrait.hash for document in documents} - {None}
        others = (like for like in found.values() if like.file.hash not in hashes and like.file.id not in equal)
        return [*equal.values(), *others]

    def _with_equal_bytes(self, document: AskedDocument) -> list[_Like]:
        """Copies; an empty file is a copy of nothing."""
        if not document.size_bytes:
            return []
        hash = document.portrait.hash
        same = [] if hash is None else comparing.files_with_hash(self._connection, hash, _COPIES, self._holds)
        if not same and not document.portrait.has_text:
            same = comparing.textless_of_size(self._connection, document.size_bytes, _COPIES, self._holds)
        return [_Like(file, "copy", 1.0, 1.0, True) for file in same if self._is_copy(file, document)]

    def _is_copy(self, file: IndexedFile, document: AskedDocument) -> bool:
        """Whether a file that should have the bytes of a document has them now."""
        self._checkpoint()
        live = self._live.live(file)
        if live is None or live.inode in self._own_inodes:
            return False
        if file.hash is not None and live.is_as_indexed and not is_known_by_samples(file.name):
            return True
        return document.file_bytes is not None and document.file_bytes.equal(live.file_bytes)

    def _like_by_text(self, portrait: Portrait) -> list[_Like]:
        likes = []
        for content_id, z in self._neighbours.of(portrait):
            self._checkpoint()
            file = self._a_file_of(content_id)
            if file is None:
                continue
            relation, agreed = judged(portrait, of_file(self._connection, self._space.space_id, file))
            if relation == "version":
                likes.append(_Like(file, relation, agreed.share, agreed.share, True))
            elif relation == "kind":
                likes.append(_Like(file, relation, agreed.share, max(agreed.labels, agreed.plain), True))
            elif z >= _SUBJECT_Z:
                likes.append(_Like(file, "subject", agreed.share, z / _TOP_Z, z >= _GOOD_Z))
        return likes

    def _like_by_name(self, portrait: Portrait) -> list[_Like]:
        """Files of the same type whose names hold the same words."""
        query = clean(os.path.splitext(portrait.name)[0].decode("utf-8", "replace"))
        terms = bm25.weighed(self._connection, "names", keywords.query_terms(query))
        likes = []
        for hit in bm25.ranked(self._connection, "names", terms, _NAMED).hits:
            file = comparing.file(self._connection, hit.id)
            if file is None or file.type != portrait.type or not self._holds(file):
                continue
            score = name_score(keywords.name_text(file.name), terms)
            if score >= _SAME_NAME:
                likes.append(_Like(file, "kind", 0.0, score, score >= _GOOD_NAME))
        return likes

    def _a_file_of(self, content_id: int) -> IndexedFile | None:
        """A file with this content in these folders; None where there is none."""
        return next(iter(comparing.files_of_content(self._connection, content_id, 1, self._holds)), None)

    def _holds(self, file: IndexedFile) -> bool:
        return self._folder_ids is None or file.folder_id in self._folder_ids

    # --- rows

    def _rows(self, found: list[_Like], relation: Relation) -> list[RelatedFile]:
        """The best of one answer, equal files under one row; copies stand before versions."""
        wanted = ("copy", "version") if relation == "version" else (relation,)
        likes = sorted((like for like in found if like.relation in wanted), key=_rank, reverse=True)
        return list(islice((made for like in likes if (made := self._row(like)) is not None), self._request.limit))

    def _row(self, like: _Like) -> RelatedFile | None:
        self._checkpoint()
        content_id = like.file.content_id
        if content_id is None or like.relation == "copy":
            names = [like.file]
        else:
            names = comparing.files_of_content(self._connection, content_id, _NAMES, self._holds)
        lives = [live for file in names if (live := self._live.live(file)) is not None]
        lives = [live for live in lives if live.inode not in self._own_inodes]
        if not lives:
            return None
        passages: list[PassageInfo] = []
        if content_id is not None:
            first = lookup.first_texts(self._connection, content_id, 1)
            passages = lookup.passages(self._connection, content_id, first)
        strength: Strength = "strong" if like.relation in ("copy", "version") else "good" if like.is_good else "weak"
        return row(lives[0], like.relation, like.share, like.score, strength, passages, lives[1:])

    def _checkpoint(self) -> None:
        if self._is_cancelled():
            raise CancelledError


_ORDER: dict[Relation, int] = {"subject": 0, "kind": 1, "version": 2, "copy": 3}


def _rank(like: _Like) -> tuple[int, float]:
    return _ORDER[like.relation], like.score
