"""A sample of the user's own passages, for measuring how well they are found. Nothing of it is kept or logged."""

from __future__ import annotations

import random

from finder.errors import CancelledError
from finder.paths import display
from finder.search.likeness.rows import LiveFiles
from finder.service.connection import Reply
from finder.service.engine import Engine
from finder.service.protocol import SAMPLE_LIMIT
from finder.service.protocol.searching import Sampled, SampledPassage
from finder.service.requests.methods import Methods
from finder.service.requests.parameters import number
from finder.store import comparing, samples
from finder.types import JsonObject

_LARGEST_SEED = 2**31
_TRIES_PER_PASSAGE = 20
_FILES_LOOKED_AT = 20
"""Of one content: as many as a result names."""


class Sampling:
    """Answers who wants to measure."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.methods: Methods = {"sample": self._sample}

    def _sample(self, params: JsonObject, reply: Reply) -> Sampled:
        """Passages by chance, the same with the same seed: one of each file that is there and may be shown."""
        count = number(params, "count", 100, 1, SAMPLE_LIMIT)
        seed = number(params, "seed", 0, 0, _LARGEST_SEED)
        rng = random.Random(seed)  # noqa: S311 -- a choice that can be made again, not a secret
        connection = self._engine.catalog.reader()
        live = LiveFiles(connection, self._engine.hiding())
        passages: list[SampledPassage] = []
        contents: set[int] = set()
        for _ in range(count * _TRIES_PER_PASSAGE):
            if reply.is_cancelled:
                raise CancelledError
            found = samples.passage(connection, rng)
            if found is None or found.content_id in contents:
                continue
            files = map(live.live, comparing.files_of_content(connection, found.content_id, _FILES_LOOKED_AT))
            file = next((file for file in files if file is not None and file.is_as_indexed), None)
            if file is not None:
                contents.add(found.content_id)
                passages.append(SampledPassage(path=display(file.path), text=found.text))
            if len(passages) == count:
                break
        return Sampled(passages=passages)
