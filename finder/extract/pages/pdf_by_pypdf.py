"""A PDF as pypdf reads it: slower, and able to open what pdfium cannot. The only importer of pypdf."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, BinaryIO

import pypdf

from finder.errors import FileError
from finder.extract.pages.pdf_contents import PdfContents, corrupt, encrypted

# It quotes what it chokes on, and what is in a document never reaches a log.
logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)


def preload() -> None:
    """Import every module of pypdf: it brings most of them in only when a file needs them."""
    for module in pkgutil.walk_packages(pypdf.__path__, "pypdf."):
        with suppress(ImportError):  # for what is not installed: other libraries' ciphers and pictures
            importlib.import_module(module.name)


@contextmanager
def contents_by_pypdf(file: BinaryIO, is_locked: bool) -> Iterator[PdfContents]:
    """What is in `file`, which an empty owner's password may open.

    Args:
        is_locked: it is known to be protected: then that is what whatever goes wrong comes of.
    Raises:
        FileError: encrypted or corrupt; also out of the block in which the contents are used.
    """
    file.seek(0)
    try:
        reader = pypdf.PdfReader(file, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise encrypted()
        yield _contents(reader)
    except (FileError, MemoryError):
        raise
    except Exception as error:  # on a broken file pypdf raises whatever its parsing ran into
        raise encrypted() if is_locked else corrupt(f"({type(error).__name__})") from error


def _contents(reader: pypdf.PdfReader) -> PdfContents:
    info: Mapping[str, Any] = reader.metadata or {}
    return PdfContents(
        texts=map(_text, reader.pages),
        count=len(reader.pages),
        info={str(key).lstrip("/"): str(value) for key, value in info.items()},
        attachments=((item.name, partial(_attached, item)) for item in reader.attachment_list),
    )


def _text(page: pypdf.PageObject) -> str | None:
    try:
        return page.extract_text()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - see above; the other pages may be whole
        return None


def _attached(item: Any) -> bytes:
    try:
        return bytes(item.content)
    except MemoryError:
        raise
    except Exception as error:  # see above
        raise corrupt("") from error
