"""What the names of folders find: every file below a folder on whose way down from its root all words of a query stand.

"2019 invoices" finds what lies in `invoices/2019`, whatever the files are called. The names are read from the catalog
and kept until it changes (`memory`), so that a renamed folder costs no indexing.
"""

from __future__ import annotations

import functools
import itertools
import os
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import apsw

from finder.paths import display
from finder.search.candidates import Evidence
from finder.search.scope import Scope
from finder.search.strength import FULL_COVERAGE
from finder.store import folders, keywords, lookup
from finder.store.bm25 import Term

_FOLDERS_LOOKED_INTO = 1_000
SHORTEST_BEGINNING = 4
"""A word that begins with one of the query's, and is not much longer, is taken for a form of it: thesis, theses."""
LONGEST_ENDING = 3


@dataclass(frozen=True)
class FolderNames:
    """Every folder, its parent, and the words of its name."""

    parents: dict[int, int | None]
    children: dict[int, list[int]]
    holders: dict[str, list[int]]
    """{word: the folders whose own name holds it}."""
    words: list[str]
    """The same words, sorted."""

    @classmethod
    def read(cls, connection: apsw.Connection) -> FolderNames:
        parents: dict[int, int | None] = {}
        children: dict[int, list[int]] = defaultdict(list)
        holders: dict[str, list[int]] = defaultdict(list)
        for folder_id, parent_id, name in folders.everyone(connection):
            parents[folder_id] = parent_id
            if parent_id is not None:
                children[parent_id].append(folder_id)
            # Of a root, whose row holds its whole path, those of the folder itself.
            for word in words_of_name(os.path.basename(name)):
                holders[word].append(folder_id)
        return cls(parents, children, holders, sorted(holders))

    def called(self, terms: Sequence[Term]) -> list[int]:
        """The outermost folders on whose way down from the root stands what `terms` say, all but a little of it."""
        told: dict[int, set[int]] = defaultdict(set)
        """{folder: which of the terms its own name holds}."""
        for number, term in enumerate(terms):
            for folder_id in self._holding(term):
                told[folder_id].add(number)
        mass = sum(term.idf for term in terms)
        on_the_way = self._on_the_way(told)
        found = {
            folder_id
            for folder_id in told
            if sum(terms[number].idf for number in on_the_way[folder_id]) >= FULL_COVERAGE * mass
        }
        return sorted(one for one in found if found.isdisjoint(self._above(one)))

    def below(self, folder_ids: Sequence[int]) -> Iterator[int]:
        """These folders and those below them, the outer ones first."""
        waiting = deque(folder_ids)
        while waiting:
            folder_id = waiting.popleft()
            yield folder_id
            waiting.extend(self.children.get(folder_id, ()))

    def _holding(self, term: Term) -> set[int]:
        """The folders whose own name holds a term in any writing: each of its words, where it has several."""
        found: set[int] = set()
        for writing in term.writings:
            held = [
                {folder_id for word in self._forms_of(part, term.is_prefix) for folder_id in self.holders[word]}
                for part in writing.split()
            ]
            found |= set.intersection(*held) if held else set()
        return found

    def _forms_of(self, term: str, is_prefix: bool) -> set[str]:
        forms = {term[:length] for length in _beginnings(term)} | {term}
        at = bisect_left(self.words, term)
        while at < len(self.words) and self.words[at].startswith(term):
            if is_form_of(self.words[at], term, is_prefix):
                forms.add(self.words[at])
            at += 1
        return forms & self.holders.keys()

    def _on_the_way(self, told: Mapping[int, Set[int]]) -> dict[int | None, Set[int]]:
        """What is told of each folder and of those it lies in; each folder on the way is passed once."""
        known: dict[int | None, Set[int]] = {None: frozenset()}
        for folder_id in told:
            way: list[int | None] = [folder_id]
            while way[-1] not in known:
                way.append(self.parents.get(way[-1]) if way[-1] is not None else None)
            for above, one in itertools.pairwise(reversed(way)):
                own = told.get(one) if one is not None else None
                known[one] = known[above] | own if own else known[above]
        return known

    def _above(self, folder_id: int) -> Iterator[int]:
        at = self.parents.get(folder_id)
        while at is not None:
            yield at
            at = self.parents.get(at)


def add_folders(evidence: Evidence, scope: Scope, depth: int) -> None:
    """Add up to `depth` files of the folders that the query calls by their names; the query's terms are weighed."""
    terms = [term for term in evidence.terms if term.idf > 0]
    if not terms:
        return
    names = scope.memory.recall_lately("folder names", lambda: FolderNames.read(scope.connection))
    for looked_into, folder_id in enumerate(names.below(names.called(terms))):
        room = depth - len(evidence.housed)
        if room <= 0 or looked_into == _FOLDERS_LOOKED_INTO:
            evidence.is_complete &= room > 0
            return
        wanted = (id for id in lookup.files_in(scope.connection, folder_id) if scope.holds_file(id))
        evidence.housed += [id for id, _ in zip(wanted, range(room), strict=False)]


@functools.lru_cache(maxsize=65_536)
def words_of_name(name: bytes) -> frozenset[str]:
    """Of a file's or a folder's own."""
    return words_in(display(name))


def words_in(text: str) -> frozenset[str]:
    """The words of a name or a title, as the index of words has them before it takes their endings off."""
    return frozenset(keywords.spaced(keywords.index_text(text)).split())


def told_by(words: Collection[str], terms: Sequence[Term]) -> list[Term]:
    """Those of `terms` of which a writing stands among `words`: each word of it, in some form."""
    openings = {part[:SHORTEST_BEGINNING] for term in terms for one in term.writings for part in one.split()}
    near = [word for word in words if word[:SHORTEST_BEGINNING] in openings]  # a few of a long text's
    begun = {word[:length] for word in near for length in _beginnings(word)}
    return [
        term
        for term in terms
        if any(all(_is_held(words, begun, part, term) for part in one.split()) for one in term.writings)
    ]


def _is_held(words: Collection[str], begun: Collection[str], part: str, term: Term) -> bool:
    """As `is_form_of` any of `words`: a pasted page asks for many terms of many words.

    Args:
        begun: the forms of such terms that `words` are longer than.
    """
    if part in words or part in begun or any(part[:length] in words for length in _beginnings(part)):
        return True
    return term.is_prefix and any(word.startswith(part) for word in words)


def _beginnings(word: str) -> range:
    """The lengths of what is a shorter form of a word."""
    return range(max(SHORTEST_BEGINNING, len(word) - LONGEST_ENDING), len(word))


def is_form_of(word: str, term: str, is_prefix: bool) -> bool:
    if word == term or (is_prefix and word.startswith(term)):
        return True
    shorter, longer = (word, term) if len(word) < len(term) else (term, word)
    return (
        len(shorter) >= SHORTEST_BEGINNING
        and longer.startswith(shorter)
        and len(longer) - len(shorter) <= LONGEST_ENDING
    )
