"""The key of a server of one's own: from the environment, or from a file that nobody else can read.

It never stands in the settings, in an argument list, in a log or in an error.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from finder.errors import EnvironmentFaultError

VARIABLE = "INKLING_SERVER_KEY"
"""Where the service finds the key, if it is not in a file."""
_LONGEST = 4096


def server_key(key_file: str) -> str | None:
    """The key out of `key_file` where one is named, else out of the environment; None where there is none.

    Raises:
        EnvironmentFaultError: the file cannot be read, can be read by others, or holds no key.
    """
    key = _from_file(Path(os.path.expanduser(key_file))) if key_file else os.environ.get(VARIABLE, "").strip()
    if not all("!" <= char <= "~" for char in key):
        raise EnvironmentFaultError("The server's key cannot be used", "It is not one word of plain letters.")
    return key or None


def _from_file(path: Path) -> str:
    hint = f"Put the key there alone on a line, for you alone to read: chmod 600 {path}"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with open(descriptor, encoding="ascii") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or found.st_mode & 0o077 or found.st_uid != os.getuid():
                raise EnvironmentFaultError(
                    "The server's key is not safe", "Others may read its file.", hint, str(path)
                )
            return file.read(_LONGEST).strip()
    except OSError as error:
        raise EnvironmentFaultError("The server's key cannot be read", error.strerror or "", hint, str(path)) from None
    except UnicodeDecodeError:
        detail = "It is no plain text."
        raise EnvironmentFaultError("The server's key cannot be read", detail, hint, str(path)) from None
