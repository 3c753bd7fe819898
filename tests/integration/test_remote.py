"""A server of one's own: the vectors are right or there are none, whatever the server does, and nothing leaks."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from finder.config import ServerSettings
from finder.embed.canaries import SENTENCES, ServerRecord, record_of
from finder.embed.deterministic import HashEmbedder
from finder.embed.remote import RemoteModel, endpoints_of
from finder.errors import CancelledError, FinderError, ModelUnavailableError, ServiceError, UnsoundVectorError
from finder.vectors import Float32Array
from tests import embedding_server as misbehaving
from tests.embedding_server import MODEL, EmbeddingServer, Fault
from tests.integration.pipelines import wait_until

DIMENSION = 64
TEXTS = [f"passage {number}: {'word ' * (number % 7)}of file{number}" for number in range(40)]
NAN = float("nan")


def settings(*servers: EmbeddingServer, **changed: object) -> ServerSettings:
    basis = ServerSettings(urls=tuple(server.url for server in servers), model=MODEL, batch_texts=8, timeout_s=5)
    return replace(basis, **changed)  # type: ignore[arg-type]


def known(server: ServerSettings, key: str | None = None) -> ServerRecord:
    endpoint = endpoints_of(server, key)[0]
    try:
        return record_of(server, endpoint.canaries(server.dimension, 5))
    finally:
        endpoint.stop()


@contextmanager
def model_on(
    *servers: EmbeddingServer, key: str | None = None, record: ServerRecord | None = None, **changed: object
) -> Iterator[RemoteModel]:
    chosen = settings(*servers, **changed)
    model = RemoteModel(chosen, record or known(chosen, key), key)
    try:
        yield model
    finally:
        model.stop()


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer(dimension=DIMENSION) as running:
        yield running


@pytest.fixture
def other() -> Iterator[EmbeddingServer]:
    with EmbeddingServer(dimension=DIMENSION) as running:
        yield running


@pytest.fixture
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-offs of no length: what is waited for is chance's."""
    monkeypatch.setattr("finder.embed.breaker._FIRST_REST_S", 0.01)


def expected(texts: list[str]) -> Float32Array:
    return HashEmbedder(DIMENSION).embed_passages(texts)


def assert_right(found: Float32Array, texts: list[str]) -> None:
    np.testing.assert_allclose(found, expected(texts), atol=1e-6)


@pytest.mark.parametrize("speaks_base64", [True, False])
def test_every_text_gets_its_own_vector(server: EmbeddingServer, speaks_base64: bool) -> None:
    server.speaks_base64 = speaks_base64
    with model_on(server) as model:
        assert_right(model.embed_passages(TEXTS), TEXTS)
        assert_right(model.embed_query("a question", None, 5)[None], ["a question"])
        assert_right(model.embed_sentences(TEXTS, 5), TEXTS)
        assert model.embed_passages([]).shape == (0, DIMENSION)


@pytest.mark.parametrize(
    "fault",
    [
        misbehaving.status(429),
        misbehaving.status(500),
        misbehaving.status(503),
        misbehaving.cut,
        misbehaving.hang_up,
        misbehaving.drip,
        misbehaving.slow(3),
        misbehaving.not_json,
        misbehaving.changed(misbehaving.shuffled),
        misbehaving.changed(misbehaving.missing),
        misbehaving.changed(misbehaving.repeated),
        misbehaving.changed(misbehaving.nothing_but(NAN)),
        misbehaving.changed(misbehaving.nothing_but(0.0)),
        misbehaving.changed(misbehaving.nothing_but(7.0)),
    ],
)
@pytest.mark.usefixtures("no_rest")
def test_what_goes_wrong_once_is_asked_again(server: EmbeddingServer, fault: Fault) -> None:
    with model_on(server, timeout_s=2.0) as model:
        model.embed_passages(TEXTS[:1])
        server.faults.append(fault)
        assert_right(model.embed_passages(TEXTS), TEXTS)
        server.faults.append(fault)
        assert_right(model.embed_query("a question", None, 10)[None], ["a question"])
        assert not server.faults


@pytest.mark.parametrize(
    "fault",
    [
        misbehaving.changed(misbehaving.shorter),
        misbehaving.changed(misbehaving.of_another_model),
        misbehaving.status(401),
        misbehaving.status(404),
    ],
)
def test_what_will_not_pass_by_itself_is_said_at_once(server: EmbeddingServer, fault: Fault) -> None:
    with model_on(server, requests_at_once=1) as model:
        server.faults.append(fault)
        with pytest.raises(ModelUnavailableError) as said:
            model.embed_passages(TEXTS)
        assert said.value.hint
        assert_right(model.embed_passages(TEXTS), TEXTS)  # once it is mended it goes on


def test_several_addresses_share_the_load(server: EmbeddingServer, other: EmbeddingServer) -> None:
    server.delay_s = other.delay_s = 0.01
    with model_on(server, other) as model:
        assert_right(model.embed_passages(TEXTS), TEXTS)
    assert all(sum(text in each.texts for text in TEXTS) > 4 for each in (server, other))


@pytest.mark.usefixtures("no_rest")
def test_where_one_address_is_dead_the_other_does_it_all(server: EmbeddingServer, other: EmbeddingServer) -> None:
    with model_on(server, other) as model:
        other.faults.extend([misbehaving.hang_up] * 100)
        assert_right(model.embed_passages(TEXTS), TEXTS)
        for _ in range(3):
            assert_right(model.embed_query("a question", None, 5)[None], ["a question"])


@pytest.mark.usefixtures("no_rest")
def test_a_server_that_is_gone_is_said_and_left_alone_for_a_while() -> None:
    with EmbeddingServer(dimension=DIMENSION) as server:
        chosen = settings(server)
        model = RemoteModel(chosen, known(chosen), None)
    with pytest.raises(ServiceError) as said:
        model.embed_passages(TEXTS)
    assert server.origin in said.value.detail
    assert model.endpoints[0].breaker.is_open
    model.stop()


def test_an_open_breaker_sends_no_texts_before_the_server_is_well(server: EmbeddingServer) -> None:
    with model_on(server, requests_at_once=3) as model:
        for _ in range(3):
            model.endpoints[0].breaker.failed(wished_rest_s=0)
        model.endpoints[0].breaker._rests_until = 0.0
        server.health = 503
        server.texts.clear()
        with pytest.raises(ServiceError, match="503"):
            model.embed_passages(TEXTS)
        assert server.texts == []
        assert server.asked["/health"] == 1


def test_a_server_is_not_asked_before_it_wants_to_be(server: EmbeddingServer) -> None:
    with model_on(server, requests_at_once=1) as model:
        server.faults.append(misbehaving.status(429, {"Retry-After": "3600"}))
        with pytest.raises(ServiceError, match="429"):
            model.embed_passages(TEXTS)
        asked = server.asked.total()
        with pytest.raises(ServiceError):
            model.embed_passages(TEXTS)
        with pytest.raises(ServiceError):
            model.embed_query("a question", None, 0.2)
        assert server.asked.total() == asked


@pytest.mark.parametrize("dimension", [0, 32, 64])
@pytest.mark.parametrize("cuts", [True, False])
def test_vectors_are_cut_there_or_here(server: EmbeddingServer, dimension: int, cuts: bool) -> None:
    server.cuts = cuts
    with model_on(server, dimension=dimension) as model:
        found = model.embed_passages(TEXTS)
    width = dimension or DIMENSION
    whole = expected(TEXTS)[:, :width]
    np.testing.assert_allclose(found, whole / np.linalg.norm(whole, axis=1, keepdims=True), atol=1e-6)


def test_a_server_that_takes_few_texts_gets_few(server: EmbeddingServer) -> None:
    with model_on(server, batch_texts=32) as model:
        server.batch_limit = 8
        assert_right(model.embed_passages(TEXTS), TEXTS)
        assert model.endpoints[0].breaker.failures == 0


def test_a_batch_with_its_canary_is_no_larger_than_the_settings_say(server: EmbeddingServer) -> None:
    server.batch_limit = 8
    with model_on(server, batch_texts=8) as model:
        model.embed_passages(TEXTS)
    assert server.asked["/v1/embeddings"] == len(server.batches)  # none was refused


def test_batches_hold_no_more_tokens_than_the_settings_say(server: EmbeddingServer) -> None:
    with model_on(server, batch_tokens=60, batch_texts=32) as model:
        assert_right(model.embed_passages(TEXTS), TEXTS)
    assert max(server.batches[len(SENTENCES) :]) < 10


def test_one_text_without_a_sound_vector_is_told_from_an_unsound_server(server: EmbeddingServer) -> None:
    server.bad_word = "file7"
    with model_on(server) as model:
        for _ in range(5):  # a stage looks for the text by halves: the server is not to be given up meanwhile
            with pytest.raises(UnsoundVectorError):
                model.embed_passages(TEXTS)
        assert model.endpoints[0].breaker.failures == 0


def test_a_server_that_does_not_normalise_is_refused(server: EmbeddingServer) -> None:
    server.norm = 3.0
    with pytest.raises(UnsoundVectorError):
        known(settings(server))


def test_another_model_behind_the_same_name_is_found_out_in_the_same_breath(server: EmbeddingServer) -> None:
    with model_on(server) as model:
        model.embed_passages(TEXTS)
        server.turn = 5
        for ask in (lambda: model.embed_passages(TEXTS), lambda: model.embed_query("a question", None, 5)):
            with pytest.raises(ModelUnavailableError, match="has changed"):
                ask()
        server.turn = 0
        assert_right(model.embed_passages(TEXTS), TEXTS)


def test_an_address_with_another_model_stops_the_work(server: EmbeddingServer, other: EmbeddingServer) -> None:
    other.turn = 1
    with model_on(server, other) as model, pytest.raises(ModelUnavailableError, match="has changed"):
        model.embed_passages(TEXTS)


def test_several_calls_share_the_connections_that_the_settings_allow(server: EmbeddingServer) -> None:
    with model_on(server, batch_texts=3, requests_at_once=2) as model:
        server.delay_s = 0.01
        with ThreadPoolExecutor(3) as calls:
            for found in calls.map(model.embed_passages, [TEXTS] * 3):
                assert_right(found, TEXTS)
    assert server.most_at_once == 2


def test_a_query_goes_before_the_passages_that_wait(server: EmbeddingServer) -> None:
    with model_on(server, batch_texts=2, requests_at_once=1) as model:
        model.embed_passages(TEXTS[:1])
        server.delay_s = 0.05
        working = threading.Thread(target=model.embed_passages, args=(TEXTS,))
        working.start()
        wait_until(lambda: TEXTS[-1] in server.texts or len(server.batches) > 5)
        model.embed_query("the question", None, 5)
        before = server.texts.index("the question")
        working.join()
        assert len(server.texts) - before > len(TEXTS) / 2


def test_stopping_ends_what_is_under_way(server: EmbeddingServer) -> None:
    server_is_slow = misbehaving.slow(20)
    ends: list[FinderError] = []

    def ask(question: Callable[[], object]) -> None:
        with pytest.raises(CancelledError) as ended:
            question()
        ends.append(ended.value)

    with model_on(server, timeout_s=60) as model:
        model.embed_passages(TEXTS[:1])
        server.faults.extend([server_is_slow] * 3)
        asking = [
            threading.Thread(target=ask, args=(question,))
            for question in (lambda: model.embed_passages(TEXTS), lambda: model.embed_query("question", None, 60))
        ]
        for thread in asking:
            thread.start()
        wait_until(lambda: len(server.faults) < 2)
        model.stop()
        for thread in asking:
            thread.join(60)
        assert len(ends) == 2


def test_nothing_is_sent_where_a_server_redirects(server: EmbeddingServer, other: EmbeddingServer) -> None:
    with model_on(server, requests_at_once=1) as model:
        server.faults.append(misbehaving.status(307, {"Location": f"{other.url}/embeddings"}))
        with pytest.raises(ModelUnavailableError, match="307"):
            model.embed_passages(TEXTS)
    assert other.asked.total() == 0


def test_no_proxy_of_the_environment_sees_anything(
    server: EmbeddingServer, other: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, other.origin)
    with model_on(server) as model:
        model.embed_passages(TEXTS)
    assert other.asked.total() == 0


@pytest.mark.usefixtures("no_rest")
def test_key_and_texts_are_sent_to_the_server_and_said_nowhere(
    server: EmbeddingServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.key = "sesame"
    said = []
    with model_on(server, key="sesame", requests_at_once=1) as model:
        assert_right(model.embed_passages(TEXTS), TEXTS)
        assert all(headers["Authorization"] == "Bearer sesame" for headers in server.headers)
        server.batch_limit = 8
        model.embed_passages(TEXTS)  # refusals quote the texts
        server.key = "another"
        for ask in (lambda: model.embed_passages(TEXTS), lambda: model.embed_query(TEXTS[0], None, 5)):
            with pytest.raises(ModelUnavailableError) as refused:
                ask()
            said += [str(refused.value), refused.value.hint, repr(model.endpoints[0]), model.endpoints[0].fault]
    said += [record.getMessage() for record in caplog.records]
    assert not any(secret in line for line in said for secret in ("sesame", "passage", "file1"))


def test_what_a_server_closed_while_it_was_idle_is_opened_again(server: EmbeddingServer) -> None:
    with model_on(server) as model:
        model.embed_passages(TEXTS)
        for line in model.endpoints[0]._idle:
            assert line._socket is not None
            line._socket.shutdown(socket.SHUT_RD)  # as if the server had ended it
        assert_right(model.embed_passages(TEXTS), TEXTS)
        assert model.endpoints[0].breaker.failures == 0


def test_a_server_that_cannot_say_how_it_is_counts_as_well(server: EmbeddingServer) -> None:
    server.health = 404
    with model_on(server) as model:
        assert_right(model.embed_passages(TEXTS), TEXTS)


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[tuple[EmbeddingServer, Path]]:
    """A server that speaks https, and its certificate."""
    server = EmbeddingServer(dimension=DIMENSION)
    certificate = server.encrypt(tmp_path)
    with server:
        yield server, certificate


def test_a_certificate_that_nobody_vouches_for_is_refused(encrypted: tuple[EmbeddingServer, Path]) -> None:
    server, _ = encrypted
    (endpoint,) = endpoints_of(settings(server), None)
    assert not endpoint.is_up()
    assert "certificate is not trusted" in endpoint.fault
    assert server.asked.total() == 0
    endpoint.stop()


@pytest.mark.usefixtures("no_rest")
def test_an_encrypted_connection_is_as_good_and_ends_in_time_too(
    encrypted: tuple[EmbeddingServer, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, certificate = encrypted
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with model_on(server, timeout_s=2.0) as model:
        assert_right(model.embed_passages(TEXTS), TEXTS)
        server.faults.append(misbehaving.drip)
        assert_right(model.embed_passages(TEXTS), TEXTS)
        assert not server.faults


def test_what_is_under_way_ends_though_nothing_ever_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        endpoint = endpoints_of(ServerSettings(urls=(url,), model=MODEL), None)[0]
        monkeypatch.setattr("finder.embed.endpoint._HEALTH_S", 0.1)
        began_s = time.monotonic()
        assert not endpoint.is_up()
        assert time.monotonic() - began_s < 5
        assert endpoint.fault == "it took too long"
        endpoint.stop()


def test_the_record_of_a_server_is_the_same_for_the_same_model_and_another_for_another(
    server: EmbeddingServer, other: EmbeddingServer
) -> None:
    first = known(settings(server))
    elsewhere = first.continued_by(known(settings(other)))
    assert elsewhere.space == first.space
    assert elsewhere.origins == (other.origin,)
    assert first.agrees_with(settings(server))
    assert not first.agrees_with(settings(server, other))
    assert not first.agrees_with(settings(server, model="another"))
    assert not first.agrees_with(settings(server, passage_prefix="x"))
    other.turn = 1
    assert first.continued_by(known(settings(other))).space != first.space
