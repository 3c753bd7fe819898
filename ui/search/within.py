"""A topic that the Find page is limited to. Imports nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TopicChosen:
    """Sent from the map of topics to the Find page."""

    id: int
    name: str
