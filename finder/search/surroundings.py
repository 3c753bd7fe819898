"""What stands around a text and not in it: its title, its author, the names of its files and of their folders.

Looked at for the candidates that lead, when a query is asked: so that a renamed folder costs no indexing, and that
"thesis bridge" finds the bridge in the folder `thesis` before other bridges.

What the found passages say themselves has been counted: a plain text's title is its first line, and counted twice it
costs 0.02 of nDCG@10 (scifact, cranfield).
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import apsw

from finder.paths import display
from finder.search.candidates import Candidate, Evidence, files_of, read_files
from finder.search.folder_names import told_by, words_in, words_of_name
from finder.search.scope import Scope
from finder.store import folders, lookup
from finder.store.lookup import FileInfo

_FILES_LOOKED_AT = 8
"""Of one candidate's copies."""
_PASSAGES_READ = 20


class Surroundings:
    """The words around candidates, for one answer."""

    def __init__(self, scope: Scope, evidence: Evidence) -> None:
        self._scope = scope
        self._connection: apsw.Connection = scope.connection
        self._roots = folders.roots(scope.connection)
        self._terms = [term for term in evidence.terms if term.idf > 0]
        self._words_of_folder: dict[int, frozenset[str]] = {}

    def idf(self, candidates: Sequence[Candidate]) -> list[float]:
        """Of each the idf of the query's words that stand around its found passages and in none of them."""
        if not self._terms:
            return [0.0] * len(candidates)
        read_files(self._scope, candidates)
        contents = [one.content_id for one in candidates if one.content_id is not None]
        titles = lookup.titles_and_authors(self._connection, contents)
        return [self._idf(one, titles.get(one.content_id or 0, "")) for one in candidates]

    def _idf(self, candidate: Candidate, title: str) -> float:
        around = set(words_in(title))
        for file in self._files(candidate):
            around |= self._folder_words(file.folder_id) | words_of_name(file.name)
        told = told_by(around, self._terms)
        if told and candidate.ordinals:
            said = words_in(lookup.words_of(self._connection, list(candidate.ordinals)[:_PASSAGES_READ]))
            said_too = set(told_by(said, told))
            told = [term for term in told if term not in said_too]
        return sum(term.idf for term in told)

    def _files(self, candidate: Candidate) -> Sequence[FileInfo]:
        """Those that the query names or houses, else some of those that hold the content."""
        known = list(lookup.files(self._connection, list(candidate.named)).values()) if candidate.named else []
        if candidate.content_id is not None and not candidate.is_housed:
            known += files_of(self._scope, candidate)
        return known[:_FILES_LOOKED_AT]

    def _folder_words(self, folder_id: int) -> frozenset[str]:
        """Of the folders from below a root's parent downwards: what lies above says where, not what."""
        if folder_id not in self._words_of_folder:
            path = self._scope.folder_paths.path(folder_id) or b""
            root = folders.innermost(self._roots, path)
            above = os.path.dirname(root.path) if root is not None else b"/"
            words = words_in(display(os.path.relpath(path, above))) if path else frozenset[str]()
            self._words_of_folder[folder_id] = words
        return self._words_of_folder[folder_id]
