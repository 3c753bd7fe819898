"""Which embedder a name in the settings stands for. Imports no model library."""

from __future__ import annotations

from finder.embed.deterministic import HashEmbedder
from finder.embed.models import KNOWN_MODELS, space_of
from finder.errors import UsageFaultError
from finder.vectors import Space

DETERMINISTIC = "deterministic"
"""The name that stands for `HashEmbedder`: no model, for tests and fault suites."""


def space_named(name: str) -> Space:
    """The embedding space of the model called `name`, known without loading anything.

    Raises:
        UsageFaultError: no model is called so.
    """
    if name == DETERMINISTIC:
        return HashEmbedder().space
    spec = KNOWN_MODELS.get(name)
    if spec is None:
        known = ", ".join(sorted(KNOWN_MODELS))
        raise UsageFaultError("Unknown model", name, f"Set `model` in settings.toml to one of: {known}.")
    return space_of(spec)
