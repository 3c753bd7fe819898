"""A model hub on loopback, from which the real huggingface_hub downloads, and which misbehaves on demand.

It speaks as much of the hub's protocol as a download needs: the listing with sizes and hashes
(`/api/models/NAME/revision/REVISION?blobs=true`), and files (`/NAME/resolve/REVISION/FILE`) with ranges, the large ones
by way of a redirect to another path, as the hub hands them over to its store.

As a program, it serves a folder until it is ended and prints its address: `python -m tests.model_hub FOLDER NAME`.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

REVISION = "0123456789abcdef0123456789abcdef01234567"
_LARGE_FROM_BYTES = 10_000
"""Larger files are listed with their SHA-256 and handed over to the store, as those under Git LFS are."""


@dataclass
class ModelHub:
    """What the hub has, what was asked of it, and how it is to misbehave."""

    name: str
    """owner/name of the one model it has."""
    files: dict[str, bytes]
    revision: str = REVISION
    """The one commit that it has of it."""
    address: str = ""
    requests: list[tuple[str, int]] = field(default_factory=list)
    """Each file that was sent, and from which byte on."""
    headers: list[dict[str, str]] = field(default_factory=list)
    """What came with every request."""
    cut_after_bytes: int | None = None
    """The next file that is longer is cut there, once."""
    pause_after_bytes: int | None = None
    """The next file that is longer is sent no further until `resume`."""
    is_paused: threading.Event = field(default_factory=threading.Event)
    _is_resumed: threading.Event = field(default_factory=threading.Event)
    damaged: set[str] = field(default_factory=set)
    """Files sent with a changed byte."""
    hidden: set[str] = field(default_factory=set)
    """Files that are listed and answered with 404."""
    ignores_ranges: bool = False
    status: int | None = None
    """Every request is answered with this one."""

    def resume(self) -> None:
        """Send files whole again."""
        self.pause_after_bytes = None
        self._is_resumed.set()

    def pause(self) -> None:
        """Wait for `resume`, once."""
        self.pause_after_bytes = None
        self.is_paused.set()
        self._is_resumed.wait()

    def listing(self) -> dict[str, Any]:
        return {"id": self.name, "sha": self.revision, "siblings": [self._listed(name) for name in sorted(self.files)]}

    def _listed(self, name: str) -> dict[str, Any]:
        data = self.files[name]
        entry: dict[str, Any] = {
            "rfilename": name,
            "size": len(data),
            "blobId": hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest(),
        }
        if len(data) > _LARGE_FROM_BYTES:
            entry["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
        return entry


@contextmanager
def serving(hub: ModelHub) -> Iterator[ModelHub]:
    """Serve `hub` on a free port of loopback; its `address` is set."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        hub.resume()
        server.shutdown()
        thread.join()
        server.server_close()


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its name as the hub lists it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: ModelHub

    def log_message(self, *words: object) -> None:
        pass

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        hub = self.hub
        hub.headers.append(dict(self.headers))
        if hub.status is not None:
            self._answer(hub.status, b"{}")
        elif path in (f"/api/models/{hub.name}", f"/api/models/{hub.name}/revision/{hub.revision}"):
            self._answer(200, json.dumps(hub.listing()).encode())
        elif path.startswith(f"/{hub.name}/resolve/{hub.revision}/"):
            self._hand_over(path.split(f"/resolve/{hub.revision}/")[1])
        elif path.startswith("/store/"):
            self._send(path.removeprefix("/store/"))
        else:
            self._answer(404, b"{}", ("X-Error-Code", "RepoNotFound"))

    def _hand_over(self, name: str) -> None:
        if name not in self.hub.files or name in self.hub.hidden:
            self._answer(404, b"{}", ("X-Error-Code", "EntryNotFound"))
        elif len(self.hub.files[name]) > _LARGE_FROM_BYTES:
            self._answer(302, b"", ("Location", f"{self.hub.address}/store/{name}"))
        else:
            self._send(name)

    def _send(self, name: str) -> None:
        hub, data = self.hub, self.hub.files[name]
        if name in hub.damaged:
            data = data[:-1] + bytes([data[-1] ^ 1])
        asked = self.headers.get("Range", "")
        start = 0 if hub.ignores_ranges or not asked else int(asked.removeprefix("bytes=").split("-")[0])
        hub.requests.append((name, start))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        end = len(data)
        if hub.cut_after_bytes is not None and start + hub.cut_after_bytes < len(data):
            end = start + hub.cut_after_bytes
            hub.cut_after_bytes = None
        if hub.pause_after_bytes is not None and start + hub.pause_after_bytes < end:
            middle = start + hub.pause_after_bytes
            self.wfile.write(data[start:middle])
            hub.pause()
            start = middle
        self.wfile.write(data[start:end])
        if end < len(data):
            self.close_connection = True

    def _answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    with serving(ModelHub(sys.argv[2], files_of(Path(sys.argv[1])))) as running:
        print(running.address, flush=True)
        threading.Event().wait()
