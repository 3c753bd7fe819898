"""PDF documents written out object by object, for what no library writes; `tests.documents` makes plain ones."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

_CATALOG, _PAGES, _PAGE, _CONTENT, _FONT = 1, 2, 3, 4, 5
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>%s>>"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
TREE = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """A stream object's bytes; `entries` goes into its dictionary."""
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), entries, data)


def flate(data: bytes, times: int = 1, entries: bytes = b"") -> bytes:
    """A stream, deflated so many times over."""
    for _ in range(times):
        data = zlib.compress(data, 1)
    return stream(data, b"/Filter[%s]" % (b"/FlateDecode" * times) + entries)


def shown(text: bytes, operators: bytes = b"50 780 Td") -> bytes:
    """A page's content: one line of text."""
    return b"BT /F1 12 Tf %s (%s) Tj ET" % (operators, text)


def written(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A file of numbered objects, from 1, the first of them the catalog; `trailer` goes into its trailer."""
    data = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start, size = len(data), len(objects) + 1
    data += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return bytes(data + b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, start))


def one_page(
    content: bytes,
    *,
    catalog: bytes = b"",
    page: bytes = b"",
    more: Sequence[bytes] = (),
    trailer: bytes = b"",
) -> bytes:
    """A file of one page. Object numbers: catalog 1, page tree 2, page 3, content 4, font 5, `more` from 6 on.

    Args:
        content: the whole content stream object.
        catalog, page, trailer: further entries of these dictionaries.
    """
    root = b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog
    return written([root, TREE, PAGE % page, content, FONT, *more], trailer)
