"""What stands around a text and not in it: its title, its author, the names of the folders it lies in.

Looked at for the candidates that lead, when a query is asked: so that a renamed folder costs no indexing, and that
"thesis bridge" finds the bridge in the folder `thesis` before other bridges. Of itself it finds nothing.

What the found passages say themselves has been counted: a plain text's title is its first line, and counted twice it
costs 0.02 of nDCG@10 (scifact, cranfield).
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import apsw

from finder.paths import display
from finder.search.candidates import Candidate, Evidence
from finder.search.scope import Scope
from finder.store import folders, keywords, lookup

_FOLDERS_LOOKED_AT = 8
"""Of one candidate's copies."""
_PASSAGES_READ = 20
_SHORTEST_BEGINNING = 4
"""A word that begins with one of the query's, and is not much longer, is taken for a form of it: thesis, theses."""
_LONGEST_ENDING = 3


class Surroundings:
    """The words around candidates, for one answer."""

    def __init__(self, scope: Scope, evidence: Evidence) -> None:
        self._scope = scope
        self._connection: apsw.Connection = scope.connection
        self._paths = lookup.FolderPaths(scope.connection)
        self._roots = folders.roots(scope.connection)
        self._idf = {term.text: term.idf for term in evidence.terms if " " not in term.text and not term.is_prefix}
        self._words_of_folder: dict[int, set[str]] = {}

    def idf(self, candidate: Candidate) -> float:
        """The idf of the query's words that stand around its found passages and in none of them, each counted once."""
        if not self._idf:
            return 0.0
        around = set().union(*(self._folder_words(folder) for folder in self._folders(candidate)))
        if candidate.content_id is not None:
            around |= _words(lookup.title_and_author(self._connection, candidate.content_id))
        told = [term for term in self._idf if _holds(around, term)]
        if told and candidate.ordinals:
            said = _words(lookup.words_of(self._connection, list(candidate.ordinals)[:_PASSAGES_READ]))
            told = [term for term in told if not _holds(said, term)]
        return sum(self._idf[term] for term in told)

    def _folders(self, candidate: Candidate) -> Sequence[int]:
        if candidate.content_id is not None:
            return lookup.folders_of(self._connection, candidate.content_id, _FOLDERS_LOOKED_AT)
        infos = [lookup.file(self._connection, file_id) for file_id in candidate.named]
        return [info.folder_id for info in infos if info is not None]

    def _folder_words(self, folder_id: int) -> set[str]:
        """Of the folders from below a root's parent downwards: what lies above says where, not what."""
        if folder_id not in self._words_of_folder:
            path = self._paths.path(folder_id) or b""
            root = folders.innermost(self._roots, path)
            above = os.path.dirname(root.path) if root is not None else b"/"
            self._words_of_folder[folder_id] = _words(display(os.path.relpath(path, above))) if path else set()
        return self._words_of_folder[folder_id]


def _words(text: str) -> set[str]:
    spaced = "".join(char if keywords.is_token_char(char) else " " for char in keywords.index_text(text))
    return set(spaced.split())


def _holds(words: set[str], term: str) -> bool:
    return any(_is_form_of(word, term) for word in words)


def _is_form_of(word: str, term: str) -> bool:
    if word == term:
        return True
    shorter, longer = sorted((word, term), key=len)
    return (
        len(shorter) >= _SHORTEST_BEGINNING
        and longer.startswith(shorter)
        and len(longer) - len(shorter) <= _LONGEST_ENDING
    )
