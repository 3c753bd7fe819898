"""A server that speaks the OpenAI-compatible `/v1/embeddings` on loopback, and misbehaves on demand.

In a test's process as `EmbeddingServer`; as a program, `python -m tests.embedding_server PORT`, until it is ended.
"""

from __future__ import annotations

import base64
import contextlib
import json
import ssl
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from finder.embed.deterministic import HashEmbedder
from finder.vectors import Float32Array

Reply = dict[str, Any]
Fault = Callable[["_Handler", Reply], None]
"""Sends something else than the reply."""

MODEL = "made-up/embedder"


class EmbeddingServer(ThreadingHTTPServer):
    """Serves from `with` on. Every request takes the next of `faults`, where there is one."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int = 0, dimension: int = 64) -> None:
        self.model = MODEL
        self.dimension = dimension
        self.cuts = True
        """It understands `dimensions`; otherwise it refuses it."""
        self.turn = 0
        """Another number is another model behind the same name."""
        self.norm = 1.0
        self.speaks_base64 = True
        self.batch_limit: int | None = None
        self.bad_word: str | None = None
        """A text with this word has no sound vector."""
        self.key: str | None = None
        self.health = 200
        self.delay_s = 0.0
        self.faults: deque[Fault] = deque()
        self.texts: list[str] = []
        """All that was sent to be embedded, in order."""
        self.batches: list[int] = []
        self.most_at_once = 0
        """Requests for vectors that were under way at one time."""
        self.under_way = 0
        self.headers: list[dict[str, str]] = []
        self.asked: Counter[str] = Counter()
        """Requests by path."""
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def origin(self) -> str:
        scheme = "https" if isinstance(self.socket, ssl.SSLSocket) else "http"
        return f"{scheme}://127.0.0.1:{self.server_address[1]}"

    def encrypt(self, folder: Path) -> Path:
        """Speak https from now on, with a certificate of its own, which is written into `folder`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate, key = folder / "certificate.pem", folder / "certificate.key"
        _write_certificate(certificate, key)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        return certificate

    @property
    def url(self) -> str:
        return f"{self.origin}/v1"

    def __enter__(self) -> EmbeddingServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""

    def vectors(self, texts: Sequence[str], dimension: int | None) -> Float32Array:
        full = np.roll(HashEmbedder(self.dimension).embed_passages(texts), self.turn, axis=1)
        cut = full[:, :dimension]
        found: Float32Array = cut / np.linalg.norm(cut, axis=1, keepdims=True) * np.float32(self.norm)
        for row, text in zip(found, texts, strict=True):
            if self.bad_word is not None and self.bad_word in text:
                row[:] = np.nan
        return found


def _write_certificate(certificate: Path, key: Path) -> None:
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, secret.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(secret, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    key.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: EmbeddingServer

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""

    def do_GET(self) -> None:
        self.server.asked[self.path] += 1
        self.send(self.server.health if self.path == "/health" else 404, {})

    def do_POST(self) -> None:
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with server.lock:
            server.asked[self.path] += 1
            server.headers.append(dict(self.headers))
            fault = server.faults.popleft() if server.faults else None
        if self.path != "/v1/embeddings":
            return self.send(404, {})
        asked = json.loads(body)
        status, reply = self._answer(asked)
        if fault is not None and status == 200:
            return fault(self, reply)
        return self.send(status, reply)

    def _answer(self, asked: Reply) -> tuple[int, Reply]:
        server, texts, dimension = self.server, asked["input"], asked.get("dimensions")
        if server.key is not None and self.headers.get("Authorization") != f"Bearer {server.key}":
            return 401, {"error": "no such key"}
        if (dimension is not None and not server.cuts) or len(texts) > (server.batch_limit or len(texts)):
            return 422, {"error": f"refused: {texts}"}
        with server.lock:
            server.texts += texts
            server.batches.append(len(texts))
            server.under_way += 1
            server.most_at_once = max(server.most_at_once, server.under_way)
        time.sleep(server.delay_s)
        with server.lock:
            server.under_way -= 1
        as_base64 = server.speaks_base64 and asked.get("encoding_format") == "base64"
        items = [
            {"object": "embedding", "index": index, "embedding": _coded(row, as_base64)}
            for index, row in enumerate(server.vectors(texts, dimension))
        ]
        return 200, {"object": "list", "model": server.model, "data": items}

    def send(self, status: int, reply: Reply, headers: dict[str, str] | None = None) -> None:
        self.send_bytes(status, json.dumps(reply).encode(), headers)

    def send_bytes(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _coded(row: Float32Array, as_base64: bool) -> str | list[float]:
    return base64.b64encode(row.astype("<f4").tobytes()).decode() if as_base64 else row.tolist()


# Ways to misbehave, each for one request.


def status(code: int, headers: dict[str, str] | None = None) -> Fault:
    """Answer with another status, which quotes nothing but noise."""
    return lambda handler, reply: handler.send(code, {"error": "no"}, headers)


def cut(handler: _Handler, reply: Reply) -> None:
    """Break off in the middle of the answer."""
    body = json.dumps(reply).encode()
    handler.send_bytes(200, body[: len(body) // 2], {"Content-Length": str(len(body))})
    handler.close_connection = True


def hang_up(handler: _Handler, reply: Reply) -> None:
    """End the connection without an answer."""
    handler.close_connection = True


def slow(seconds: float) -> Fault:
    """Say nothing for a while, and then the truth."""

    def wait(handler: _Handler, reply: Reply) -> None:
        time.sleep(seconds)
        handler.send(200, reply)

    return wait


def drip(handler: _Handler, reply: Reply) -> None:
    """A byte now and then, for ever: no single wait is long."""
    handler.send_response(200)
    handler.end_headers()
    with contextlib.suppress(OSError):
        while True:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.02)


def not_json(handler: _Handler, reply: Reply) -> None:
    handler.send_bytes(200, b"<html>busy</html>")


def changed(change: Callable[[Reply], None]) -> Fault:
    """Answer with a changed reply."""

    def send(handler: _Handler, reply: Reply) -> None:
        change(reply)
        handler.send(200, reply)

    return send


def shuffled(reply: Reply) -> None:
    """In another order, which `index` tells."""
    reply["data"].reverse()


def missing(reply: Reply) -> None:
    reply["data"].pop()


def repeated(reply: Reply) -> None:
    """One item stands for another."""
    reply["data"][-1] = reply["data"][0]


def shorter(reply: Reply) -> None:
    for item in reply["data"]:
        item["embedding"] = np.eye(1, 16)[0].tolist()


def nothing_but(number: float) -> Callable[[Reply], None]:
    """Vectors that hold this number alone."""

    def change(reply: Reply) -> None:
        for item in reply["data"]:
            item["embedding"] = [number] * 64

    return change


def of_another_model(reply: Reply) -> None:
    reply["model"] = "somebody/else"


if __name__ == "__main__":
    with EmbeddingServer(int(sys.argv[1])):
        threading.Event().wait()
