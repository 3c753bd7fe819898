"""The models this program knows, by content: files with hashes, pooling, prefixes. Imports no model library.

A model is trusted for the SHA-256 of its files, not for where they came from.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Literal

from finder.vectors import Space

Pooling = Literal["mean", "last"]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model, relative to the model's folder."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Everything that decides which vectors a model gives, and what a person wants to know before using it."""

    name: str
    repository: str
    """Where the model was published, as owner/name on the Hugging Face hub."""
    revision: str
    """The published commit whose files these are."""
    files: tuple[ModelFile, ...]
    weights: str
    """The name of the file among `files` that holds the weights."""
    pooling: Pooling
    dimension: int
    max_tokens: int
    """Special tokens included; what is longer is cut on the right."""
    licence: str
    """SPDX identifier."""
    passage_prefix: str = ""
    query_template: str = "{query}"
    """Names `{query}`, and `{instruction}` where the model was trained with one."""
    query_instruction: str = ""
    """What `{instruction}` is when a search names none."""

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    def file(self, name: str) -> ModelFile:
        return next(file for file in self.files if file.name == name)

    def passage(self, text: str) -> str:
        """What the model reads for a passage."""
        return self.passage_prefix + text

    def query(self, text: str, instruction: str | None = None) -> str:
        """What the model reads for a query; braces in `text` mean nothing."""
        return self.query_template.format(query=text, instruction=instruction or self.query_instruction)


# Pooling, length limit and the absence of prefixes: the model card of sentence-transformers/all-MiniLM-L6-v2.
ALL_MINILM_L6_V2 = ModelSpec(
    name="all-MiniLM-L6-v2",
    repository="sentence-transformers/all-MiniLM-L6-v2",
    revision="1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
    files=(
        ModelFile("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
        ModelFile("tokenizer.json", 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
        ModelFile("model.safetensors", 90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
    ),
    weights="model.safetensors",
    pooling="mean",
    dimension=384,
    max_tokens=256,
    licence="Apache-2.0",
)

KNOWN_MODELS = {spec.name: spec for spec in (ALL_MINILM_L6_V2,)}
"""By name, as it stands in the settings."""


def space_of(spec: ModelSpec) -> Space:
    """The embedding space of `spec`: equal for two specs whose passage vectors may be compared, and for no others."""
    identity = [spec.file(spec.weights).sha256, spec.pooling, spec.passage_prefix, spec.dimension]
    key = hashlib.sha256(json.dumps(identity).encode("ascii")).hexdigest()
    return Space(key, spec.name, spec.dimension)
