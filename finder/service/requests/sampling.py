"""A sample of the user's own passages, for measuring how well they are found. Nothing of it is kept or logged."""

from __future__ import annotations

import os
import random
import stat

from finder.errors import CancelledError
from finder.files.identity import lstat
from finder.paths import display
from finder.service.engine import Engine
from finder.service.protocol import SAMPLE_LIMIT, Sampled, SampledPassage
from finder.service.requests.methods import Methods
from finder.service.requests.parameters import number
from finder.service.server import Reply
from finder.store import folders, lookup, samples
from finder.types import JsonObject

_LARGEST_SEED = 2**31
_TRIES_PER_PASSAGE = 20


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
        is_hidden = self._engine.hiding()
        roots = folders.roots(connection)
        folder_paths = lookup.FolderPaths(connection)
        passages: list[SampledPassage] = []
        contents: set[int] = set()
        for _ in range(count * _TRIES_PER_PASSAGE):
            if reply.is_cancelled:
                raise CancelledError
            found = samples.passage(connection, rng)
            if found is None or found.content_id in contents:
                continue
            folder = folder_paths.path(found.folder_id)
            if folder is None or (is_hidden is not None and is_hidden(folder, found.name, found.size_bytes)):
                continue
            path = os.path.join(folder, found.name)
            root = folders.innermost(roots, folder)
            if root is None or not root.is_online or not _is_there(path):
                continue
            contents.add(found.content_id)
            passages.append(SampledPassage(path=display(path), text=found.text))
            if len(passages) == count:
                break
        return Sampled(passages=passages)


def _is_there(path: bytes) -> bool:
    try:
        return stat.S_ISREG(lstat(path).st_mode)
    except OSError:
        return False
