"""Files like others, in three answers kept apart: copies and versions, the same kind, the same subject.

Near vectors, shared passages and equal names make the candidates; the text has the last word on how they are alike.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice

import apsw

from finder.errors import CancelledError, FinderError, UsageFaultError
from finder.extract.kinds import is_known_by_samples
from finder.files.identity import lstat
from finder.paths import display
from finder.search.candidates import name_score
from finder.search.judging import judged
from finder.search.neighbours import Neighbours
from finder.search.outside import EmbedTexts, Outside
from finder.search.portrait import Portrait, of_content
from finder.search.related import RelatedFile, Relation, Similar
from finder.search.results import IsHidden
from finder.search.rows import LiveFile, LiveFiles, row
from finder.search.same_bytes import have_same_bytes
from finder.search.searcher import SpaceSearch
from finder.store import bm25, comparing, folders, keywords, lookup
from finder.store.comparing import IndexedFile
from finder.store.lookup import PassageInfo
from finder.text import clean
from finder.types import Strength
from finder.vectors import Float32Array

FILES_COMPARED = 20
"""With several files, so many at most."""
TEXT_LIMIT = 1_000_000
"""Characters of a text."""
_COPIES = 50
_NAMED = 60
_SAME_NAME = 0.1
_GOOD_NAME = 0.5
_SUBJECT_Z = 2.5
"""Standard deviations above unrelated documents from which on one is about the same: so high are nine of ten paragraphs
of one article, and one in forty of others."""
_GOOD_Z = 3.5
_TOP_Z = 12.0
"""Shows as a score of 1."""

NO_MEANING = "The model is not ready: files of the same subject are not found yet."
NOT_INDEXED = "{0} is not indexed, so it was not searched. To add it: inkling index DIR"
NO_TEXT = "has no text to compare: files of the same type and a like name are shown."


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
    copies: list[LiveFile] = field(default_factory=list)


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
        live = LiveFiles(connection, self._hiding())
        search = _Search(connection, space, live, request, is_cancelled)
        for path in request.paths:
            search.ask(path, self._outside, embed)
        if request.text is not None:
            search.ask_text(request.text, self._outside, embed)
        return search.answer()


class _Search:
    """One comparison in progress."""

    def __init__(
        self,
        connection: apsw.Connection,
        space: SpaceSearch,
        live: LiveFiles,
        request: SimilarRequest,
        is_cancelled: Callable[[], bool],
    ) -> None:
        self._began = time.monotonic()
        self._connection = connection
        self._space = space
        self._live = live
        self._request = request
        self._is_cancelled = is_cancelled
        self._portraits: list[tuple[Portrait, bytes | None]] = []
        self._own_inodes: set[tuple[int, int]] = set()
        self._notes: list[str] = []
        known = {path: folders.folder_at(connection, path) for path in request.folders}
        self._notes += [NOT_INDEXED.format(display(path)) for path, id in known.items() if id is None]
        if not folders.roots(connection):
            self._notes.append("Nothing is indexed yet. Add a folder with: inkling index FOLDER")
        ids = [id for id in known.values() if id is not None]
        self._folder_ids = lookup.subtrees(connection, ids) if request.folders else None
        self._neighbours = Neighbours(connection, space, self._folder_ids, self._checkpoint)

    def ask(self, path: bytes, outside: Outside, embed: EmbedTexts) -> None:
        """Add a file to what is asked about: as the index knows it, or read now."""
        if os.path.isdir(path):
            hint = "Name files; copies within a folder: inkling duplicates DIR"
            raise UsageFaultError("It is a folder", hint=hint, path=display(path))
        try:
            status = lstat(path)
        except OSError as error:
            raise UsageFaultError(
                "No such file", os.strerror(error.errno or 0), "Check the path.", display(path)
            ) from None
        self._own_inodes.add((status.st_dev, status.st_ino))
        portrait = self._indexed(path)
        if portrait is None:
            portrait = outside.file(self._connection, self._space.space_id, path, self._embedding(embed))
        if not portrait.has_text:
            self._notes.append(f"{display(os.path.basename(path))} {NO_TEXT}")
        self._portraits.append((portrait, path))

    def ask_text(self, text: str, outside: Outside, embed: EmbedTexts) -> None:
        cleaned = clean(text[:TEXT_LIMIT])
        if not cleaned.strip():
            raise UsageFaultError("The text is empty", hint="Give the text that files are to be like.")
        if len(text) > TEXT_LIMIT:
            self._notes.append(f"The text is long: its first {TEXT_LIMIT:,} characters are compared.")
        made = outside.text(self._connection, self._space.space_id, cleaned, self._embedding(embed))
        self._portraits.append((made, None))

    def answer(self) -> Similar:
        """What is like all that was asked about."""
        if any(portrait.has_text and portrait.vector is None for portrait, _ in self._portraits):
            self._add_note(NO_MEANING)
        found = self._likes()
        best = {relation: self._rows(found, relation) for relation in ("version", "kind", "subject")}
        return Similar(
            compared=[display(path) if path is not None else "text" for _, path in self._portraits],
            copies=best["version"],
            kind=best["kind"],
            subject=best["subject"],
            elapsed_ms=round((time.monotonic() - self._began) * 1000, 1),
            notes=self._notes,
        )

    def _indexed(self, path: bytes) -> Portrait | None:
        """The portrait of a file that is indexed as it is now; None of any other."""
        folder_id = folders.folder_at(self._connection, os.path.dirname(path))
        file = None if folder_id is None else comparing.file_at(self._connection, folder_id, os.path.basename(path))
        live = self._live.live(file) if file is not None and file.content_id is not None else None
        if live is None or not live.is_as_indexed or live.file.content_id is None:
            return None
        return self._portrait_of(live.file)

    def _portrait_of(self, file: IndexedFile) -> Portrait:
        assert file.content_id is not None
        return of_content(self._connection, self._space.space_id, file.content_id, file.name, file.type, file.hash)

    def _embedding(self, embed: EmbedTexts) -> EmbedTexts:
        """`embed`, so that words are compared whatever the model is doing."""

        def made(texts: Sequence[str]) -> Float32Array | None:
            self._checkpoint()
            try:
                return embed(texts)
            except CancelledError:
                raise
            except FinderError as error:
                self._add_note(f"{NO_MEANING} {error.title}.")
                return None

        return made

    # --- candidates

    def _likes(self) -> list[_Like]:
        """Everything that is like one of the documents asked about, each in the closest of its relations."""
        equal = [like for portrait, path in self._portraits for like in self._with_equal_bytes(portrait, path)]
        found: dict[int, _Like] = {}
        for portrait, _ in self._portraits:
            likes = self._like_by_text(portrait) if portrait.has_text else self._like_by_name(portrait)
            for like in likes:
                key = like.file.content_id if like.file.content_id is not None else -like.file.id
                if key not in found or _rank(like) > _rank(found[key]):
                    found[key] = like
        hashes = {portrait.hash for portrait, _ in self._portraits} - {None}
        shown = {like.file.id for like in equal}
        return equal + [like for like in found.values() if like.file.hash not in hashes and like.file.id not in shown]

    def _with_equal_bytes(self, portrait: Portrait, path: bytes | None) -> list[_Like]:
        if portrait.hash is not None:
            same = comparing.files_with_hash(self._connection, portrait.hash, _COPIES)
            if same:
                return [_Like(file, "copy", 1.0, 1.0, True) for file in same if self._is_copy(file, path)]
        if path is None or portrait.has_text:
            return []
        of_size = comparing.textless_of_size(self._connection, lstat(path).st_size, _COPIES)
        return [_Like(file, "copy", 1.0, 1.0, True) for file in of_size if self._is_copy(file, path)]

    def _is_copy(self, file: IndexedFile, path: bytes | None) -> bool:
        """Whether a file that should have the bytes of `path` has them now."""
        self._checkpoint()
        live = self._live.live(file)
        if live is None or live.inode in self._own_inodes:
            return False
        if file.hash is not None and live.is_as_indexed and not is_known_by_samples(file.name):
            return True
        return path is not None and have_same_bytes(path, live.path)

    def _like_by_text(self, portrait: Portrait) -> list[_Like]:
        likes = []
        for content_id, z in self._neighbours.of(portrait):
            self._checkpoint()
            file = self._a_file_of(content_id)
            if file is None:
                continue
            relation, agreed = judged(portrait, self._portrait_of(file))
            if relation == "version":
                likes.append(_Like(file, relation, agreed.share, max(agreed.share, agreed.contained), True))
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
        """A file with this content that may be found; None where there is none, or it is one asked about."""
        files = comparing.files_of_content(self._connection, content_id, _COPIES)
        return next((file for file in files if self._holds(file)), None)

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
            names = [like.file] if self._holds(like.file) else []
        else:
            names = [
                file for file in comparing.files_of_content(self._connection, content_id, _COPIES) if self._holds(file)
            ]
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

    def _add_note(self, note: str) -> None:
        if note not in self._notes:
            self._notes.append(note)

    def _checkpoint(self) -> None:
        if self._is_cancelled():
            raise CancelledError


_ORDER: dict[Relation, int] = {"subject": 0, "kind": 1, "version": 2, "copy": 3}


def _rank(like: _Like) -> tuple[int, float]:
    return _ORDER[like.relation], like.score
