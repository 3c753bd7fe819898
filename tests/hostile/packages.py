"""Hostile zip archives and what is built on them: office documents, books, and archives themselves."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping

from tests import documents
from tests.hostile.case import TEXT, Case, case, cut

_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
PROLOGS = {
    "entities of entities": f"<!DOCTYPE x [{_LAUGHS}]>",
    "an entity from outside": '<!DOCTYPE x [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
    "a document type from outside": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd" [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]>',
}
"""What may stand before an XML document's root, to do harm. The first two define `&l9;`."""
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_S = f'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{_OFFICE}"'
_P = (
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    f'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="{_OFFICE}"'
)
_O = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
)


def relations(*targets: tuple[str, str]) -> str:
    """A relationships part: (kind, target) each, with the ids r1, r2, ..."""
    items = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_RELATIONS}">{items}</Relationships>'


def word(body: str, prolog: str = "") -> dict[str, str]:
    return {
        "[Content_Types].xml": "<Types/>",
        "word/document.xml": f"{prolog}<w:document {_W}><w:body>{body}</w:body></w:document>",
    }


def sheet(rows: str, strings: str = "", prolog: str = "") -> dict[str, str]:
    """One sheet named S; `rows` is what stands in sheetData."""
    return {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook {_S}><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(("worksheet", "worksheets/s.xml"), ("sharedStrings", "strings.xml")),
        "xl/strings.xml": f"{prolog}<sst {_S}>{strings}</sst>",
        "xl/worksheets/s.xml": f"<worksheet {_S}><sheetData>{rows}</sheetData></worksheet>",
    }


def slides(body: str, prolog: str = "", slide_ids: str = '<p:sldId id="256" r:id="r1"/>') -> dict[str, str]:
    """One slide whose text body is `body`."""
    shape = f"<p:cSld><p:spTree><p:sp><p:txBody>{body}</p:txBody></p:sp></p:spTree></p:cSld>"
    return {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": relations(("officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": f"<p:presentation {_P}><p:sldIdLst>{slide_ids}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(("slide", "slides/slide1.xml")),
        "ppt/slides/slide1.xml": f"{prolog}<p:sld {_P}>{shape}</p:sld>",
    }


def open_document(kind: str, body: str, prolog: str = "") -> dict[str, str]:
    """`kind` is text, spreadsheet or presentation."""
    return {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "content.xml": f"{prolog}<office:document-content {_O}><office:body><office:{kind}>{body}</office:{kind}>"
        "</office:body></office:document-content>",
    }


def book(body: str, prolog: str = "", spine: str = '<itemref idref="c"/>', chapter: str = "c.xhtml") -> dict[str, str]:
    """One chapter."""
    return {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container><rootfiles><rootfile full-path="b.opf"/></rootfiles></container>',
        "b.opf": f'{prolog}<package><manifest><item id="c" href="{chapter}" media-type="application/xhtml+xml"/>'
        f"</manifest><spine>{spine}</spine></package>",
        "c.xhtml": f"<html><body>{body}</body></html>",
    }


Builder = Callable[[str, str], Mapping[str, str]]
FAMILIES: dict[str, tuple[str, Builder]] = {
    "a.docx": ("<w:p><w:r><w:t>{}</w:t></w:r></w:p>", word),
    "a.xlsx": ("<si><t>{}</t></si>", lambda body, prolog: sheet('<row><c t="s"><v>0</v></c></row>', body, prolog)),
    "a.pptx": ("<a:p><a:r><a:t>{}</a:t></a:r></a:p>", slides),
    "a.odt": ("<text:p>{}</text:p>", lambda body, prolog: open_document("text", body, prolog)),
    "a.ods": (
        "<table:table><table:table-row><table:table-cell office:value-type='string'><text:p>{}</text:p>"
        "</table:table-cell></table:table-row></table:table>",
        lambda body, prolog: open_document("spreadsheet", body, prolog),
    ),
    "a.odp": (
        "<draw:page><draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame></draw:page>",
        lambda body, prolog: open_document("presentation", body, prolog),
    ),
    "a.epub": ("<p>{}</p>", book),
}
"""File name -> a paragraph to be filled in, and what makes the parts of a file of such paragraphs."""

_HARM = (TEXT, "corrupt", "no_text", "too_large", "unsupported", "encrypted")


def small(name: str) -> bytes:
    """A sound file of the family of `name`."""
    paragraph, build = FAMILIES[name]
    return documents.zipped(build(paragraph.format("some words"), ""))


def _attacked(name: str, prolog: str) -> bytes:
    paragraph, build = FAMILIES[name]
    return documents.zipped(build(paragraph.format("some words &l9;"), prolog))


def _deep(name: str) -> bytes:
    paragraph, build = FAMILIES[name]
    return documents.zipped(build(paragraph.format("<x>" * 100_000 + "deep" + "</x>" * 100_000), ""))


def _many_parts(name: str) -> bytes:
    paragraph, build = FAMILIES[name]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part, content in build(paragraph.format("some words"), "").items():
            archive.writestr(part, content)
        for number in range(10_001):
            archive.writestr(f"x/{number}", b"")
    return out.getvalue()


def _swollen(name: str) -> bytes:
    """Its text is 300 MB long."""
    paragraph, build = FAMILIES[name]
    parts = dict(build(paragraph.format("HERE"), ""))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part, content in parts.items():
            before, here, after = content.partition("HERE")
            with archive.open(part, "w") as member:
                member.write(before.encode())
                for _ in range(300 if here else 0):
                    member.write(b"words " * 170_000)
                member.write(after.encode())
    return out.getvalue()


def _changed(data: bytes, offset: int, value: bytes, is_in_directory: bool = True, is_local: bool = True) -> bytes:
    """Bytes changed in every header of an archive; `offset` counts in the central one, the local is two bytes ahead."""
    changed = bytearray(data)
    for magic, shift, is_wanted in ((b"PK\x01\x02", 0, is_in_directory), (b"PK\x03\x04", -2, is_local)):
        at = changed.find(magic)
        while is_wanted and at >= 0:
            changed[at + offset + shift : at + offset + shift + len(value)] = value
            at = changed.find(magic, at + 4)
    return bytes(changed)


def _overlapping(name: str, count: int) -> bytes:
    """So many entries of the directory point at the same 10 MB of zeros (D. Fifield, "A better zip bomb", 2019)."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(b"\0" * 10_000_000) + packed.flush()
    crc = zlib.crc32(b"\0" * 10_000_000)
    member = b"word/document.xml"
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, crc, len(body), 10_000_000, len(member), 0)
    entry = b"".join(
        struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, crc, len(body), 10_000_000, len(inner), *[0] * 6)
        + inner
        for inner in (member, *(b"%d.txt" % number for number in range(count)))
    )
    start = len(local) + len(member) + len(body)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count + 1, count + 1, len(entry), start, 0)
    return local + member + body + entry + end


def _nested(depth: int, width: int) -> bytes:
    data = documents.zipped({"bottom.txt": "words at the bottom"})
    for _ in range(depth):
        data = documents.zipped({f"{number}.zip": data for number in range(width)})
    return data


def _named(*names: str) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")  # of names that stand twice
        for name in names:
            archive.writestr(name, "some words")
    return out.getvalue()


_DOCX = small("a.docx")
_ZIP = documents.zipped({"a.txt": "some words", "b.txt": "more words"})
_END = b"PK\x05\x06"

CASES: list[Case] = [
    *(
        case(f"{title} in {name}", name, lambda name=name, prolog=prolog: _attacked(name, prolog), *_HARM)
        for title, prolog in PROLOGS.items()
        for name in FAMILIES
    ),
    *(case(f"elements 100,000 deep in {name}", name, lambda name=name: _deep(name), *_HARM) for name in FAMILIES),
    *(case(f"10,000 parts in {name}", name, lambda name=name: _many_parts(name), *_HARM) for name in FAMILIES),
    *(
        case(f"300 MB in {name}", name, lambda name=name: _swollen(name), "too_large", "corrupt")
        for name in ("a.docx", "a.xlsx", "a.odt")
    ),
    *(case(f"only a signature in {name}", name, b"PK\x03\x04", "corrupt") for name in FAMILIES),
    *cut("a document", "a.docx", _DOCX, (30, len(_DOCX) // 2, len(_DOCX) - 23, len(_DOCX) - 1), "corrupt"),
    case("a PDF named .docx", "a.docx", documents.pdf([["some words"]]), TEXT, "corrupt"),
    case("sizes that lie low", "a.docx", _changed(_DOCX, 24, b"\x05\0\0\0"), *_HARM),
    case("sizes that lie high", "a.docx", _changed(_DOCX, 24, b"\xfe\xff\xff\x7f"), "too_large", "corrupt"),
    case("a part under a password", "a.docx", _changed(_DOCX, 8, b"\x01\0"), "encrypted"),
    case("a packing that nobody knows", "a.docx", _changed(_DOCX, 10, b"\x63\0"), "corrupt", "unsupported"),
    case(
        "parts that begin beyond the end", "a.docx", _changed(_DOCX, 42, b"\xff\xff\xff\x7f", is_local=False), "corrupt"
    ),
    case(
        "a directory of 65,535 parts", "a.docx", _DOCX.replace(_END + b"\0" * 4, _END + b"\0" * 4 + b"\xff" * 4), *_HARM
    ),
    case("a directory beyond the end", "a.docx", _DOCX[:-10] + b"\xff" * 8 + b"\0\0", "corrupt"),
    case("a comment that hides another end", "a.zip", _ZIP[:-2] + b"\x16\0" + _ZIP[-22:], *_HARM),
    case("30 entries of the same 10 MB", "a.docx", lambda: _overlapping("a.docx", 30), "too_large", "corrupt"),
    case("10 entries of the same 10 MB", "a.zip", lambda: _overlapping("a.zip", 10), *_HARM),
    case("2,000 entries of the same 10 MB", "a.zip", lambda: _overlapping("a.zip", 2000), *_HARM),
    case("archives six deep", "a.zip", _nested(6, 1), *_HARM),
    case("archives three deep and eight wide", "a.zip", lambda: _nested(3, 8), *_HARM),
    case("names that lead out", "a.zip", _named("../../etc/x.txt", "/etc/y.txt", "C:\\z.txt", "a/../../b.txt"), *_HARM),
    case("a name 60,000 long", "a.zip", _named("n" * 60_000 + ".txt"), *_HARM),
    case("a name with colours and turned around", "a.zip", _named("\x1b[31mred\u202etxt.exe", "a\nb\rc.txt"), *_HARM),
    case("the same name 500 times", "a.zip", _named(*["a.txt"] * 500), *_HARM),
    case("an archive under a password", "a.zip", _changed(_ZIP, 8, b"\x01\0"), *_HARM),
    *cut("an archive", "a.zip", _ZIP, (4, 29, len(_ZIP) - 30, len(_ZIP) - 1), *_HARM),
    case("tables that never close", "a.docx", lambda: documents.docx("<w:tbl><w:tr><w:tc>" * 60 + "deep"), *_HARM),
    case("100,000 empty paragraphs", "a.docx", lambda: documents.docx("<w:p/>" * 100_000), *_HARM),
    case(
        "styles in a circle",
        "a.docx",
        documents.zipped(
            {
                **word("<w:p><w:pPr><w:pStyle w:val='a'/></w:pPr><w:r><w:t>some words</w:t></w:r></w:p>"),
                "word/styles.xml": f"<w:styles {_W}><w:style w:styleId='a'><w:basedOn w:val='b'/></w:style>"
                "<w:style w:styleId='b'><w:basedOn w:val='a'/></w:style></w:styles>",
            }
        ),
        TEXT,
    ),
    case(
        "one long string in 20,000 cells",
        "a.xlsx",
        lambda: documents.zipped(sheet('<row><c t="s"><v>0</v></c></row>' * 20_000, f"<si><t>{'s' * 30_000}</t></si>")),
        *_HARM,
        "too_much_memory",
    ),
    case(
        "a cell at the far end",
        "a.xlsx",
        documents.zipped(sheet('<row r="1048576"><c r="XFD1048576"><v>7</v></c></row>')),
        *_HARM,
    ),
    case(
        "two cells at the far ends",
        "a.xlsx",
        documents.zipped(
            sheet('<row r="1"><c r="A1"><v>7</v></c></row><row r="1048576"><c r="XFD1048576"><v>7</v></c></row>')
        ),
        *_HARM,
        "too_much_memory",
    ),
    case(
        "a cell beyond the end",
        "a.xlsx",
        documents.zipped(sheet('<row r="99999999999"><c r="ZZZZZZZ99999999999"><v>7</v></c></row>')),
        *_HARM,
    ),
    case(
        "a string that is not there",
        "a.xlsx",
        documents.zipped(sheet('<row><c t="s"><v>99999999999</v></c></row>')),
        *_HARM,
    ),
    case(
        "a sheet that is the workbook",
        "a.xlsx",
        documents.zipped(
            {
                **sheet(""),
                "xl/_rels/workbook.xml.rels": relations(
                    ("worksheet", "workbook.xml"), ("worksheet", "../xl/workbook.xml")
                ),
            }
        ),
        *_HARM,
    ),
    case(
        "a slide shown 5,000 times",
        "a.pptx",
        lambda: documents.zipped(
            slides("<a:p><a:r><a:t>some words</a:t></a:r></a:p>", "", '<p:sldId id="256" r:id="r1"/>' * 5000)
        ),
        *_HARM,
    ),
    case(
        "slides that lead out",
        "a.pptx",
        documents.zipped(
            {**slides("<a:p/>"), "ppt/_rels/presentation.xml.rels": relations(("slide", "../../../../etc/passwd"))}
        ),
        *_HARM,
    ),
    case(
        "a slide that is the presentation",
        "a.pptx",
        documents.zipped(
            {**slides("<a:p/>"), "ppt/_rels/presentation.xml.rels": relations(("slide", "presentation.xml"))}
        ),
        *_HARM,
    ),
    case(
        "rows and cells repeated without end",
        "a.ods",
        documents.zipped(
            open_document(
                "spreadsheet",
                "<table:table><table:table-row table:number-rows-repeated='1048576'>"
                "<table:table-cell office:value-type='string' table:number-columns-repeated='16384'>"
                "<text:p>some words</text:p></table:table-cell></table:table-row></table:table>",
            )
        ),
        *_HARM,
        "too_much_memory",
    ),
    case(
        "spaces repeated without end",
        "a.odt",
        documents.zipped(open_document("text", "<text:p>a<text:s xmlns:x='y' text:c='2000000000'/>b</text:p>" * 5)),
        *_HARM,
    ),
    case(
        "a manifest with a key",
        "a.odt",
        documents.zipped(
            {
                **open_document("text", "<text:p/>"),
                "META-INF/manifest.xml": "<manifest><file-entry full-path='content.xml'><encryption-data/></file-entry>"
                "</manifest>",
            }
        ),
        *_HARM,
    ),
    case(
        "a chapter 10,000 times",
        "a.epub",
        lambda: documents.zipped(book("<p>some words</p>", "", '<itemref idref="c"/>' * 10_000)),
        *_HARM,
    ),
    case("a chapter that is the book", "a.epub", documents.zipped(book("<p>x</p>", chapter="b.opf")), *_HARM),
    case(
        "a chapter that leads out", "a.epub", documents.zipped(book("<p>x</p>", chapter="../../../etc/passwd")), *_HARM
    ),
    case(
        "a book that says that it is locked",
        "a.epub",
        documents.zipped(
            {
                **book("<p>x</p>"),
                "META-INF/encryption.xml": "<encryption><EncryptedData><CipherData><CipherReference URI='c.xhtml'/>"
                "</CipherData></EncryptedData></encryption>",
            }
        ),
        *_HARM,
    ),
]
