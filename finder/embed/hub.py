"""The hub that models are published on: what it lists, and the bytes of a file. The sole importer of huggingface_hub.

No token is sent, nothing is reported, and no host is asked but the hub (or the mirror in its place) and the store that
it redirects to. Everything that may go wrong on the way is said in words here.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from finder.embed.fingerprints import read_sha256
from finder.embed.layout import CONFIG, TOKENIZER, WEIGHTS, WEIGHTS_INDEX
from finder.embed.models import ModelSpec
from finder.errors import CancelledError, EnvironmentFaultError, ModelUnavailableError

HUB = "https://huggingface.co"
_REVISION = re.compile(r"[0-9a-f]{40}")
_TIMEOUT_S = 20.0
_CHUNK_BYTES = 1 << 20
"""Between two signs of progress, and what a cut connection loses at most; ten times as much is the library's own."""
_WANTED = re.compile(
    r"model(-\d{5}-of-\d{5})?\.safetensors|model\.safetensors\.index\.json|config\.json|modules\.json"
    r"|config_sentence_transformers\.json|sentence_bert_config\.json|tokenizer\.json|tokenizer_config\.json"
    r"|special_tokens_map\.json|\d_[A-Za-z]+/config\.json"
)
"""What a model needs: never a pickle, never a program."""

OnBytes = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file as the hub lists it."""

    name: str
    size_bytes: int
    sha256: str | None
    git_id: str | None
    """The SHA-1 of git's blob object, for a file that is not stored apart."""

    def fits(self, path: Path) -> bool:
        """True where the file at `path` is the one that was listed."""
        if path.stat().st_size != self.size_bytes:
            return False
        return read_sha256(path) == self.sha256 if self.sha256 else _git_id(path) == self.git_id


@dataclass(frozen=True, slots=True)
class Hub:
    """The hub, or a mirror."""

    endpoint: str

    @classmethod
    def chosen(cls, endpoint: str | None = None) -> Hub:
        """`endpoint`, else `$HF_ENDPOINT`, else the hub itself."""
        return cls((endpoint or os.environ.get("HF_ENDPOINT") or HUB).rstrip("/"))

    @property
    def host(self) -> str:
        """For showing: without a name and a password, which a mirror's address may hold."""
        scheme, _, rest = self.endpoint.rpartition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}" if scheme else rest

    def listing(self, spec: ModelSpec) -> tuple[str, tuple[HubFile, ...]]:
        """The revision that is there, and the files that are wanted of it.

        Raises:
            EnvironmentFaultError: the hub cannot be reached, or does not have the model.
            ModelUnavailableError: what it has is not what this program loads.
        """
        with self._faults():
            api = _library().HfApi(endpoint=self.endpoint, token=False)
            revision = spec.revision or None
            info = api.model_info(spec.repository, revision=revision, files_metadata=True, timeout=_TIMEOUT_S)
        files = tuple(self._wanted(spec, info.siblings or ()))
        names = {file.name for file in files}
        missing = {CONFIG, TOKENIZER} - names or ({WEIGHTS} if not names & {WEIGHTS, WEIGHTS_INDEX} else set())
        if missing:
            raise self.unfit(spec, f"{sorted(missing)[0]} is missing there.")
        if not _REVISION.fullmatch(str(info.sha)):
            raise self.unfit(spec, "It names no revision.")
        return str(info.sha), files

    def append(
        self, spec: ModelSpec, file: HubFile, part: Path, on_bytes: OnBytes, is_cancelled: Callable[[], bool]
    ) -> None:
        """Fetch what of a file is missing in `part`, which holds its beginning; a lost connection is taken up again.

        Args:
            on_bytes: called with the number of bytes that are there now.
        Raises:
            CancelledError: `is_cancelled` said so.
            EnvironmentFaultError: the connection or the disk failed; what came is in `part`.
        """
        library = _library()
        url = library.hf_hub_url(spec.repository, file.name, revision=spec.revision, endpoint=self.endpoint)
        with part.open("ab") as stream, self._faults():
            present_bytes = stream.tell()
            library.file_download.http_get(
                url,
                stream,
                resume_size=present_bytes,
                headers=library.utils.build_hf_headers(token=False),
                expected_size=file.size_bytes,
                tqdm_class=_meter(present_bytes, on_bytes, is_cancelled),
            )

    def unfit(self, spec: ModelSpec, detail: str) -> ModelUnavailableError:
        """What the hub has, or what came of it, is not the model."""
        hint = f"Try later, or from a folder: inkling model download {spec.name} --from FOLDER"
        what = f"{self.host}/{spec.repository}"
        return ModelUnavailableError(f"The model {spec.name} cannot be downloaded", f"{what}: {detail}", hint)

    def _wanted(self, spec: ModelSpec, siblings: Any) -> Iterator[HubFile]:
        """The files that a model needs, with the hash that is known here where there is one."""
        known = {file.name: file.sha256 for file in spec.files}
        for sibling in siblings:
            name, size_bytes = str(sibling.rfilename), sibling.size
            if not _WANTED.fullmatch(name):
                continue
            listed = sibling.lfs.sha256 if sibling.lfs is not None else None
            if type(size_bytes) is not int or not (listed or sibling.blob_id):
                raise self.unfit(spec, f"{name} is listed without its size or its hash.")
            yield HubFile(name, size_bytes, known.get(name) or listed, sibling.blob_id)

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        """What may go wrong on the way, in words."""
        _library()
        import httpx2
        from huggingface_hub import errors

        try:
            yield
        except errors.GatedRepoError as error:
            raise self._fault("gives this model to people who have asked for it alone") from error
        except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
            raise self._fault("has no such model") from error
        except errors.OfflineModeIsEnabled as error:
            raise self._fault("is not asked: HF_HUB_OFFLINE is set") from error
        except errors.HfHubHTTPError as error:
            raise self._fault(f"answered with status {error.response.status_code}") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._fault(f"cannot be reached: {type(error).__name__}") from error
        except OSError as error:
            if error.errno is not None:
                raise disk_fault(error) from error
            raise self._fault("ended before the file did") from error

    def _fault(self, detail: str) -> EnvironmentFaultError:
        return EnvironmentFaultError(
            "The model could not be fetched",
            f"{self.host} {detail}",
            "What has come is kept: try again. For a mirror, set HF_ENDPOINT; from a folder, add --from FOLDER.",
        )


def disk_fault(error: OSError) -> EnvironmentFaultError:
    """What the system said while files were written, in words."""
    path = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else None
    return EnvironmentFaultError(
        "The model could not be written", error.strerror or str(error), "Make room, and try again.", path
    )


def _git_id(path: Path) -> str:
    """Git's name for a file's content: SHA-1 over `blob`, its size and its bytes (Pro Git, "Git Objects")."""
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _meter(present_bytes: int, on_bytes: OnBytes, is_cancelled: Callable[[], bool]) -> Any:
    """What http_get takes for a progress bar."""

    class Meter:
        def __init__(self, **settings: Any) -> None:
            self._bytes = present_bytes

        def __enter__(self) -> Self:
            return self

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None: ...

        def update(self, count: int) -> None:
            if is_cancelled():
                raise CancelledError
            self._bytes += count  # negative where a server begins again from the start
            on_bytes(self._bytes)

    return Meter


def _library() -> Any:
    """huggingface_hub, which takes a second to import and reads how it is to behave when it is imported."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HUB_DISABLE_XET"] = "1"  # another protocol to other hosts, without resuming
    import huggingface_hub
    from huggingface_hub import constants

    constants.DOWNLOAD_CHUNK_SIZE = _CHUNK_BYTES
    # What it warns of, a lost connection, is said in our words or tried again.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    return huggingface_hub
