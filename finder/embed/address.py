"""Where a server of one's own is, and what may be sent there. Pure: imports the standard library and our errors."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from finder.errors import UsageFaultError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """The base URL of an OpenAI-compatible interface, such as `https://gpu.example:8443/v1`, taken apart."""

    scheme: str
    host: str
    port: int
    path: str
    """Without a slash at its end: `/v1`, or empty."""

    @classmethod
    def of(cls, url: str, allows_http: bool = False) -> Address:
        """
        Raises:
            UsageFaultError: no URL of a server, or one that what is sent would reach unencrypted.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host or parts.scheme not in _PORTS or not url.isascii() or not url.isprintable() or " " in url:
            raise _unusable("It is not the URL of a server.")
        if parts.username is not None or parts.query or parts.fragment:
            raise _unusable("It holds more than a server and a path; a key belongs into a file or the environment.")
        found = cls(parts.scheme, host, port or _PORTS[parts.scheme], parts.path.rstrip("/"))
        if found.scheme == "http" and not found.is_loopback and not allows_http:
            raise UsageFaultError(
                "Your texts would travel unencrypted",
                f"{found.origin} is another computer, and this is no https.",
                "Use https, or agree to it: add --allow-http",
            )
        return found

    @property
    def is_loopback(self) -> bool:
        """True where nothing leaves this computer."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def origin(self) -> str:
        """`https://gpu.example:8443`: who gets what is sent, for the question and the status."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def embeddings_path(self) -> str:
        return f"{self.path}/embeddings"

    @property
    def health_path(self) -> str:
        """Beside the versioned interface, as SGLang, vLLM, text-embeddings-inference and llama.cpp have it."""
        return f"{self.path.removesuffix('/v1')}/health"


def _unusable(detail: str) -> UsageFaultError:
    return UsageFaultError("The server's address cannot be used", detail, "Give one such as http://127.0.0.1:8080/v1")
