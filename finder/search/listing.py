"""A ranking where there is nothing to rank by: a query of filters alone lists files by date, the newest first."""

from __future__ import annotations

from collections.abc import Sequence

from finder.search.candidates import Candidate, Evidence
from finder.search.ranking import Ranking
from finder.search.strength import Match
from finder.store.lookup import FileInfo


class Listing(Ranking):
    """Files in a given order. Equal ones are one candidate, which stands where the first of them stands."""

    def __init__(self, files: Sequence[FileInfo]) -> None:
        found: dict[tuple[str, int], Candidate] = {}
        for file in files:
            key = ("file", file.id) if file.content_id is None else ("content", file.content_id)
            found.setdefault(key, Candidate(file.content_id, named={file.id: 1.0}))
        super().__init__(list(found.values()), Evidence(), 0)
        self.order = list(range(len(found)))

    def shown_score(self, row: int) -> float:
        return 1.0

    def match(self, row: int) -> Match:
        """Whatever passes the filters is what was asked for."""
        return Match(coverage=1.0, is_singled_out=True)
