"""Eight sentences by whose vectors a server's model is known again. Imports numpy alone.

A server says what its model is called, not what it is: weights, quantisation, pooling and prompts may change behind
the name, and vectors of two models in one space find nothing. So the vectors of these sentences are written down when
the server is chosen, and the server has to give them again before any other vector of it is taken.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from finder.config import SERVER, ServerSettings
from finder.embed import prompts
from finder.embed.address import Address
from finder.errors import ModelUnavailableError
from finder.vectors import Float32Array, Space

SENTENCES = (
    "The ferry to the island leaves at a quarter past nine and takes forty minutes.",
    "Interest is calculated daily and credited at the end of each quarter.",
    "def area(width: float, height: float) -> float: return width * height",
    "Die Sitzung wurde auf den kommenden Donnerstag verschoben.",
    "El médico recomendó reposo y beber mucha agua.",
    "会议室的钥匙放在前台的抽屉里。",
    "1. Preheat the oven. 2. Knead the dough. 3. Let it rise for two hours.",
    "Re: broken invoice no. 4711 – please send it again as a PDF",
)
_FILE = "server.json"
_HOW = "inkling model use server"
CHANGED_HINT = f"Start the former model there, or agree to this one: {_HOW}"
_LEAST_COSINE = 0.999
"""Above what another batch, kernel or graphics card changes, below what another model or quantisation does."""


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """What was agreed to when the server was chosen: who gets the texts, and which vectors it gives."""

    origins: tuple[str, ...]
    """Who may be sent texts."""
    model: str
    passage_form: str
    """What the model reads for a passage without words."""
    takes_instructions: bool
    vectors: Float32Array
    """(8, D) float32, of `SENTENCES` as passages, each row of L2 norm 1."""

    @property
    def space(self) -> Space:
        identity = [self.model, self.passage_form, hashlib.sha256(self.vectors.tobytes()).hexdigest()]
        key = hashlib.sha256(json.dumps(identity).encode("ascii")).hexdigest()
        return Space(key, SERVER, self.vectors.shape[1])

    def agrees_with(self, server: ServerSettings) -> bool:
        """True where the settings still say what was agreed to."""
        return (
            set(_origins(server)) <= set(self.origins)
            and self.model == server.model
            and self.passage_form == prompts.passage(server, "")
            and server.dimension in (0, self.vectors.shape[1])
        )

    def compare(self, vectors: Float32Array, rows: slice = slice(None)) -> None:
        """
        Args:
            vectors: (N, D) float32, of the sentences at `rows`, each row of L2 norm 1.
        Raises:
            ModelUnavailableError: they are not those of the model that was agreed to.
        """
        known = self.vectors[rows]  # (N, D)
        if vectors.shape != known.shape or not bool((np.sum(vectors * known, axis=1) >= _LEAST_COSINE).all()):
            raise ModelUnavailableError(
                "The model on the server has changed",
                "It does not give the vectors that it gave when it was chosen.",
                CHANGED_HINT,
            )

    def continued_by(self, later: ServerRecord) -> ServerRecord:
        """`later`, or where it is the same model this one with the later's addresses: what was computed stays good."""
        try:
            self.compare(later.vectors)
        except ModelUnavailableError:
            return later
        is_same = (self.model, self.passage_form) == (later.model, later.passage_form)
        return replace(later, vectors=self.vectors) if is_same else later


def record_of(server: ServerSettings, vectors: Float32Array) -> ServerRecord:
    """What is agreed to by choosing `server`, which gives these vectors (8, D)."""
    form, is_told = prompts.passage(server, ""), prompts.takes_instructions(server)
    return ServerRecord(_origins(server), server.model, form, is_told, vectors)


def load(models: Path) -> ServerRecord:
    """What was agreed to last.

    Args:
        models: the home's folder of models.
    Raises:
        ModelUnavailableError: no server was chosen yet, or the record cannot be read.
    """
    path = models / _FILE
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        flat = np.frombuffer(base64.b64decode(raw["vectors"], validate=True), "<f4").astype(np.float32)
        vectors = flat.reshape(len(SENTENCES), -1)  # (8, D)
        texts = str(raw["model"]), str(raw["passage_form"])
        return ServerRecord(tuple(map(str, raw["origins"])), *texts, bool(raw["takes_instructions"]), vectors)
    except FileNotFoundError:
        raise ModelUnavailableError("No server was chosen yet", "", f"To choose one: {_HOW}") from None
    except (OSError, ValueError, KeyError, TypeError, binascii.Error) as error:
        raise ModelUnavailableError(
            "What is known of the server cannot be read", str(error), f"Choose it again: {_HOW}", str(path)
        ) from None


def save(record: ServerRecord, models: Path) -> None:
    """Write whole or not at all."""
    models.mkdir(mode=0o700, exist_ok=True)
    path = models / _FILE
    vectors = base64.b64encode(record.vectors.astype("<f4").tobytes()).decode("ascii")
    temporary = path.with_suffix(".new")
    with open(os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump({**asdict(record), "vectors": vectors}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def _origins(server: ServerSettings) -> tuple[str, ...]:
    return tuple(Address.of(url, server.allows_http).origin for url in server.urls)
