"""Office documents of every age, made on the spot: compound files, Word, PowerPoint, Excel, OpenDocument."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from tests.documents import relationships, zipped

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_CUTOFF = 4096


def compound(streams: Mapping[str, bytes], claimed_bytes: int | None = None) -> bytes:
    """A compound file of the streams; small ones go where small ones go. `claimed_bytes`: what each says it holds."""
    sectors: list[bytes] = []
    table: list[int] = []

    def chain(data: bytes) -> int:
        if not data:
            return _END
        start = len(sectors)
        pieces = [data[at : at + 512].ljust(512, b"\0") for at in range(0, len(data), 512)]
        sectors.extend(pieces)
        table.extend([*range(start + 1, start + len(pieces)), _END])
        return start

    mini, mini_table, places = b"", [], []
    for data in streams.values():
        if len(data) >= _CUTOFF:
            places.append(chain(data))
            continue
        places.append(len(mini_table))
        count = max(1, -(-len(data) // 64))
        mini_table += [*range(len(mini_table) + 1, len(mini_table) + count), _END]
        mini += data.ljust(64 * count, b"\0")
    directory = _entry("Root Entry", 5, child=1, start=chain(mini), size_bytes=len(mini))
    for index, (name, data) in enumerate(streams.items(), 1):
        right = index + 1 if index < len(streams) else _FREE
        size_bytes = len(data) if claimed_bytes is None else claimed_bytes
        directory += _entry(name, 2, right=right, start=places[index - 1], size_bytes=size_bytes)
    mini_start = chain(struct.pack(f"<{len(mini_table)}I", *mini_table))
    directory_start = chain(directory)
    fat_start = len(sectors)
    fat_count = -(-(len(sectors) + 109) // 128)
    table += [_FAT] * fat_count
    table += [_FREE] * (128 * fat_count - len(table))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, fat_count, directory_start, 0, _CUTOFF, mini_start, 1, _END, 0)
    listed = [*range(fat_start, fat_start + fat_count)]
    header += struct.pack("<109I", *listed, *[_FREE] * (109 - fat_count))
    return header + b"".join(sectors) + struct.pack(f"<{len(table)}I", *table)


def _entry(name: str, type_: int, right: int = _FREE, child: int = _FREE, start: int = 0, size_bytes: int = 0) -> bytes:
    encoded = (name + "\0").encode("utf-16-le")
    head = struct.pack("<64sHBBIII", encoded, len(encoded), type_, 1, _FREE, right, child)
    return head + bytes(36) + struct.pack("<IQ", start, size_bytes)


def summary(title: str, author: str) -> bytes:
    """What compound files say about themselves."""
    values = [struct.pack("<IH2x", 2, 1251)]
    for text in (title, author):
        encoded = text.encode("cp1251") + b"\0"
        values.append(struct.pack("<II", 30, len(encoded)) + encoded.ljust(-(-len(encoded) // 4) * 4, b"\0"))
    values.append(struct.pack("<IQ", 64, 133_500_000_000_000_000))
    index, offset = b"", 8 + 8 * len(values)
    for key, value in zip((1, 2, 4, 13), values, strict=True):
        index += struct.pack("<II", key, offset)
        offset += len(value)
    section = struct.pack("<II", offset, len(values)) + index + b"".join(values)
    return struct.pack("<HHI16sI16sI", 0xFFFE, 0, 0, bytes(16), 1, bytes(16), 48) + section


def doc(
    paragraphs: Sequence[tuple[str, int]],
    notes: str = "",
    header: str = "",
    flags: int = 0x0200,
    row_ends: Sequence[int] = (),
) -> bytes:
    """A document of Word 97: (text, style) of each paragraph; every other one lies in the file as 16-bit text.

    Args:
        row_ends: which paragraphs end a row of a table; those before them that end in a cell mark are its cells.
    """
    main = bytearray(1024)
    cps, pieces, marks = [0], b"", []
    stories = [*((text, style) for text, style in paragraphs), (notes, 0), (header, 0)]
    for number, (text, _) in enumerate(stories):
        if not text:
            continue
        is_wide = number % 2 == 1
        offset = len(main)
        main += text.encode("utf-16-le" if is_wide else "cp1252")
        marks.append(offset)
        cps.append(cps[-1] + len(text))
        pieces += struct.pack("<HIH", 0, offset if is_wide else 2 * offset | 1 << 30, 0)
    main += bytes(-len(main) % 512)
    page = bytearray(512)
    count = len(paragraphs)
    struct.pack_into(f"<{count + 1}I", page, 0, *marks[:count], len(main))
    for index, (_, style) in enumerate(paragraphs):
        at = 510 - 12 * (index + 1)
        page[4 * (count + 1) + 13 * index] = at // 2
        in_table = b"\x16\x24\x01" if paragraphs[index][0].endswith("\x07") else b"\0\0\0"
        row_end = b"\x17\x24\x01" if index in row_ends else b"\0\0\0"
        page[at : at + 10] = b"\0" + bytes([4]) + struct.pack("<H", style) + in_table + row_end
    page[511] = count
    page_number = len(main) // 512
    main += page
    clx = b"\x01" + struct.pack("<H", 2) + b"\0\0" + b"\x02"
    clx += struct.pack("<I", 4 * len(cps) + len(pieces)) + struct.pack(f"<{len(cps)}I", *cps) + pieces
    pages = struct.pack("<III", marks[0], len(main), page_number)
    struct.pack_into("<HHHHHH", main, 0, 0xA5EC, 0xC1, 0, 0x409, 0, flags)
    struct.pack_into("<H", main, 32, 14)
    struct.pack_into("<H", main, 62, 22)
    texts = [sum(len(text) for text, _ in paragraphs), len(notes), len(header)]
    struct.pack_into("<3I", main, 76, *texts)
    struct.pack_into("<H", main, 152, 93)
    struct.pack_into("<II", main, 154 + 8 * 33, 0, len(clx))
    struct.pack_into("<II", main, 154 + 8 * 13, len(clx), len(pages))
    return compound(
        {"WordDocument": bytes(main), "1Table": clx + pages, "\x05SummaryInformation": summary("Пчёлы", "Анна")}
    )


def old_doc(text: str, version: int, language: int) -> bytes:
    """The main stream of Word 2, 6 or 95."""
    encoded = text.encode("cp1251" if language == 0x419 else "cp1252")
    main = bytearray(768)
    struct.pack_into("<HHHHHH", main, 0, 0xA5DB if version < 100 else 0xA5DC, version, 0, language, 0, 0)
    struct.pack_into("<II", main, 24, 768, 768 + len(encoded))
    struct.pack_into("<I", main, 52, len(encoded))
    return bytes(main) + encoded


def record(type_: int, content: bytes, instance: int = 0, is_container: bool = False) -> bytes:
    """One record of PowerPoint."""
    return struct.pack("<HHI", instance << 4 | (0xF if is_container else 0), type_, len(content)) + content


def _text_record(kind: int, text: str) -> bytes:
    is_wide = not text.isascii()
    encoded = text.encode("utf-16-le" if is_wide else "latin-1")
    return record(0x0F9F, struct.pack("<I", kind)) + record(0x0FA0 if is_wide else 0x0FA8, encoded)


def ppt(slides: Sequence[tuple[str, str, str]], token: int = 0xE391C05F) -> bytes:
    """A presentation: (title, text in a shape of its own, notes) of each slide, lying in the file in reverse order."""
    data = b""
    offsets: dict[int, int] = {}

    def put(persist_id: int, part: bytes) -> None:
        nonlocal data
        offsets[persist_id] = len(data)
        data += part

    outline, notes_list = b"", b""
    for index, (_, text, notes) in reversed(list(enumerate(slides))):
        box = record(0xF00D, record(0x0F9E, struct.pack("<I", 0)), is_container=True)
        box += record(0xF00D, _text_record(4, text) + _text_record(4, "*"), is_container=True)
        atom = record(0x03EF, struct.pack("<I8sIIHH", 0, bytes(8), 0, 500 + index if notes else 0, 0, 0))
        put(10 + index, record(0x03EE, atom + record(0x040C, box, is_container=True), is_container=True))
        if notes:
            put(
                100 + index,
                record(0x03F0, record(0xF00D, _text_record(2, notes), is_container=True), is_container=True),
            )
    for index, (title, _, notes) in enumerate(slides):
        outline += record(0x03F3, struct.pack("<4I4x", 10 + index, 0, 1, 256 + index)) + _text_record(0, title)
        if notes:
            notes_list += record(0x03F3, struct.pack("<4I4x", 100 + index, 0, 0, 500 + index))
    lists = record(0x0FF0, outline, 0, is_container=True) + record(0x0FF0, notes_list, 2, is_container=True)
    put(1, record(0x03E8, lists, is_container=True))
    directory_at = len(data)
    data += record(0x1772, b"".join(struct.pack("<II", 1 << 20 | key, at) for key, at in offsets.items()))
    edit_at = len(data)
    data += record(0x0FF5, struct.pack("<7I", 0, 0, 0, directory_at, 1, 0, 0))
    user = record(0x0FF6, struct.pack("<III", 20, token, edit_at))
    return compound({"PowerPoint Document": data, "Current User": user})


def xls(
    sheets: Mapping[str, Sequence[Sequence[str | float]]],
    has_password: bool = False,
    stray: tuple[int, int] | None = None,
) -> bytes:
    """A workbook of Excel 97; `stray`: the row and column, from 0, of one more cell on each sheet."""

    def biff(type_: int, content: bytes) -> bytes:
        return struct.pack("<HH", type_, len(content)) + content

    def begin(kind: int) -> bytes:
        return biff(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0, 0, 0, 0))

    bodies = []
    for rows in sheets.values():
        body = begin(0x0010)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                place = struct.pack("<HHH", number, column, 0)
                if isinstance(value, str):
                    text = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
                    body += biff(0x0204, place + text)
                else:
                    body += biff(0x0203, place + struct.pack("<d", value))
        if stray:
            body += biff(0x0203, struct.pack("<HHHd", *stray, 0, 7.0))
        bodies.append(body + biff(0x000A, b""))
    head = begin(0x0005) + (biff(0x002F, struct.pack("<HHH", 0, 1, 2)) if has_password else b"")
    length = len(head) + sum(4 + 8 + len(name) for name in sheets) + 4
    listed = b""
    for name, body in zip(sheets, bodies, strict=True):
        listed += biff(0x0085, struct.pack("<IBBBB", length, 0, 0, len(name), 0) + name.encode("latin-1"))
        length += len(body)
    return compound({"Workbook": (head + listed + biff(0x000A, b"") + b"".join(bodies)).ljust(4096, b"\0")})


_OFFICE = "http://schemas.openxmlformats.org"
_CORE = """<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t"><dc:title>The bees</dc:title>
<dc:creator>Ada</dc:creator><dcterms:modified>2024-03-01T10:00:00Z</dcterms:modified></cp:coreProperties>"""


def xlsx(sheets: Mapping[str, str], strings: Sequence[str] = (), formats: Sequence[str] = ()) -> bytes:
    """A workbook: the XML of the rows of each sheet, the shared strings, the number format of each cell style."""
    main = relationships(
        {f"r{index}": ("worksheet", f"worksheets/sheet{index}.xml") for index in range(len(sheets))}
        | {"s": ("sharedStrings", "sharedStrings.xml"), "f": ("styles", "/xl/styles.xml")}
    )
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{index}" r:id="r{index}"/>' for index, name in enumerate(sheets)
    )
    codes = "".join(f'<numFmt numFmtId="{200 + at}" formatCode={quoteattr(code)}/>' for at, code in enumerate(formats))
    styles = "".join(f'<xf numFmtId="{200 + at}"/>' for at in range(len(formats)))
    parts = {
        "docProps/core.xml": _CORE,
        "xl/workbook.xml": f'<workbook xmlns:r="{_OFFICE}/r"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": main,
        "xl/styles.xml": f"<styleSheet><numFmts>{codes}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>",
        "xl/sharedStrings.xml": f"<sst>{''.join(f'<si><r><t>{escape(text)}</t></r></si>' for text in strings)}</sst>",
    }
    for index, rows in enumerate(sheets.values()):
        parts[f"xl/worksheets/sheet{index}.xml"] = f"<worksheet><sheetData>{rows}</sheetData></worksheet>"
    return zipped(parts)


def shape(text: str, placeholder: str | None = None) -> str:
    """One shape of a slide."""
    kind = f'<p:nvPr><p:ph type="{placeholder}"/></p:nvPr>' if placeholder else ""
    return f"<p:sp>{kind}<p:txBody><a:p><a:r><a:t>{escape(text)}</a:t></a:r></a:p></p:txBody></p:sp>"


def pptx(slides: Sequence[tuple[str, str]], damaged: int | None = None) -> bytes:
    """A presentation: (shapes, notes) of each slide, numbered in the file from the last to the first."""
    names = {f"r{index}": ("slide", f"slides/slide{len(slides) - index}.xml") for index in range(len(slides))}
    listed = "".join(f'<p:sldId id="{256 + index}" r:id="r{index}"/>' for index in range(len(slides)))
    spaces = f'xmlns:p="{_OFFICE}/p" xmlns:a="{_OFFICE}/a" xmlns:r="{_OFFICE}/r"'
    parts = {
        "docProps/core.xml": _CORE,
        "ppt/presentation.xml": f"<p:presentation {spaces}><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relationships(names),
    }
    for index, (shapes, notes) in enumerate(slides):
        number = len(slides) - index
        end = "" if index == damaged else "</p:sld>"
        parts[f"ppt/slides/slide{number}.xml"] = f"<p:sld {spaces}><p:spTree>{shapes}</p:spTree>{end}"
        if notes:
            parts[f"ppt/notesSlides/n{number}.xml"] = f"<p:notes {spaces}>{notes}</p:notes>"
            others = relationships({"n": ("notesSlide", f"../notesSlides/n{number}.xml")})
            parts[f"ppt/slides/_rels/slide{number}.xml.rels"] = others
    return zipped(parts)


_PREFIXES = ("office", "text", "table", "draw", "presentation", "meta", "dc", "style")
_SPACES = " ".join(f'xmlns:{name}="urn:{name}"' for name in _PREFIXES)
_META = """<office:meta><dc:title>The bees</dc:title><dc:creator>Ada</dc:creator><dc:date>2024-03-01T10:00</dc:date>
</office:meta>"""


def odf(kind: str, body: str, header: str = "", manifest: str = "") -> bytes:
    """A zipped OpenDocument file: "text", "spreadsheet" or "presentation"."""
    margins = f"<style:header><text:p>{escape(header)}</text:p></style:header>" if header else ""
    parts = {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "META-INF/manifest.xml": f"<manifest:manifest>{manifest}</manifest:manifest>",
        "content.xml": _odf_part("content", f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"),
        "styles.xml": _odf_part("styles", f"<office:master-styles>{margins}</office:master-styles>"),
        "meta.xml": _odf_part("meta", _META),
    }
    return zipped(parts)


def flat_odf(kind: str, body: str, prolog: str = "") -> bytes:
    whole = f"{_META}<office:body><office:{kind}>{body}</office:{kind}></office:body>"
    return f'<?xml version="1.0"?>{prolog}<office:document {_SPACES}>{whole}</office:document>'.encode()


def _odf_part(name: str, content: str) -> str:
    return f"<office:document-{name} {_SPACES}>{content}</office:document-{name}>"
