"""What of a ranking fits: it goes before what is weak, and is counted by type."""

from __future__ import annotations

import collections

from finder.search.candidates import files_of
from finder.search.ranking import Ranking
from finder.search.scope import Scope
from finder.search.strength import strength_of
from finder.types import FileType

_LOOKED_AT = 200


def put_weak_last(ranking: Ranking, limit: int) -> None:
    """Let what fits go before what is weak, each in its own order: of the first `limit`, and of what is looked at.

    The score orders by what speaks for one file against another, and a strength says whether anything does: a name
    that holds one word of the query may go before a text that answers it, and be weak.
    """
    first = ranking.order[: max(limit, _LOOKED_AT)]
    ranking.reorder(sorted(first, key=lambda row: strength_of(ranking.match(row)) == "weak"))


def fitting(scope: Scope, ranking: Ranking) -> dict[FileType, int]:
    """The files of the best candidates that are above weak, by type: of what was looked at, so at least so many."""
    counts: collections.Counter[FileType] = collections.Counter()
    for row in ranking.order[:_LOOKED_AT]:
        if strength_of(ranking.match(row)) == "weak":
            continue
        counts.update(file.type for file in files_of(scope, ranking.candidates[row]))
    return dict(counts.most_common())
