"""What a model on a server reads for a passage and for a query. Imports no model library."""

from __future__ import annotations

from finder.config import ServerSettings
from finder.embed.models import KNOWN_MODELS, ModelSpec


def passage(server: ServerSettings, text: str) -> str:
    """`text` with the prefix from the settings, else the known model's own."""
    spec = _known(server)
    return spec.passage(text) if spec is not None and not server.passage_prefix else server.passage_prefix + text


def query(server: ServerSettings, text: str, instruction: str | None = None) -> str:
    """`text` in the settings' template, else in the known model's own; braces in `text` mean nothing."""
    spec = _known(server)
    if spec is not None and not server.query_template:
        return spec.query(text, instruction)
    template = server.query_template or "{query}"
    return template.replace("{instruction}", instruction or "").replace("{query}", text)


def takes_instructions(server: ServerSettings) -> bool:
    """True where the model is told what a search is for."""
    return query(server, "", "a") != query(server, "", "b")


def _known(server: ServerSettings) -> ModelSpec | None:
    """The model that runs there, where its name is that of a known one."""
    return next((spec for spec in KNOWN_MODELS.values() if server.model in (spec.name, spec.repository)), None)
