"""Which embedder a name in the settings stands for. Imports no model library."""

from __future__ import annotations

from pathlib import Path

from finder.config import SERVER
from finder.embed import canaries
from finder.embed.deterministic import HashEmbedder
from finder.embed.models import BUILT_IN, ModelSpec, space_of
from finder.embed.weights import find_model, folder_path, known_model, unknown_model
from finder.vectors import Space


def space_named(name: str, models: Path) -> Space:
    """The embedding space of the model called `name`, known without loading anything; its `model` is `name`.

    Args:
        models: the home's folder of models.
    Raises:
        UsageFaultError: no model is called so.
        ModelUnavailableError: it is not on this computer, or cannot be used.
    """
    if (deterministic := HashEmbedder.named(name)) is not None:
        return deterministic.space
    if name == SERVER:
        return canaries.load(models).space
    return space_of(_spec(name, models))


def check_name(name: str) -> None:
    """
    Raises:
        UsageFaultError: no model is called so, wherever its files may be.
    """
    if HashEmbedder.named(name) is not None or name == SERVER:
        return
    if folder_path(name) is None and known_model(name) is None:
        raise unknown_model(name)


def takes_instructions(name: str, models: Path) -> bool:
    """True where the model called `name` was trained to be told what a search is for."""
    if name == SERVER:
        return canaries.load(models).takes_instructions
    return HashEmbedder.named(name) is None and _spec(name, models).takes_instructions


def _spec(name: str, models: Path) -> ModelSpec:
    # Of the built-in model all is known: words are searched though its files are gone.
    return BUILT_IN if name == BUILT_IN.name else find_model(name, models).spec
