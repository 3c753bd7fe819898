"""What a client sent, as what it should be: each raises a `UsageFaultError` where it is not."""

from __future__ import annotations

import os

from finder.errors import UsageFaultError
from finder.paths import display, uri_to_path
from finder.types import JsonObject


def text(params: JsonObject, key: str) -> str:
    value = params.get(key)
    if not isinstance(value, str):
        raise UsageFaultError("The request is incomplete", f"{key} must be a text")
    return value


def texts(params: JsonObject, key: str) -> list[str]:
    value = params.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageFaultError("The request is incomplete", f"{key} must be a list of texts")
    return value


def number(params: JsonObject, key: str, default: int, least: int, most: int) -> int:
    value = params.get(key, default)
    if type(value) is not int or not least <= value <= most:
        raise UsageFaultError(f"The {key} does not fit", str(value)[:40], f"Use {least} to {most}.")
    return value


def folder(uri: str) -> bytes:
    """The folder a client named.

    Raises:
        UsageFaultError: it is not there, is no folder, or may not be read.
    """
    path = uri_to_path(uri)
    if not os.path.lexists(path):
        raise UsageFaultError("No such folder", hint="Check the path.", path=display(path))
    if not os.path.isdir(path):
        raise UsageFaultError("Not a folder", hint="Name the folder that holds it.", path=display(path))
    if not os.access(path, os.R_OK | os.X_OK):
        raise UsageFaultError(
            "The folder may not be read", "its permissions forbid it", "Change them, or choose another.", display(path)
        )
    return os.path.realpath(path)
