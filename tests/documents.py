"""Small documents of many formats, made on the spot: no test carries a file that somebody else owns."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

import pypdf
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_STYLES = f"""<?xml version="1.0"?><w:styles {_W}>
<w:style w:type="paragraph" w:styleId="Titel"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Kapitel"><w:name w:val="Chapter"/><w:basedOn w:val="berschrift1"/></w:style>
</w:styles>"""


def pdf(
    pages: Sequence[Sequence[str]],
    title: str | None = None,
    outline: Mapping[str, int] | None = None,
    password: str | None = None,
) -> bytes:
    """A PDF with one line of text below the other; `outline` maps headings to page indices."""
    writer = pypdf.PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for lines in pages:
        page = writer.add_blank_page(width=595, height=842)
        stream = DecodedStreamObject()
        shown = " ".join(f"({line}) Tj 0 -16 Td" for line in lines)
        stream.set_data(f"BT /F1 12 Tf 50 780 Td {shown} ET".encode("latin-1"))
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        page[NameObject("/Contents")] = writer._add_object(stream)
    if title:
        writer.add_metadata({"/Title": title})
    for heading, index in (outline or {}).items():
        writer.add_outline_item(title=heading, page_number=index)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def paragraph(text: str, style: str | None = None, properties: str = "") -> str:
    """One paragraph of WordprocessingML."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{properties}</w:pPr><w:r><w:t>{escape(text)}</w:t></w:r></w:p>"


def table(rows: Sequence[Sequence[str]]) -> str:
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def docx(body: str, footnote: str | None = None, prolog: str = "", header: str | None = None) -> bytes:
    """A Word document as a German Word would name its styles."""
    parts = {
        "[Content_Types].xml": "<Types/>",
        "word/document.xml": f'<?xml version="1.0"?>{prolog}<w:document {_W}><w:body>{body}</w:body></w:document>',
        "word/styles.xml": _STYLES,
    }
    if footnote:
        parts["word/footnotes.xml"] = f"<w:footnotes {_W}><w:footnote>{paragraph(footnote)}</w:footnote></w:footnotes>"
    if header:
        parts["word/header1.xml"] = f"<w:hdr {_W}>{paragraph(header)}</w:hdr>"
    others = {"footnotes": "footnotes.xml", "header": "header1.xml"}
    parts["word/_rels/document.xml.rels"] = relationships({key: (key, name) for key, name in others.items()})
    return zipped(parts)


def relationships(parts: Mapping[str, tuple[str, str]]) -> str:
    """What a part of an Office package refers to: id -> (last word of the type, target)."""
    listed = (
        f'<Relationship Id="{id_}" Type="http://schemas.openxmlformats.org/x/{type_}" Target="{target}"/>'
        for id_, (type_, target) in parts.items()
    )
    return f"<Relationships>{''.join(listed)}</Relationships>"


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()
