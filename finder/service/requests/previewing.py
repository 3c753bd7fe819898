"""Showing a file, as clients ask for it: its text, a page of it, its picture. Changes nothing and logs no name.

Only what the index knows is shown. Text comes from the index where the file is as it was then; whatever must be read
or decoded for it is, by the worker that is reserved for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from finder.errors import FileError, UsageFaultError
from finder.extract.kinds import is_picture
from finder.files.identity import identity_of, lstat, open_regular
from finder.paths import display, uri_to_path
from finder.service.connection import Reply
from finder.service.engine import Engine
from finder.service.protocol.previewing import PreviewedPage, PreviewedPicture, PreviewedText, TextPlace, Tokens
from finder.service.requests.methods import Methods
from finder.service.requests.parameters import number, text
from finder.store import files, folders, wholes
from finder.store.files import FileRow
from finder.types import FileState, JsonObject
from finder.workers.preview_front import Shown, WantedPage

_TEXT_CHARS = 200_000
_MOST_OFFSET = 1 << 31
_MOST_PAGES = 1 << 20
_MOST_LOOKED_THROUGH = 100
"""Pages on which a passage's answer may stand behind its beginning."""
_SIDE_PX = (16, 8_000)
_PASSAGE_CHARS = 20_000
_MOST_SPANS = 64
_TOKENS_CHARS = 100_000


class Previewing:
    """Answers who looks at a file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.methods: Methods = {
            "preview_text": self._text,
            "preview_page": self._page,
            "preview_picture": self._picture,
            "tokens": self._tokens,
        }

    def _text(self, params: JsonObject, reply: Reply) -> PreviewedText:
        path, row = self._known(params)
        around = number(params, "around", 0, 0, _MOST_OFFSET)
        limit = number(params, "limit", _TEXT_CHARS, 1, _TEXT_CHARS)
        self._engine.previewer.worker.start()  # a page or colours are likely to be asked for next
        is_away = self._is_away(path)
        if row.content_id is not None and (is_away or _is_unchanged(path, row)):
            connection = self._engine.catalog.reader()
            part = wholes.part(connection, row.content_id, around, limit)
            if is_away or not part.has_lines:
                return _of_index(part)
        if row.state == FileState.NAME_ONLY or is_picture(row.name):
            raise FileError("no_text", "Its text is not in the index", path=display(path))
        with _opened(path) as descriptor:
            whole, has_lines = self._engine.previewer.text(descriptor, row.name, lambda: reply.is_cancelled)
        return _of_file(whole, has_lines, around, limit)

    def _page(self, params: JsonObject, reply: Reply) -> PreviewedPage:
        path, _ = self._known(params)
        page = number(params, "page", 1, 1, _MOST_PAGES)
        last = number(params, "last", page, page, page + _MOST_LOOKED_THROUGH)
        width_px = number(params, "width_px", 800, *_SIDE_PX)
        passage = text(params, "passage") if params.get("passage") is not None else ""
        if len(passage) > _PASSAGE_CHARS:
            raise UsageFaultError("The passage is too long", f"At most {_PASSAGE_CHARS} characters can be marked.")
        wanted = WantedPage(page, width_px, passage, _spans(params), last)
        with self._opened(path) as descriptor:
            shown = self._engine.previewer.page(descriptor, wanted, lambda: reply.is_cancelled)
        width, height, stride_bytes = _attached(shown.picture, reply)
        return PreviewedPage(
            page=shown.number,
            page_count=shown.page_count,
            width=width,
            height=height,
            stride_bytes=stride_bytes,
            boxes=shown.boxes,
        )

    def _picture(self, params: JsonObject, reply: Reply) -> PreviewedPicture:
        path, _ = self._known(params)
        longest_px = number(params, "longest_px", 1200, *_SIDE_PX)
        with self._opened(path) as descriptor:
            shown = self._engine.previewer.picture(descriptor, longest_px, lambda: reply.is_cancelled)
        width, height, stride_bytes = _attached(shown.picture, reply)
        return PreviewedPicture(
            width=width,
            height=height,
            stride_bytes=stride_bytes,
            full_width=shown.full_width,
            full_height=shown.full_height,
        )

    def _tokens(self, params: JsonObject, reply: Reply) -> Tokens:
        program = text(params, "text")
        if len(program) > _TOKENS_CHARS:
            raise UsageFaultError("The text is too long", f"At most {_TOKENS_CHARS} characters can be coloured.")
        tokens = self._engine.previewer.tokens(program, text(params, "name"), lambda: reply.is_cancelled)
        return Tokens(tokens=tokens)

    def _known(self, params: JsonObject) -> tuple[bytes, FileRow]:
        """A file of the index that may be shown."""
        path = uri_to_path(text(params, "uri"))
        connection = self._engine.catalog.reader()
        folder_id = folders.folder_at(connection, os.path.dirname(path))
        row = files.named(connection, folder_id, os.path.basename(path)) if folder_id is not None else None
        hiding = self._engine.hiding()
        if row is None or (hiding is not None and hiding(*os.path.split(path), row.identity.size_bytes)):
            raise FileError("vanished", "It is not in the index", "", "Search again.", display(path))
        return path, row

    def _is_away(self, path: bytes) -> bool:
        root = folders.root_above(self._engine.catalog.reader(), path)
        return root is None or not root.is_online

    @contextmanager
    def _opened(self, path: bytes) -> Iterator[int]:
        """Open for reading. A drive that is away is not even asked: it may hang, or another stand in its place."""
        if self._is_away(path):
            raise FileError("vanished", "Its drive is away", "", "Connect it, and look again.", display(path))
        with _opened(path) as descriptor:
            yield descriptor


@contextmanager
def _opened(path: bytes) -> Iterator[int]:
    descriptor = open_regular(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _is_unchanged(path: bytes, row: FileRow) -> bool:
    try:
        return identity_of(lstat(path)).same_bytes_as(row.identity) and row.state == FileState.READ
    except OSError:
        return True  # the index still knows what was in it


def _of_index(part: wholes.Part) -> PreviewedText:
    return PreviewedText(
        text=part.text,
        start=part.start,
        length=part.length,
        first_line=part.first_line if part.has_lines else None,
        places=[TextPlace(start=start, page=page, label=label) for start, page, label in part.places],
    )


def _of_file(whole: str, has_lines: bool, around: int, limit: int) -> PreviewedText:
    """About `limit` characters around an offset, in whole lines where those are not too long."""
    low = max(0, min(around, len(whole)) - limit // 2)
    high = min(len(whole), low + limit)
    if low:
        low = whole.find("\n", low, around) + 1 or low
    if high < len(whole):
        high = whole.rfind("\n", around, high) + 1 or high
    return PreviewedText(
        text=whole[low:high],
        start=low,
        length=len(whole),
        first_line=whole.count("\n", 0, low) + 1 if has_lines else None,
        places=[],
    )


def _spans(params: JsonObject) -> list[tuple[int, int]]:
    spans = params.get("spans", [])
    if not isinstance(spans, list) or len(spans) > _MOST_SPANS:
        raise UsageFaultError("The request is incomplete", f"spans must be a list, of at most {_MOST_SPANS}")
    for span in spans:
        is_pair = isinstance(span, list) and len(span) == 2 and all(type(offset) is int for offset in span)
        if not is_pair or not 0 <= span[0] <= span[1]:
            raise UsageFaultError("The request is incomplete", "a span must be [start, end]")
    return [(start, end) for start, end in spans]


def _attached(shown: Shown, reply: Reply) -> tuple[int, int, int]:
    reply.attach(shown.data)
    return shown.width, shown.height, shown.stride_bytes
