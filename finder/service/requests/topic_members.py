"""Which contents a topic holds, for a search within it."""

from __future__ import annotations

import numpy as np

from finder.errors import UsageFaultError
from finder.service.engine import Engine
from finder.store import documents
from finder.topics.topic_map import TopicMap


class TopicMembers:
    """Of the map of all folders. The last answer is kept: a search within a topic asks at every key."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: tuple[tuple[object, ...], frozenset[int]] | None = None

    def contents(self, topic: object) -> frozenset[int]:
        """The contents of a topic.

        Args:
            topic: its id, as a client sent it.
        Raises:
            UsageFaultError: the map has no such topic.
        """
        kept = self._engine.kept_topics
        state = (topic, self._engine.catalog.commits, kept.generation, kept.computed_at(()))
        known = self._known
        if known is None or known[0] != state:
            known = self._known = (state, self._found(topic))
        return known[1]

    def _found(self, topic: object) -> frozenset[int]:
        data = self._engine.kept_topics.read(())
        topic_map = TopicMap.from_bytes(data) if data is not None else None
        ids = [held.id for held in topic_map.topics] if topic_map is not None else []
        if topic_map is None or topic not in ids:
            raise UsageFaultError("This topic is not there any more", hint="Look at the topics again.")
        keys, contents = documents.documents(self._engine.catalog.reader(), None)
        chosen = topic_map.keys[topic_map.rows == ids.index(topic)]
        return frozenset(contents[np.isin(keys, chosen)].tolist())
