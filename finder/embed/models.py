"""The models this program knows, as data: pooling, prompts, lengths, files with hashes. Imports no model library.

A model is trusted for the SHA-256 of its files, not for where they came from. Where the hashes of a model are not known
here, those that the hub lists are taken when it is downloaded, and written down beside its files (`weights.py`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Literal

from finder.vectors import Space

Pooling = Literal["mean", "last", "cls"]

_BATCH_MEMORY_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model, relative to the model's folder."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class CardExample:
    """Texts whose similarities the model's card prints: what proves that it is computed as its makers do."""

    queries: tuple[str, ...]
    passages: tuple[str, ...]
    scores: tuple[tuple[float, ...], ...]
    """Cosine similarity of each query (row) to each passage (column)."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Everything that decides which vectors a model gives, and what a person wants to know before using it."""

    name: str
    repository: str
    """Where the model was published, as owner/name on the Hugging Face hub; empty for a folder of one's own."""
    revision: str
    """The published commit whose files these are; empty where it is known only when the hub is asked."""
    files: tuple[ModelFile, ...]
    """Those whose hashes are known here, before the model is on this computer; all that are used, once it is."""
    weights: tuple[str, ...]
    """The names of those among `files` that hold the weights, in order."""
    pooling: Pooling
    dimension: int
    """Of its vectors: the model's own, or a smaller one to which they are cut and normalised again."""
    max_tokens: int
    """Special tokens included; what is longer is cut on the right."""
    licence: str
    """SPDX identifier; empty where it is not known."""
    parameters: int = 0
    """All of them; 0 where they are not known."""
    bytes_per_parameter: int = 2
    """As published."""
    linear_parameters: int = 0
    """Those that every token is multiplied with: two operations each are the work of a token."""
    languages: str = ""
    """For showing."""
    writings: frozenset[str] | None = None
    """Those that it was trained with, as Unicode calls them; to it all texts in another are near. None for all."""
    smallest_dimension: int | None = None
    """From this one on, vectors may be cut (Matryoshka); None where the model was not trained for it."""
    passage_prefix: str = ""
    query_template: str = "{query}"
    """Names `{query}`, and `{instruction}` where the model was trained with one."""
    query_instruction: str = ""
    """What `{instruction}` is when a search names none."""
    unrelated: tuple[float, float] | None = None
    """Of its cosines: the mean between queries and passages that have nothing to do with them, and the standard
    deviation over a collection. What a small index is searched with; None where they were not measured."""
    example: CardExample | None = None
    """None where the card prints no similarities."""

    @property
    def size_bytes(self) -> int:
        """Of its files; where they are not known yet, about what its parameters take."""
        return sum(file.size_bytes for file in self.files) or self.bytes_per_parameter * self.parameters

    @property
    def memory_bytes(self) -> int:
        """About what it takes on a graphics processor, in 16 bit, with what a batch needs."""
        return 2 * self.parameters + _BATCH_MEMORY_BYTES

    @property
    def takes_instructions(self) -> bool:
        return "{instruction}" in self.query_template

    def file(self, name: str) -> ModelFile:
        return next(file for file in self.files if file.name == name)

    def passage(self, text: str) -> str:
        """What the model reads for a passage."""
        return self.passage_prefix + text

    def query(self, text: str, instruction: str | None = None) -> str:
        """What the model reads for a query; braces in `text` mean nothing."""
        return self.query_template.format(query=text, instruction=instruction or self.query_instruction)


# Pooling, length limit and the absence of prefixes: the model card of sentence-transformers/all-MiniLM-L6-v2. Unrelated
# cosines: tests/benchmarks/RESULTS.md, "Search".
ALL_MINILM_L6_V2 = ModelSpec(
    name="all-MiniLM-L6-v2",
    repository="sentence-transformers/all-MiniLM-L6-v2",
    revision="1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
    files=(
        ModelFile("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
        ModelFile("tokenizer.json", 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
        ModelFile("model.safetensors", 90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
    ),
    weights=("model.safetensors",),
    pooling="mean",
    dimension=384,
    max_tokens=256,
    licence="Apache-2.0",
    parameters=22_713_216,
    bytes_per_parameter=4,
    linear_parameters=10_616_832,
    languages="English",
    writings=frozenset({"LATIN"}),
    unrelated=(0.02, 0.1),
)

# Prefixes, pooling and length limit: the model card of intfloat/multilingual-e5-small.
MULTILINGUAL_E5_SMALL = ModelSpec(
    name="multilingual-e5-small",
    repository="intfloat/multilingual-e5-small",
    revision="614241f622f53c4eeff9890bdc4f31cfecc418b3",
    files=(),
    weights=(),
    pooling="mean",
    dimension=384,
    max_tokens=512,
    licence="MIT",
    parameters=117_653_760,
    bytes_per_parameter=4,
    linear_parameters=21_233_664,
    languages="about 100",
    passage_prefix="passage: ",
    query_template="query: {query}",
)

# Pooling, prompt, lengths and dimensions: the model cards of Qwen/Qwen3-Embedding-0.6B, -4B and -8B; parameters from
# their configurations. The example and its scores: each model's card, section "Transformers Usage".
_QWEN3_QUERIES = ("What is the capital of China?", "Explain gravity")
_QWEN3_PASSAGES = (
    "The capital of China is Beijing.",
    "Gravity is a force that attracts two bodies towards each other. It gives weight to physical objects and is"
    " responsible for the movement of planets around the sun.",
)
QWEN3_EMBEDDING_0_6B = ModelSpec(
    name="Qwen3-Embedding-0.6B",
    repository="Qwen/Qwen3-Embedding-0.6B",
    revision="97b0c614be4d77ee51c0cef4e5f07c00f9eb65b3",
    files=(
        ModelFile("config.json", 727, "b5bf1f51fc45be473a54718cef92448d90a1be001bf9b9a44b8c7f10a19feaa9"),
        ModelFile("tokenizer.json", 11_423_705, "def76fb086971c7867b829c23a26261e38d9d74e02139253b38aeb9df8b4b50a"),
        ModelFile(
            "model.safetensors", 1_191_586_416, "0437e45c94563b09e13cb7a64478fc406947a93cb34a7e05870fc8dcd48e23fd"
        ),
    ),
    weights=(),
    pooling="last",
    dimension=1024,
    max_tokens=32_768,
    licence="Apache-2.0",
    parameters=595_776_512,
    linear_parameters=440_401_920,
    languages="over 100, and programming languages",
    smallest_dimension=32,
    query_template="Instruct: {instruction}\nQuery:{query}",
    query_instruction="Given a web search query, retrieve relevant passages that answer the query",
    example=CardExample(_QWEN3_QUERIES, _QWEN3_PASSAGES, scores=((0.7646, 0.1414), (0.1355, 0.6000))),
)
QWEN3_EMBEDDING_4B = replace(
    QWEN3_EMBEDDING_0_6B,
    name="Qwen3-Embedding-4B",
    repository="Qwen/Qwen3-Embedding-4B",
    revision="5cf2132abc99cad020ac570b19d031efec650f2b",
    files=(),
    dimension=2560,
    parameters=4_021_774_336,
    linear_parameters=3_633_315_840,
    example=CardExample(_QWEN3_QUERIES, _QWEN3_PASSAGES, scores=((0.7534, 0.1147), (0.0320, 0.6258))),
)
QWEN3_EMBEDDING_8B = replace(
    QWEN3_EMBEDDING_0_6B,
    name="Qwen3-Embedding-8B",
    repository="Qwen/Qwen3-Embedding-8B",
    revision="1d8ad4ca9b3dd8059ad90a75d4983776a23d44af",
    files=(),
    dimension=4096,
    parameters=7_567_295_488,
    linear_parameters=6_945_767_424,
    example=CardExample(_QWEN3_QUERIES, _QWEN3_PASSAGES, scores=((0.7493, 0.0751), (0.0880, 0.6318))),
)

BUILT_IN = ALL_MINILM_L6_V2
"""Comes with the program."""
RECOMMENDED = QWEN3_EMBEDDING_0_6B
"""Where there is a graphics processor."""

KNOWN_MODELS = {
    spec.name: spec
    for spec in (BUILT_IN, MULTILINGUAL_E5_SMALL, QWEN3_EMBEDDING_0_6B, QWEN3_EMBEDDING_4B, QWEN3_EMBEDDING_8B)
}
"""By name, as it stands in the settings."""


def space_of(spec: ModelSpec) -> Space:
    """The embedding space of `spec`: equal for two specs whose passage vectors may be compared, and for no others."""
    hashes = [spec.file(name).sha256 for name in spec.weights]
    weights = hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode("ascii")).hexdigest()
    identity = [weights, spec.pooling, spec.passage_prefix, spec.dimension]
    key = hashlib.sha256(json.dumps(identity).encode("ascii")).hexdigest()
    return Space(key, spec.name, spec.dimension)
