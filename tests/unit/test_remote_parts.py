"""The parts of asking a server: its address, its answers, its rests, its key."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finder.config import ServerSettings, server_of
from finder.embed import prompts
from finder.embed.address import Address
from finder.embed.breaker import Breaker
from finder.embed.replies import UnusableAnswerError, sound, vectors_in
from finder.embed.server_key import VARIABLE, server_key
from finder.errors import EnvironmentFaultError, ModelUnavailableError, UnsoundVectorError, UsageFaultError


@pytest.mark.parametrize(
    ("url", "origin", "embeddings", "health"),
    [
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080", "/v1/embeddings", "/health"),
        ("http://localhost/v1/", "http://localhost:80", "/v1/embeddings", "/health"),
        ("http://[::1]:9", "http://[::1]:9", "/embeddings", "/health"),
        ("https://gpu.example/tei/v1", "https://gpu.example:443", "/tei/v1/embeddings", "/tei/health"),
    ],
)
def test_an_address_says_who_is_asked_and_where(url: str, origin: str, embeddings: str, health: str) -> None:
    address = Address.of(url)
    assert (address.origin, address.embeddings_path, address.health_path) == (origin, embeddings, health)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gpu.example/v1",
        "ftp://gpu.example/v1",
        "https://",
        "https://user:word@gpu.example/v1",
        "https://gpu.example/v1?key=1",
        "https://gpu.example:99999/v1",
        "https://gpu.example/v1\r\nX: y",
        "https://gpu example/v1",
        "http://[::1",
    ],
)
def test_what_is_no_address_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(UsageFaultError) as refused:
        Address.of(url)
    assert "word" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://gpu.example/v1", "http://192.168.1.9:8080/v1", "http://127.0.0.1.example/v1"])
def test_texts_travel_unencrypted_to_another_computer_only_where_that_was_agreed_to(url: str) -> None:
    with pytest.raises(UsageFaultError, match="unencrypted"):
        Address.of(url)
    assert Address.of(url, allows_http=True).scheme == "http"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_failures_in_a_row_rest_for_longer_and_the_third_opens_the_breaker() -> None:
    clock = Clock()
    breaker = Breaker(clock, chance=lambda: 1.0)
    rests = []
    for _ in range(3):
        assert not breaker.is_open
        breaker.failed()
        rests.append(breaker.rest_s)
        clock.now += breaker.rest_s
    assert breaker.is_open
    assert rests == [0.5, 1.0, 2.0]
    assert breaker.rest_s == 0
    breaker.succeeded()
    assert (breaker.is_open, breaker.failures) == (False, 0)


def test_a_rest_is_a_part_by_chance_and_bounded_and_at_least_what_the_server_asked_for() -> None:
    clock = Clock()
    breaker = Breaker(clock, chance=lambda: 0.25)
    breaker.failed()
    assert breaker.rest_s == 0.125
    breaker.failed(wished_rest_s=7)
    assert breaker.rest_s == 7
    for _ in range(2000):
        breaker.failed(wished_rest_s=1e9)
    assert breaker.rest_s == 600


def answer(items: Any, **more: Any) -> bytes:
    return json.dumps({"data": items, **more}).encode()


def test_vectors_are_placed_by_their_index() -> None:
    items = [{"index": 1, "embedding": [0.0, 1.0]}, {"index": 0, "embedding": [1.0, 0.0]}]
    assert vectors_in(answer(items, model="m"), 2, "m").tolist() == [[1, 0], [0, 1]]


def test_vectors_come_as_numbers_or_as_base64() -> None:
    items = [{"index": 0, "embedding": "AACAPwAAAAA="}, {"index": 1, "embedding": [1, 0]}]
    assert vectors_in(answer(items), 2, "m").tolist() == [[1, 0], [1, 0]]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[" * 100_000,
        b"7",
        answer(None),
        answer([1]),
        answer([]),
        answer([{"index": 0, "embedding": [1.0]}] * 2),
        answer([{"index": True, "embedding": [1.0]}]),
        answer([{"index": 7, "embedding": [1.0]}]),
        answer([{"index": 0}]),
        answer([{"index": 0, "embedding": []}]),
        answer([{"index": 0, "embedding": [[1.0]]}]),
        answer([{"index": 0, "embedding": [{}]}]),
        answer([{"index": 0, "embedding": "no base64!"}]),
        answer([{"index": 0, "embedding": "AAA="}]),
        answer([{"index": 0, "embedding": [10**400]}]),
    ],
)
def test_what_is_no_answer_is_found_out(body: bytes) -> None:
    with pytest.raises(UnusableAnswerError):
        vectors_in(body, 1, "m")


def test_another_model_is_refused() -> None:
    with pytest.raises(ModelUnavailableError):
        vectors_in(answer([{"index": 0, "embedding": [1.0]}], model="n"), 1, "m")


def test_vectors_are_cut_and_normalised() -> None:
    found = sound(np.array([[0.6, 0.0, 0.8], [0.0, 0.996, 0.0]], np.float32), 2)
    assert found.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    "row", [[0.0, 0.0, 0.0], [math.nan, 0.0, 1.0], [math.inf, 0.0, 0.0], [3.0, 4.0, 0.0], [0.0, 0.0, 1.0]]
)
def test_vectors_that_mean_nothing_are_refused(row: list[float]) -> None:
    with pytest.raises(UnsoundVectorError):
        sound(np.array([[1.0, 0.0, 0.0], row], np.float32), 2)


def test_numbers_too_large_for_a_vector_are_refused() -> None:
    with pytest.raises(UnsoundVectorError):
        sound(vectors_in(answer([{"index": 0, "embedding": [1e300, 0.0]}]), 1, "m"), 2)


def test_a_key_comes_from_a_file_that_nobody_else_can_read(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sesame\n")
    file.chmod(0o600)
    assert server_key(str(file)) == "sesame"
    file.chmod(0o640)
    with pytest.raises(EnvironmentFaultError) as refused:
        server_key(str(file))
    assert "sesame" not in str(refused.value)


def test_a_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert server_key("") is None
    monkeypatch.setenv(VARIABLE, "sesame")
    assert server_key("") == "sesame"


@pytest.mark.parametrize("content", [b"two words", b"line\r\nX: y", b"\xff", b"open\x00sesame"])
def test_what_is_no_key_is_refused_and_not_quoted(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(EnvironmentFaultError) as refused:
        server_key(str(file))
    assert "words" not in f"{refused.value} {refused.value.hint}"


def test_a_known_models_prompts_are_its_own_and_the_settings_win() -> None:
    known = ServerSettings(model="intfloat/multilingual-e5-small")
    assert prompts.passage(known, "text") == "passage: text"
    assert prompts.query(known, "{text}") == "query: {text}"
    own = ServerSettings(model="own", passage_prefix="P ", query_template="{instruction}|{query}")
    assert prompts.passage(own, "text") == "P text"
    assert prompts.query(own, "{instruction}", "find") == "find|{instruction}"
    assert prompts.takes_instructions(own)
    assert not prompts.takes_instructions(known)


@pytest.mark.parametrize(
    "table",
    [
        {"urls": "http://x"},
        {"url": ["http://x"]},
        {"batch_texts": 0},
        {"timeout_s": "60"},
        {"idle_minutes": math.inf},
        {"dimension": -1},
        {"query_template": "no place for it"},
    ],
)
def test_a_table_of_a_server_that_does_not_fit_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        server_of(table)
