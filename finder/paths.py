"""Paths as bytes, their wire form, and where a home keeps its things. Imports nothing of weight.

A path is bytes from `os.fsencode` on: a name need not be UTF-8. On the wire it is a percent-encoded `file:` URI
(RFC 8089), which is exact; for a person it is `display(path)`, which may lose what cannot be shown.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

from finder.errors import UsageFaultError

_UNIX_SOCKET_PATH_LIMIT = 107
"""`sun_path` holds 108 bytes with its NUL on Linux (unix(7)); macOS holds 104."""


def path_to_uri(path: bytes) -> str:
    """`file:///home/ada/caf%C3%A9.txt` for an absolute path."""
    if os.name == "nt":
        return "file:///" + quote_from_bytes(path.replace(b"\\", b"/"), safe="/:")
    return "file://" + quote_from_bytes(path, safe="/")


def uri_to_path(uri: str) -> bytes:
    """The bytes that `path_to_uri` encoded.

    Raises:
        UsageFaultError: not a `file:` URI of this computer.
    """
    if not uri.startswith("file:///"):
        raise UsageFaultError("Not a file URI", uri[:200], "Give a URI that begins with file:///")
    raw = unquote_to_bytes(uri[len("file://") :])
    return raw[1:].replace(b"/", b"\\") if os.name == "nt" else raw


def display(path: bytes) -> str:
    """`path` for a person: what is not valid text shows as U+FFFD, control characters as `\\x..`."""
    text = path.decode("utf-8", "replace")
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def absolute(path: str | bytes) -> bytes:
    """An absolute, normalised path as bytes, symbolic links in it resolved."""
    return os.path.realpath(os.fsencode(os.path.expanduser(path)))


def is_inside(path: bytes, folder: bytes) -> bool:
    """True where `path` is `folder` or lies below it. Both absolute and normalised."""
    base = folder.rstrip(os.fsencode(os.sep))
    return path == folder or path.startswith(base + os.fsencode(os.sep))


_FALLBACK = Path("/tmp" if os.name == "posix" else tempfile.gettempdir())  # noqa: S108 - in it a folder of our own
"""Where there is no runtime directory. Not $TMPDIR, which may be long, and another in each terminal."""


@dataclass(frozen=True, slots=True)
class Home:
    """One folder that holds everything of one index: settings, catalog, vectors, logs."""

    root: Path

    @classmethod
    def locate(cls, chosen: str | os.PathLike[str] | None = None) -> Home:
        """`chosen`, else `$INKLING_HOME`, else the platform's folder for application data."""
        name = chosen or os.environ.get("INKLING_HOME")
        return cls(Path(os.path.realpath(os.path.expanduser(name)))) if name else cls.default()

    @classmethod
    def default(cls) -> Home:
        """The platform's folder for application data, whatever the environment says of another home."""
        from platformdirs import user_data_path

        return cls(Path(os.path.realpath(user_data_path("inkling", appauthor=False))))

    @property
    def settings(self) -> Path:
        return self.root / "settings.toml"

    @property
    def catalog(self) -> Path:
        return self.root / "catalog.db"

    @property
    def vectors(self) -> Path:
        """Holds one folder per Chroma epoch, and the exact search's cache."""
        return self.root / "vectors"

    @property
    def models(self) -> Path:
        """Holds one folder per downloaded model."""
        return self.root / "models"

    @property
    def topics(self) -> Path:
        """Holds the maps of topics that were made last."""
        return self.root / "topics"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def fault_dump(self) -> Path:
        """Where the running service would write down how it came to a fault; empty while it does not."""
        return self.logs / "service-fault.log"

    @property
    def lock(self) -> Path:
        """Held by the running service for as long as it lives."""
        return self.root / "service.lock"

    @property
    def socket(self) -> Path:
        """Where the service listens."""
        return self._socket(".sock")

    @property
    def app_socket(self) -> Path:
        """Where the app listens for what it is to show."""
        return self._socket(".app")

    @property
    def app_lock(self) -> Path:
        """Held by the running app for as long as it lives."""
        return self.root / "app.lock"

    def _socket(self, suffix: str) -> Path:
        """In the runtime directory, under a name short enough for the system whatever the home is called."""
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16] + suffix
        path = _runtime_directory() / name
        if len(os.fsencode(path)) > _UNIX_SOCKET_PATH_LIMIT - (4 if sys.platform == "darwin" else 0):
            path = _FALLBACK / f"inkling-{os.getuid()}" / name
        return path

    def write_address(self) -> None:
        """Write down where the service of this home listens, for clients whose runtime directory is another."""
        self._write_address("service", self.socket)

    def write_app_address(self) -> None:
        """Write down where the app of this home listens."""
        self._write_address("app", self.app_socket)

    def read_address(self) -> Path:
        """Where the service of this home listens: as it wrote down, else where it would."""
        return self._read_address("service") or self.socket

    def read_app_address(self) -> Path:
        """Where the app of this home listens, in the same way."""
        return self._read_address("app") or self.app_socket

    def _write_address(self, name: str, socket: Path) -> None:
        with open(os.open(self._address(name), os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.write(os.fsencode(self.root) + b"\0" + os.fsencode(socket))

    def _address(self, name: str) -> Path:
        return self.root / f"{name}.address"

    def _read_address(self, name: str) -> Path | None:
        try:
            root, _, socket = self._address(name).read_bytes().partition(b"\0")
        except OSError:
            return None
        is_ours = socket and root == os.fsencode(self.root)  # not so in a home that was copied or moved
        return Path(os.fsdecode(socket)) if is_ours else None

    def create(self) -> None:
        """Make the home's folders, readable by this user alone."""
        for folder in (self.root, self.vectors, self.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _runtime_directory() -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and os.path.isdir(runtime):
        return Path(runtime) / "inkling"
    return _FALLBACK / f"inkling-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
