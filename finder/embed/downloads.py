"""Getting a known model onto this computer: from the hub, or from a folder. Imports no library of the hub's.

Nothing is fetched unless a person asks for it, and nothing is loaded before it is whole: files come into a folder of
their own, each is compared with its hash, and only then is the folder moved to where models are looked for. What was
fetched before a cut connection, Ctrl+C or a kill is fetched no second time.

The hub is asked for sizes and hashes first. For a large file it lists the SHA-256, for a small one the git object id;
where hashes are known here (`models.py`), those count and not the hub's word.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from finder.embed.fingerprints import read_sha256
from finder.embed.hub import Hub, HubFile, disk_fault
from finder.embed.layout import read_layout
from finder.embed.models import ModelFile, ModelSpec
from finder.embed.weights import LocalModel, verify, write_note
from finder.errors import CancelledError, EnvironmentFaultError, ModelUnavailableError

_INCOMING = ".incoming"
_PART = ".part"
_LOCK = ".lock"
_REVISION_LENGTH = 12
_CHUNK_BYTES = 1 << 20
_SPARE_BYTES = 1 << 30
"""Left free on the disk, for the index and for everybody else."""

OnProgress = Callable[[int], None]
"""Called with the number of bytes that are there now, of all."""


@dataclass(frozen=True, slots=True)
class Download:
    """A model's files as the hub lists them, before the first of them is fetched."""

    spec: ModelSpec
    """With the revision that the hub has."""
    files: tuple[HubFile, ...]
    hub: Hub
    incoming: Path
    """Where they come, and may have come in part already."""

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def present_bytes(self) -> int:
        """What an earlier attempt has fetched."""
        return sum(_present_bytes(self.incoming / file.name) for file in self.files)


def plan(spec: ModelSpec, models: Path, endpoint: str | None = None) -> Download:
    """Ask the hub what there is to be fetched.

    Args:
        models: the home's folder of models.
        endpoint: of the hub or a mirror; `$HF_ENDPOINT`, else the hub itself, where None.
    Raises:
        EnvironmentFaultError: the hub cannot be reached, or does not have the model.
        ModelUnavailableError: what it has is not what this program loads.
    """
    hub = Hub.chosen(endpoint)
    revision, files = hub.listing(spec)
    incoming = models / _INCOMING / f"{spec.name}@{revision}"
    return Download(replace(spec, revision=revision), files, hub, incoming)


def fetch(
    download: Download, models: Path, on_progress: OnProgress, is_cancelled: Callable[[], bool] = lambda: False
) -> LocalModel:
    """Fetch what is missing, verify all of it, and move it to where models are looked for.

    Raises:
        CancelledError: `is_cancelled` said so; what has come stays for the next time.
        EnvironmentFaultError: the connection or the disk failed, or somebody else fetches it just now.
        ModelUnavailableError: a file is not what was listed; it is fetched anew the next time.
    """
    with _alone(download.incoming):
        _make_room(models, download.size_bytes - download.present_bytes)
        done_bytes = 0
        for file in download.files:
            _fetch_file(download, file, partial(_on_top, on_progress, done_bytes), is_cancelled)
            done_bytes += file.size_bytes
            on_progress(done_bytes)
        return _accept(download.spec, download.incoming, models)


def take(
    spec: ModelSpec,
    source: Path,
    models: Path,
    on_progress: OnProgress,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> LocalModel:
    """Copy a known model's files from a folder, for who has no way to the hub.

    Raises:
        CancelledError: `is_cancelled` said so.
        EnvironmentFaultError: the disk failed.
        ModelUnavailableError: the folder holds another model, or none.
    """
    names = _names_in(source)
    incoming = models / _INCOMING / f"{spec.name}@folder"
    done_bytes = 0
    with _alone(incoming):
        _make_room(models, size_of(source))
        for name in names:
            _copy(source / name, incoming / name, partial(_on_top, on_progress, done_bytes), is_cancelled)
            done_bytes += (incoming / name).stat().st_size
        return _accept(spec, incoming, models)


def size_of(source: Path) -> int:
    """The bytes that `take` copies.

    Raises:
        ModelUnavailableError: the folder holds no model.
    """
    return sum((source / name).stat().st_size for name in _names_in(source))


def _names_in(folder: Path) -> tuple[str, ...]:
    layout = read_layout(folder)
    return (*layout.weights, *layout.described_by)


def _on_top(on_progress: OnProgress, done_bytes: int, file_bytes: int) -> None:
    on_progress(done_bytes + file_bytes)


def remains(name: str, models: Path) -> list[Path]:
    """The folders that hold a known model, whole or in part; empty where it is not on this computer."""
    return [*models.glob(f"{name}@*"), *(models / _INCOMING).glob(f"{name}@*/")]


def bytes_in(folders: Sequence[Path]) -> int:
    """What would be free without them."""
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())


# Files


def _fetch_file(download: Download, file: HubFile, on_bytes: OnProgress, is_cancelled: Callable[[], bool]) -> None:
    """Fetch one file, from where an earlier attempt ended, and verify it."""
    target = download.incoming / file.name
    if target.is_file() and file.fits(target):
        return
    target.unlink(missing_ok=True)
    part = target.with_name(target.name + _PART)
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        if _present_bytes(target) > file.size_bytes:
            part.unlink()
        part.touch(mode=0o600)
    except OSError as error:
        raise disk_fault(error) from error
    on_bytes(_present_bytes(target))
    if _present_bytes(target) < file.size_bytes:
        download.hub.append(download.spec, file, part, on_bytes, is_cancelled)
    if not file.fits(part):
        part.unlink()
        raise download.hub.unfit(download.spec, f"{file.name} did not arrive as it is listed: its hash differs.")
    os.replace(part, target)


def _present_bytes(target: Path) -> int:
    for path in (target, target.with_name(target.name + _PART)):
        with contextlib.suppress(FileNotFoundError):
            return path.stat().st_size
    return 0


def _copy(source: Path, target: Path, on_bytes: OnProgress, is_cancelled: Callable[[], bool]) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as origin, target.open("wb") as copy:
            while chunk := origin.read(_CHUNK_BYTES):
                if is_cancelled():
                    raise CancelledError
                copy.write(chunk)
                on_bytes(copy.tell())
    except OSError as error:
        raise disk_fault(error) from error


# The folder


@contextlib.contextmanager
def _alone(incoming: Path) -> Iterator[None]:
    """Keep a second process from filling the same folder."""
    try:
        incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(incoming.with_name(incoming.name + _LOCK), os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise disk_fault(error) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EnvironmentFaultError(
                "The model is being downloaded already", "Another process is at it.", "Wait for it to end."
            ) from None
        yield
    finally:
        os.close(lock)


def _make_room(models: Path, missing_bytes: int) -> None:
    free_bytes = shutil.disk_usage(models).free
    if free_bytes < missing_bytes + _SPARE_BYTES:
        raise EnvironmentFaultError(
            "There is no room for the model",
            f"It takes {missing_bytes / 1e9:.1f} GB, and {free_bytes / 1e9:.1f} GB are free.",
            "Make room for it and one gigabyte more.",
            str(models),
        )


def _accept(spec: ModelSpec, incoming: Path, models: Path) -> LocalModel:
    """Look at the whole of what has come, write down what it is, and move it into place."""
    layout = read_layout(incoming)
    if (layout.pooling, layout.dimension) != (spec.pooling, spec.dimension):
        shutil.rmtree(incoming)
        raise ModelUnavailableError(
            f"This is not the model {spec.name}",
            f"It has {layout.dimension} dimensions and pooling {layout.pooling}, not {spec.dimension} and "
            f"{spec.pooling}.",
            f"A model in a folder of your own is used as it is: inkling model use FOLDER, not {spec.name}.",
        )
    names = _names_in(incoming)
    verify(replace(spec, files=tuple(file for file in spec.files if file.name in names)), incoming)
    files = tuple(ModelFile(name, (incoming / name).stat().st_size, read_sha256(incoming / name)) for name in names)
    content = hashlib.sha256("".join(file.sha256 for file in files).encode("ascii")).hexdigest()
    found = replace(spec, files=files, weights=layout.weights, revision=spec.revision or content)
    place = models / f"{spec.name}@{found.revision[:_REVISION_LENGTH]}"
    try:
        for name in names:
            _sync(incoming / name)
        write_note(LocalModel(found, incoming))
        if place.exists():
            shutil.rmtree(place)
        os.replace(incoming, place)
        _sync(models)
    except OSError as error:
        raise disk_fault(error) from error
    for former in incoming.parent.glob(f"{spec.name}@*/"):  # of another revision, never finished
        shutil.rmtree(former)
    return LocalModel(found, place)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
