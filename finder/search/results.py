"""Results: from ranked candidates to files that exist, each with its copies and its best passages.

Whatever does not pass lstat as a regular file inside the scope is not shown, whatever the catalog says. What lies on a
drive that is away is shown as that: people want to know which drive to fetch.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from finder.errors import CancelledError
from finder.files.identity import lstat
from finder.paths import display, path_to_uri
from finder.search.candidates import files_of
from finder.search.found import FoundFile, FoundPassage
from finder.search.ranking import Ranking
from finder.search.reason import reason_of
from finder.search.scope import Scope
from finder.search.strength import reasons_of, strength_of
from finder.search.words import EqualWords
from finder.store import folders, lookup
from finder.store.folders import Root
from finder.store.lookup import FileInfo, PassageInfo
from finder.types import Reach

PASSAGES_SHOWN = 3
COPIES_SHOWN = 20
IsHidden = Callable[[bytes, bytes, int], bool]
"""Of a file: its folder, its name, its size in bytes."""

_COPY_NAME = re.compile(rb"^copy (?:\(\d+\) )?of |\((?:[\w ]+ )?copy(?: \d+)?\)$| - copy\b|\(\d{1,2}\)$", re.IGNORECASE)
"""As file managers and browsers call a copy, without its extension: "lease (copy)", "Copy of lease", "lease (1)"."""
_FIRST_S = datetime(1, 1, 1, tzinfo=UTC).timestamp()
_LAST_S = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class _ShownFile:
    """A file of the catalog that is there, or whose drive is away."""

    info: FileInfo
    path: bytes
    size_bytes: int
    mtime_ns: int
    is_offline: bool


class ResultBuilder:
    """Makes the results of one answer."""

    def __init__(
        self,
        scope: Scope,
        ranking: Ranking,
        words: EqualWords,
        name_words: EqualWords,
        space_id: int,
        is_hidden: IsHidden = lambda folder, name, size: False,
    ) -> None:
        """
        Args:
            words: the query's, for marking in texts.
            name_words: the same for names, which are found by the beginnings of words too.
            space_id: the one that files are found in by their meaning.
            is_hidden: True for a file that the catalog still has and nobody is to be shown.
        """
        self._scope = scope
        self._ranking = ranking
        self._words = words
        self._name_words = name_words
        self._space_id = space_id
        self._is_hidden = is_hidden
        self._folder_paths = scope.folder_paths
        self._roots = folders.roots(scope.connection)
        self._is_any_away = not all(root.is_online for root in self._roots)
        self.away: dict[bytes, bool] = {}
        """Roots whose drive is away and that hold candidates met on the way. True where one is not weak."""

    def build(self, limit: int, is_cancelled: Callable[[], bool]) -> list[FoundFile]:
        """Up to `limit` results, in the ranking's order."""
        results: list[FoundFile] = []
        by_hash: dict[bytes, FoundFile] = {}
        for row in self._ranking.order:
            if is_cancelled():
                raise CancelledError
            files = self._files(row)
            if not files:
                continue
            digest = files[0].info.hash
            if digest is not None and digest in by_hash:
                _add_copies(by_hash[digest], files)
                continue
            if len(results) == limit:
                break
            result = self._result(row, files)
            results.append(result)
            if digest is not None:
                by_hash[digest] = result
        return results

    def _files(self, row: int) -> list[_ShownFile]:
        """The candidate's files: the best named first, and of equal ones the original before its copies.

        Where any of them can be opened, those on drives that are away are left out.
        """
        candidate = self._ranking.candidates[row]
        infos = files_of(self._scope, candidate)
        away: list[FileInfo] = []
        if self._is_any_away:
            infos, away = self._parted(row, infos)
        files = self._shown(row, infos, self._live_file) or self._shown(row, away, self._file_away)
        files.sort(key=lambda file: (-candidate.named.get(file.info.id, 0.0), *_distance_from_original(file)))
        return files

    def _shown(
        self, row: int, infos: list[FileInfo], shown: Callable[[FileInfo], _ShownFile | None]
    ) -> list[_ShownFile]:
        named = self._ranking.candidates[row].named
        files: list[_ShownFile] = []
        for info in sorted(infos, key=lambda info: (-named.get(info.id, 0.0), _is_named_as_copy(info.name))):
            if (file := shown(info)) is not None:
                files.append(file)
            if len(files) > COPIES_SHOWN:
                break
        return files

    def _parted(self, row: int, infos: list[FileInfo]) -> tuple[list[FileInfo], list[FileInfo]]:
        """Files on drives that are there, and on those that are away.

        The latter are not even asked for: a drive may hang, or another stand in its place.
        """
        there: list[FileInfo] = []
        elsewhere: list[FileInfo] = []
        away: set[bytes] = set()
        for info in infos:
            if (root := self._root_of(info)) is None:
                continue
            if root.is_online:
                there.append(info)
            else:
                elsewhere.append(info)
                away.add(root.path)
        if away:
            fits = strength_of(self._ranking.match(row)) != "weak"
            self.away |= {path: fits or self.away.get(path, False) for path in away}
        return there, elsewhere

    def _root_of(self, info: FileInfo) -> Root | None:
        return folders.innermost(self._roots, self._folder_paths.path(info.folder_id) or b"")

    def _live_file(self, info: FileInfo) -> _ShownFile | None:
        folder = self._folder_paths.path(info.folder_id)
        if folder is None:
            return None
        try:
            status = lstat(os.path.join(folder, info.name))
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode) or self._is_hidden(folder, info.name, status.st_size):
            return None
        return _ShownFile(info, os.path.join(folder, info.name), status.st_size, status.st_mtime_ns, is_offline=False)

    def _file_away(self, info: FileInfo) -> _ShownFile | None:
        """As it was when it was last seen."""
        folder = self._folder_paths.path(info.folder_id)
        seen = lookup.size_and_time(self._scope.connection, info.id)
        if folder is None or seen is None or self._is_hidden(folder, info.name, seen[0]):
            return None
        return _ShownFile(info, os.path.join(folder, info.name), *seen, is_offline=True)

    def _result(self, row: int, files: list[_ShownFile]) -> FoundFile:
        first = files[0]
        candidate, match = self._ranking.candidates[row], self._ranking.match(row)
        why = reasons_of(match)
        name = display(first.info.name)
        name_words = self._name_words.spans(name)
        passages = [found_passage(passage, self._words) for passage in self._passages(row)]
        result = FoundFile(
            uri=path_to_uri(first.path),
            path=display(first.path),
            name=name,
            score=round(self._ranking.shown_score(row), 6),
            strength=strength_of(match),
            why=why,
            reason=reason_of(why, passages, name, name_words),
            reach=self._reach(candidate.content_id, passages),
            name_words=name_words,
            modified=iso_time(first.mtime_ns / 1e9),
            size_bytes=first.size_bytes,
            type=first.info.type,
            copies=[],
            passages=passages,
            is_offline=first.is_offline,
        )
        _add_copies(result, files[1:])
        return result

    def _reach(self, content_id: int | None, passages: list[FoundPassage]) -> Reach:
        if content_id is None or not passages:
            return "name"
        return "meaning" if lookup.has_meaning(self._scope.connection, content_id, self._space_id) else "text"

    def _passages(self, row: int) -> list[PassageInfo]:
        """The best first; of a file found by its name alone, the one it begins with."""
        candidate = self._ranking.candidates[row]
        if candidate.content_id is None:
            return []
        connection = self._scope.connection
        if not candidate.ordinals:
            return lookup.passages(
                connection, candidate.content_id, lookup.first_texts(connection, candidate.content_id, 1)
            )
        best = self._ranking.best_texts(row, PASSAGES_SHOWN)
        return lookup.passages(connection, candidate.content_id, best)


def _is_named_as_copy(name: bytes) -> bool:
    return name.endswith(b"~") or _COPY_NAME.search(os.path.splitext(name)[0]) is not None


def _distance_from_original(file: _ShownFile) -> tuple[bool, int, int]:
    """What sorts the original before its copies: not called one, the oldest, the one with the shortest path."""
    return _is_named_as_copy(file.info.name), file.mtime_ns, len(file.path)


def iso_time(seconds: float) -> str:
    """ISO 8601 in UTC; a file may bear any time, and what no calendar holds becomes the nearest that it does."""
    return datetime.fromtimestamp(min(max(seconds, _FIRST_S), _LAST_S), UTC).isoformat(timespec="seconds")


def _add_copies(result: FoundFile, files: list[_ShownFile]) -> None:
    room = COPIES_SHOWN - len(result["copies"])
    result["copies"] += [display(file.path) for file in files[:room]]


def found_passage(passage: PassageInfo, words: EqualWords) -> FoundPassage:
    return FoundPassage(
        text=passage.text,
        start=passage.start,
        end=passage.end,
        page=passage.page,
        line=passage.line,
        heading=passage.heading,
        label=passage.label,
        words=words.spans(passage.text),
        answer=None,
    )
