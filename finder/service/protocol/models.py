"""Models of embeddings: what is known, what a change costs, what the chosen one and its server are doing."""

from __future__ import annotations

from typing import Literal, TypedDict


class ModelInfo(TypedDict):
    name: str
    place: Literal["built in", "downloaded", "absent"]
    is_serving: bool
    """Its space answers."""
    is_chosen: bool
    """It answers, or will once its space is whole."""
    is_recommended: bool
    """This computer has what it wants, and it finds more than what is in use."""
    size_bytes: int
    is_size_known: bool
    """False where it is about so large: the hub has not been asked."""
    memory_bytes: int
    """About what it takes of a graphics processor's."""
    languages: str
    licence: str


class Models(TypedDict):
    models: list[ModelInfo]
    chosen: str
    """As it stands in the settings: one of these, a folder of one's own, or `server`."""
    processor: str | None
    """The graphics processor that can be computed with, in words."""
    seconds_per_passage: float | None
    """About how long the model that answers takes on this computer's processor; None where that is no matter."""
    serving: str
    """The model that answers."""
    takes_instructions: bool
    """It understands what a search is for."""


class ModelCost(TypedDict):
    """What a change of model takes."""

    model: str
    is_serving: bool
    """It answers already: nothing is to be done."""
    passages: int
    """To be embedded."""
    disk_bytes: int
    """Needed for the new vectors; those of the former model go afterwards. 0 before a server has told their length."""
    seconds: float | None
    """About how long embedding takes on this computer's processor; None where that is not known, or no matter."""
    seconds_per_query: float | None
    """About how long a search waits for its own vector then; None likewise."""
    recipients: list[str]
    """Who is sent the text of every passage and query: the servers' addresses; empty where it stays here."""


class Downloading(TypedDict):
    host: str
    """Who is asked."""
    done_bytes: int
    total_bytes: int


class BuildingStatus(TypedDict):
    """A model whose space is built beside the one that answers."""

    model: str
    dimension: int
    embedded: int
    passages: int
    """`embedded` of so many are done; then it answers."""


class EndpointStatus(TypedDict):
    """One address of a server of one's own."""

    origin: str
    state: Literal["well", "resting", "unknown"]
    """`resting`: it failed, and is tried again by itself. `unknown`: nothing was to be done since."""
    fault: str | None
    in_flight: int
    """Requests."""


class ServerStatus(TypedDict):
    """A server of one's own."""

    model: str
    endpoints: list[EndpointStatus]
    """Empty before the first work."""
    is_elastic: bool
    """It is started when there is work, and stopped when there was none for a while."""
    is_on: bool
    """It was started by the service, and not stopped yet."""
    seconds_on: float
    """In all, over every start so far."""


class EmbedStatus(TypedDict):
    model: str
    dimension: int
    state: Literal["ready", "loading", "unloaded", "failing"]
    """`unloaded`: no process has it in memory, until there is work for it."""
    device: str | None
    """None while no worker has the model in memory."""
    pending_passages: int
    refused_passages: int
    """Those for which the model gave no sound vector."""
    server: ServerStatus | None
    """None where the model computes here."""
    building: BuildingStatus | None
