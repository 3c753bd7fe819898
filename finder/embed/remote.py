"""The model on a server of one's own: texts cut into batches, shared among its URLs, every answer proven.

Passages travel several at once, on as many connections as the settings allow; where an endpoint fails, another takes
its batch over. A query has a connection of its own, and no new batch is sent while one is under way.
"""

from __future__ import annotations

import collections
import itertools
import ssl
import threading
import time
from collections.abc import Sequence

import numpy as np

from finder.config import ServerSettings
from finder.embed import prompts
from finder.embed.batches import batches
from finder.embed.canaries import ServerRecord
from finder.embed.endpoint import Endpoint, TooMuchError, TryAgainError
from finder.errors import CancelledError, ServiceError, UnsoundVectorError, UsageFaultError
from finder.vectors import Float32Array, Int64Array

_BYTES_PER_TOKEN = 3
"""Of UTF-8: rather too many tokens than too few, in English (4.5) as in Chinese (about 3)."""
_LONGEST_REST_S = 5.0
"""An endpoint that is to rest for longer takes no part in this call any more."""
_QUERY_PAUSE_S = 1.0
_LEAST_S = 0.05


class RemoteModel:
    """Implements what `finder.vectors.Embedder` says, over the network. Safe to use from any thread.

    Args:
        record: what the endpoints have to be.
        key: sent to each of them; None where they want none.
    Raises:
        UsageFaultError: an address cannot be used.
    """

    def __init__(self, server: ServerSettings, record: ServerRecord, key: str | None) -> None:
        self._server = server
        self._record = record
        self.endpoints = endpoints_of(server, key)
        self._stopped = threading.Event()
        self._sharings: set[_Sharing] = set()
        """Calls for passages under way."""
        self._numbers = itertools.count()
        self._quiet = threading.Condition()
        self._queries = 0
        """Under way."""
        self._largest_batch = max(1, server.batch_texts - 1)  # a canary goes with every batch
        self._turns = {each: threading.BoundedSemaphore(server.requests_at_once) for each in self.endpoints}
        """For the passages of all calls together."""
        self._most_texts = self._largest_batch
        """In one batch: halved where the server refuses as many, one more again with every batch it takes."""

    def stop(self) -> None:
        """End what is under way: it ends in a CancelledError, as does whatever is asked later."""
        self._stopped.set()
        for endpoint in self.endpoints:
            endpoint.stop()
        for sharing in list(self._sharings):
            sharing.end(CancelledError())

    def embed_passages(self, texts: Sequence[str]) -> Float32Array:
        """(N, D) float32, each row of L2 norm 1.

        Raises:
            ServiceError: no endpoint gives all of them now.
            ModelUnavailableError: another model answers, or we may not ask.
            UnsoundVectorError: one of these texts has no sound vector there.
        """
        ready = [prompts.passage(self._server, text) for text in texts]
        sharing = _Sharing(self._cut(ready), (len(texts), self._record.space.dimension))
        lanes = [
            threading.Thread(target=self._lane, args=(endpoint, ready, sharing), name="server-lane", daemon=True)
            for number, endpoint in itertools.product(range(self._server.requests_at_once), self.endpoints)
            if endpoint.breaker.rest_s < _LONGEST_REST_S and (number == 0 or not endpoint.breaker.is_open)
        ][: sharing.count]
        self._sharings.add(sharing)
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        self._sharings.discard(sharing)
        if self._stopped.is_set():
            raise CancelledError
        if sharing.fault is not None:
            raise sharing.fault
        if not sharing.is_done:
            raise self._no_answer()
        return sharing.vectors

    def embed_query(self, text: str, instruction: str | None, timeout_s: float) -> Float32Array:
        """(D,) float32 of L2 norm 1.

        Raises:
            ServiceError: no endpoint answers within `timeout_s`.
            ModelUnavailableError, UnsoundVectorError: as for passages.
        """
        vector: Float32Array = self._at_once([prompts.query(self._server, text, instruction)], timeout_s)[0]
        return vector

    def embed_sentences(self, texts: Sequence[str], timeout_s: float) -> Float32Array:
        """(N, D) float32, each row of L2 norm 1: as passages, but like a query at once.

        Raises:
            ServiceError, ModelUnavailableError, UnsoundVectorError: as for a query.
        """
        deadline = time.monotonic() + timeout_s
        ready = [prompts.passage(self._server, text) for text in texts]
        parts = [ready[at : at + self._largest_batch] for at in range(0, len(ready), self._largest_batch)]
        return np.concatenate([self._at_once(part, deadline - time.monotonic()) for part in parts])

    def _at_once(self, ready: list[str], timeout_s: float) -> Float32Array:
        """The vectors of one request, while the passages under way rest."""
        deadline = time.monotonic() + timeout_s
        with self._quiet:
            self._queries += 1
        try:
            while (endpoint := self._next_for_query(deadline)) is not None:
                left_s = max(_LEAST_S, min(self._server.timeout_s, deadline - time.monotonic()))
                try:
                    return endpoint.embed(ready, self._record, next(self._numbers), left_s)
                except TryAgainError:
                    continue
                except TooMuchError:
                    raise UnsoundVectorError("The server refuses this text", "It may be too long.") from None
        finally:
            with self._quiet:
                self._queries -= 1
                self._quiet.notify_all()
        if self._stopped.is_set():
            raise CancelledError
        raise self._no_answer()

    def _next_for_query(self, deadline: float) -> Endpoint | None:
        """The endpoint that fails least and has least to do, once it may be asked; None where there is none in time."""
        best = min(self.endpoints, key=lambda endpoint: (endpoint.breaker.rest_s, endpoint.in_flight))
        rest_s = best.breaker.rest_s
        if time.monotonic() + rest_s >= deadline or self._stopped.wait(rest_s):
            return None
        return best

    def _cut(self, texts: Sequence[str]) -> list[Int64Array]:
        """Indices of `texts` in batches, the longest first, so that the last to end is a short one."""
        lengths = [len(text.encode("utf-8", "replace")) // _BYTES_PER_TOKEN + 1 for text in texts]
        cut = []
        for batch in batches(lengths, self._server.batch_tokens):
            cut += [batch[at : at + self._most_texts] for at in range(0, len(batch), self._most_texts)]
        return cut[::-1]

    def _lane(self, endpoint: Endpoint, texts: Sequence[str], sharing: _Sharing) -> None:
        """One request after another to one endpoint, until nothing is left or it is not to be had."""
        while not self._stopped.is_set() and (batch := sharing.take(endpoint.breaker.rest_s)) is not None:
            chosen = [texts[index] for index in batch]
            try:
                with self._turns[endpoint]:
                    self._let_queries_pass()
                    vectors = endpoint.embed(chosen, self._record, next(self._numbers), self._server.timeout_s)
                sharing.done(batch, vectors)
                self._most_texts = min(self._largest_batch, self._most_texts + 1)
            except TryAgainError:
                sharing.give_back([batch])
                if endpoint.breaker.is_open or endpoint.breaker.rest_s > _LONGEST_REST_S:
                    return
            except (TooMuchError, UnsoundVectorError) as error:
                self._halve(batch, error, sharing)
            except Exception as error:  # noqa: BLE001 - the caller raises it, also where it is a bug
                sharing.give_back([batch])
                sharing.end(error)

    def _halve(self, batch: Int64Array, error: TooMuchError | UnsoundVectorError, sharing: _Sharing) -> None:
        middle = len(batch) // 2
        if middle:
            if isinstance(error, TooMuchError):
                self._most_texts = middle
            sharing.give_back([batch[:middle], batch[middle:]])
        else:
            sharing.give_back([batch])
            refusal = UnsoundVectorError("The server refuses a passage", "It may be too long.")
            sharing.end(error if isinstance(error, UnsoundVectorError) else refusal)

    def _let_queries_pass(self) -> None:
        with self._quiet:
            self._quiet.wait_for(lambda: not self._queries, _QUERY_PAUSE_S)

    def _no_answer(self) -> ServiceError:
        faults = [f"{endpoint.address.origin}: {endpoint.fault}" for endpoint in self.endpoints if endpoint.fault]
        return ServiceError("The server does not embed", "; ".join(faults), "It is tried again by itself.")


class _Sharing:
    """Batches of one call, and who works on them."""

    def __init__(self, waiting: list[Int64Array], shape: tuple[int, int]) -> None:
        self.count = len(waiting)
        self.vectors: Float32Array = np.empty(shape, np.float32)
        self.fault: Exception | None = None
        self._waiting = collections.deque(waiting)
        self._in_hand = 0
        self._changed = threading.Condition()

    @property
    def is_done(self) -> bool:
        return not self._waiting and not self._in_hand

    @property
    def is_over(self) -> bool:
        """Nobody takes anything any more."""
        return self.is_done or self.fault is not None

    def take(self, rest_s: float) -> Int64Array | None:
        """The next batch, after a rest; waits while others may give theirs back. None where all is over."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_over, rest_s)
            self._changed.wait_for(lambda: self._waiting or self.is_over)
            if self.is_over:
                return None
            self._in_hand += 1
            return self._waiting.popleft()

    def done(self, batch: Int64Array, vectors: Float32Array) -> None:
        self.vectors[batch] = vectors
        self._put_down([])

    def give_back(self, parts: list[Int64Array]) -> None:
        """For whoever takes it next."""
        self._put_down(parts)

    def end(self, error: Exception) -> None:
        """All is over, and this is why."""
        with self._changed:
            self.fault = self.fault or error
            self._changed.notify_all()

    def _put_down(self, parts: list[Int64Array]) -> None:
        with self._changed:
            self._waiting.extend(parts)
            self._in_hand -= 1
            self._changed.notify_all()


def endpoints_of(server: ServerSettings, key: str | None) -> list[Endpoint]:
    """The endpoints that the settings name.

    Raises:
        UsageFaultError: an address cannot be used, or something is not said.
    """
    if not server.urls or not server.model:
        raise UsageFaultError(
            "No server was named",
            "Its address and the name of the model there are needed.",
            "inkling model use server --url http://127.0.0.1:8080/v1 --name Qwen/Qwen3-Embedding-0.6B",
        )
    is_encrypted = any(url.startswith("https:") for url in server.urls)
    context = ssl.create_default_context() if is_encrypted else None
    return [Endpoint(server, url, key, context) for url in server.urls]
