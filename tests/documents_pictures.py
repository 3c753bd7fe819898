"""Pictures of text, made on the spot: a page is drawn, and what is drawn becomes a PNG or a page of a scanned PDF."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence

from finder.extract.pages.pdf_drawing import draw
from tests import documents
from tests.documents_pdf import written


def picture_of(*lines: str) -> tuple[int, int, bytes]:
    """Width, height and grey pixels of a page with these lines; without any it is white."""
    if not lines:
        return 620, 877, b"\xff" * (620 * 877)
    drawing = draw(io.BytesIO(documents.pdf([lines])), 1)
    head, _, pixels = drawing.picture.partition(b"\n")
    _, width, height, _ = head.split()
    return int(width), int(height), pixels


def png(*lines: str) -> bytes:
    """A PNG of a page with these lines. Source: PNG 1.2, eight bits of grey."""
    width, height, pixels = picture_of(*lines)
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def scanned_pdf(*pages: Sequence[str], words: str = "") -> bytes:
    """A PDF whose pages are pictures of these lines; `words` stand as text on a page of their own, the first."""
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", font]
    numbers = []

    def add(body: bytes) -> int:
        objects.append(body)
        return len(objects)

    def add_page(content: bytes, resources: bytes) -> None:
        stream = add(b"<</Length %d>>stream\n%b\nendstream" % (len(content), content))
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<<%b>>>>"
        numbers.append(add(page % (stream, resources)))

    if words:
        add_page(b"BT /F1 12 Tf 50 780 Td (%b) Tj ET" % words.encode("ascii"), b"/Font<</F1 3 0 R>>")
    for lines in pages:
        width, height, pixels = picture_of(*lines)
        packed = zlib.compress(pixels)
        kind = b"<</Type/XObject/Subtype/Image/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode"
        sizes = b"/Width %d/Height %d/Length %d>>stream\n" % (width, height, len(packed))
        picture = add(kind + sizes + packed + b"\nendstream")
        add_page(b"595 0 0 842 0 0 cm /Im Do", b"/XObject<</Im %d 0 R>>" % picture)
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    objects[1] = b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(numbers), kids)
    return written(objects)
