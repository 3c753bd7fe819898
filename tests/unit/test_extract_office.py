"""Word, PowerPoint, OpenDocument and rich text of every age: their text, their places, and what is wrong with them."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from finder.errors import FileError
from finder.extract.registry import read_document
from finder.types import Document
from tests import documents
from tests import documents_office as office
from tests.reading import OUTCOMES, code_of, outcome, outcomes_of_damage, read


def _places(document: Document) -> list[tuple[str | None, str | None, str]]:
    """(label, heading, the first word there) of each place."""
    return [(at.label, at.heading, document.text[at.start :].split()[0]) for at in document.places]


def test_word_97_reads_pieces_of_both_widths_headings_tables_fields_notes_and_headers() -> None:
    data = office.doc(
        [
            ("The life of \u201cbees\u201d\r", 1),
            ("They dance on Łysa Góra.\r", 0),
            ("honey\x07", 0),
            ("swéet\x07", 0),
            ("\x07", 0),
            ('See \x13HYPERLINK "http://x"\x14the\x0bhive\x15.\r', 0),
            ("Death\r", 2),
        ],
        notes="Aristotle\r",
        header="Beekeepers\rBeekeepers\r",
        row_ends=[4],
    )
    document = read("bees.doc", data)
    assert document.text == (
        "The life of \u201cbees\u201d\n\nThey dance on Łysa Góra.\n\nhoney | swéet\nSee the\nhive.\n\nDeath\n\n"
        "Aristotle\n\nBeekeepers"
    )
    assert _places(document) == [(None, "The life of \u201cbees\u201d", "The"), (None, "Death", "Death")]
    assert (document.title, document.metadata) == ("Пчёлы", {"author": "Анна", "date": "2024-01-17"})


@pytest.mark.parametrize(("version", "name"), [(0x2D, "word2.doc"), (0x65, "word6.doc"), (0x68, "word95.doc")])
def test_older_words_are_read_in_the_encoding_of_their_language(version: int, name: str) -> None:
    main = office.old_doc("Пчёлы летят\rдомой\r", version, language=0x419)
    data = main if version == 0x2D else office.compound({"WordDocument": main})
    assert read(name, data).text == "Пчёлы летят\n\nдомой"


def test_pieces_that_go_back_and_forth_are_refused_before_they_multiply() -> None:
    data = bytearray(office.doc([("a" * 5000 + "\r", 0), ("b" * 5000 + "\r", 0)]))
    at = data.rindex((10_002).to_bytes(4, "little") + b"\0\0")  # the last character of the last piece
    data[at : at + 4] = (1).to_bytes(4, "little")
    assert code_of("a.doc", bytes(data)) == "corrupt"


def test_powerpoint_97_slides_come_in_their_order_with_titles_and_notes() -> None:
    slides = [("Bees", "They dance", "Say why"), ("Ужин", "мёд", ""), ("", "no title", "")]
    document = read("bees.ppt", office.ppt(slides))
    assert document.text == "Bees\n\nThey dance\n\nSay why\n\nУжин\n\nмёд\n\nno title"
    assert _places(document) == [
        ("slide 1", "Bees", "Bees"),
        ("slide 1, notes", "Bees", "Say"),
        ("slide 2", "Ужин", "Ужин"),
        ("slide 3", None, "no"),
    ]
    assert document.type == "slides"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.doc", office.doc([("secret\r", 0)], flags=0x0300)),
        ("a.ppt", office.ppt([("secret", "", "")], token=0xF3D1C4DF)),
        ("a.docx", office.compound({"EncryptionInfo": b"x", "EncryptedPackage": b"x"})),
        ("a.xlsx", office.compound({"EncryptedPackage": bytes(5000)})),
        ("a.odt", office.odf("text", "", manifest="<manifest:encryption-data/>")),
    ],
)
def test_what_a_password_protects_says_so(name: str, data: bytes) -> None:
    assert code_of(name, data) == "encrypted"


def test_an_old_file_is_what_it_holds_whatever_its_name() -> None:
    assert read("bees.ppt", office.doc([("They dance\r", 0)])).text == "They dance"
    assert read("bees.doc", office.ppt([("Bees", "dance", "")])).type == "slides"
    assert read("bees", office.doc([("They dance\r", 0)])).text == "They dance"
    assert read("bees.doc", rb"{\rtf1 They dance\par}").text == "They dance"
    assert read("bees.doc", b"<html><body>They dance</body></html>").text == "They dance"
    assert read("bees.doc", b"They dance in plain text.").text == "They dance in plain text."
    assert read("bees.ppt", office.pptx([(office.shape("Bees"), "")])).type == "slides"
    assert code_of("bees.doc", office.compound({"VisioDocument": b"x"})) == "unsupported"


def test_a_compound_file_that_lies_about_its_size_or_loops_costs_no_more_than_it_is_long() -> None:
    begun = time.process_time()
    lying = office.compound({"WordDocument": bytes(5000)}, claimed_bytes=0xFFFFFFF0)
    assert code_of("a.doc", lying) == "corrupt"
    looping = bytearray(office.doc([("words\r" * 2000, 0)]))
    fat = looping.rindex(b"\xfd\xff\xff\xff") // 512 * 512  # the sector that marks itself as part of the table
    looping[fat : fat + 512] = (0).to_bytes(4, "little") * 128
    with suppress(FileError):
        assert len(read("a.doc", bytes(looping)).text) < len(looping)
    assert time.process_time() - begun < 1


def test_presentations_come_in_their_order_with_titles_notes_tables_and_groups() -> None:
    table = "<a:tbl><a:tr><a:tc><a:p><a:r><a:t>honey</a:t></a:r></a:p></a:tc><a:tc><a:p><a:r><a:t>12</a:t></a:r></a:p>"
    shapes = office.shape("Bees", "title") + f"<p:graphicFrame>{table}</a:tc></a:tr></a:tbl></p:graphicFrame>"
    grouped = f"<p:grpSp><p:grpSp>{office.shape('deep')}</p:grpSp></p:grpSp>" + office.shape("7", "sldNum")
    document = read("bees.pptx", office.pptx([(shapes, office.shape("Say why")), (grouped, "")]))
    assert document.text == "Bees\n\nhoney | 12\n\nSay why\n\ndeep"
    assert _places(document) == [
        ("slide 1", "Bees", "Bees"),
        ("slide 1, notes", "Bees", "Say"),
        ("slide 2", None, "deep"),
    ]
    assert (document.title, document.metadata) == ("The bees", {"author": "Ada", "date": "2024-03-01"})


def test_a_damaged_slide_spoils_no_other() -> None:
    slides = [(office.shape("one"), ""), (office.shape("two"), ""), (office.shape("three"), "")]
    document = read("a.pptx", office.pptx(slides, damaged=1))
    assert "one" in document.text
    assert "three" in document.text
    assert document.notes == ("1 of 3 slides are damaged",)
    assert code_of("a.pptx", office.pptx(slides[:1], damaged=0)) == "corrupt"


_ODT = """<text:tracked-changes><text:p>gone</text:p></text:tracked-changes>
<text:h text:outline-level="1">Life</text:h><text:p>They<text:s text:c="2"/>dance<text:note>
<text:note-citation>1</text:note-citation><text:note-body><text:p>Aristotle</text:p></text:note-body></text:note>
all<text:line-break/>day.</text:p><text:list><text:list-item><text:p>fly</text:p></text:list-item><text:list-item>
<text:p>hum</text:p></text:list-item></text:list><table:table><table:table-row><table:table-cell><text:p>honey</text:p>
</table:table-cell><table:table-cell><text:p>sweet</text:p></table:table-cell></table:table-row></table:table>
<text:h text:outline-level="2">Death</text:h><text:p>They die.</text:p>"""


@pytest.mark.parametrize("is_flat", [False, True])
def test_opendocument_text_headings_lists_tables_notes_and_headers(is_flat: bool) -> None:
    data = office.flat_odf("text", _ODT) if is_flat else office.odf("text", _ODT, header="Beekeepers")
    document = read("bees.fodt" if is_flat else "bees.odt", data)
    assert document.text == (
        "Life\n\nThey  dance all\nday.\n\nAristotle\n\n- fly\n- hum\nhoney | sweet\n\nDeath\n\nThey die."
        + ("" if is_flat else "\n\nBeekeepers")
    )
    assert [(label, heading) for label, heading, _ in _places(document)] == [(None, "Life"), (None, "Death")]
    assert (document.title, document.metadata) == ("The bees", {"author": "Ada", "date": "2024-03-01"})


def test_a_flat_opendocument_is_found_by_the_program_that_made_it() -> None:
    meta = b"<office:meta><meta:generator>LibreOffice/7.2$Linux</meta:generator></office:meta><office:body>"
    data = office.flat_odf("text", "<text:p>Bees</text:p>").replace(b"<office:body>", meta)
    document = read("bees.fodt", data)
    assert document.text == "Bees\n\nMade by LibreOffice/7.2$Linux"
    assert document.metadata["program"] == "LibreOffice/7.2$Linux"


def test_opendocument_slides_have_titles_and_notes() -> None:
    def frame(text: str, kind: str = "") -> str:
        return f'<draw:frame presentation:class="{kind}"><text:p>{text}</text:p></draw:frame>'

    pages = (
        f"<draw:page>{frame('They dance')}{frame('Bees', 'title')}<presentation:notes>{frame('Say why', 'notes')}"
        f"</presentation:notes></draw:page><draw:page>{frame('7', 'page-number')}{frame('honey')}</draw:page>"
    )
    document = read("bees.odp", office.odf("presentation", pages))
    assert document.text == "They dance\nBees\n\nSay why\n\nhoney"
    assert _places(document) == [
        ("slide 1", "Bees", "They"),
        ("slide 1, notes", "Bees", "Say"),
        ("slide 2", None, "honey"),
    ]
    assert document.type == "slides"


def test_a_flat_document_with_entities_is_refused() -> None:
    evil = '<!DOCTYPE x [<!ENTITY a "boom"><!ENTITY b "&a;&a;">]>'
    assert code_of("evil.fodt", office.flat_odf("text", "<text:p>&b;</text:p>", prolog=evil)) == "corrupt"


_RTF = rb"""{\rtf1\ansi\ansicpg1251\deff0{\fonttbl{\f0\fcharset204 Arial;}{\f1\fcharset128 Gothic;}}
{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}}{\info{\title The bees}{\author \'c0\'ed\'ed\'e0}}
{\header Beekeepers\par}\pard\s1 Life\par\pard\s0 \'cf\'f7\'b8\'eb\'fb {\f1 \'96I} fly\u8217's \u-10179?\u-8704?
{\*\unknown hidden}{\pict\pngblip 00ff\bin5 }}}}}}{\field{\*\fldinst HYPERLINK "x"}{\fldrslt shown}}{\v too}
{\footnote Aristotle\par}\par
{\shp{\*\shpinst{\sp{\sn a}{\sv b}}{\shptxt In a box\par}}}\trowd\intbl honey\cell sweet\cell\row
\pard {\deleted gone}They die.\par}"""


def test_rich_text_encodings_headings_tables_notes_and_what_is_left_out() -> None:
    document = read("bees.rtf", _RTF)
    assert document.text == (
        "Life\n\nПчёлы 蜂 fly\u2019s \U0001f600shown"
        + "too\n\nAristotle\n\nhoney | sweet\nIn a box\n\nThey die.\n\nBeekeepers"
    )
    assert document.places[0].heading == "Life"
    assert (document.title, document.metadata) == ("The bees", {"author": "Анна"})


@pytest.mark.parametrize(
    "data",
    [
        rb"{\rtf1 " + b"{" * 1_000_000,
        rb"{\rtf1 " + rb"{\f1 x}" * 60_000,
        rb"{\rtf1 " + rb"\u8217?" * 100_000,
        rb"{\rtf1 " + rb"{\pict " * 100_000,
        rb"{\rtf1 words\bin99999999999999999999 more",
        rb"{\rtf1\ansicpg99999\f99999 \'zz\u99999999999 words}",
        rb"{\rtf1 " + rb"{\*\a{\fonttbl{\f0\fcharset}" * 40_000,
    ],
    ids=["open", "groups", "characters", "pictures", "binary", "numbers", "fonts"],
)
def test_hostile_rich_text_ends_soon(data: bytes) -> None:
    begun = time.process_time()
    assert outcome("a.rtf", data) in ("text", "corrupt", "no_text")
    assert time.process_time() - begun < 2


def test_word_keeps_comments_and_a_damaged_part_beside_the_text_spoils_nothing() -> None:
    word = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    parts = {
        "word/document.xml": f"<w:document {word}>{documents.paragraph('They dance')}</w:document>",
        "word/comments.xml": f"<w:comments {word}>{documents.paragraph('Do they?')}</w:comments>",
        "word/footnotes.xml": "<w:footnotes",
        "word/_rels/document.xml.rels": documents.relationships(
            {"a": ("comments", "comments.xml"), "b": ("footnotes", "/word/footnotes.xml")}
        ),
    }
    document = read("bees.docx", documents.zipped(parts))
    assert document.text == "They dance\n\nDo they?"
    assert document.notes == ("Its notes, comments or headers are damaged",)


_READS_IN_THE_SANDBOX = """
import io, sys
from finder.extract.registry import preload, read_document
from finder.workers import sandbox
from tests import documents_office as office
files = {
    "a.doc": office.doc([("Bees\\r", 1)]),
    "b.doc": office.compound({"WordDocument": office.old_doc("Пчёлы\\r", 0x68, 0x419)}),
    "a.ppt": office.ppt([("Bees", "", "")]),
    "a.pptx": office.pptx([(office.shape("Bees"), "")]),
    "a.odt": office.odf("text", "<text:p>Bees</text:p>"),
    "a.rtf": rb"{\\rtf1\\ansicpg932 \\'96I}",
    "a.xls": office.xls({"A": [["Bees"]]}),
    "a.xlsx": office.xlsx({"A": "<row><c><v>7</v></c></row>"}),
    "a.csv": b"Bees;7",
}
preload()
sandbox.enter(1 << 30)
for name, data in files.items():
    print(read_document(io.BytesIO(data), name.encode()).text)
print("still heard", file=sys.stderr)
"""


def test_every_family_is_read_in_the_sandbox_and_errors_are_heard_afterwards() -> None:
    command = [sys.executable, "-X", "utf8", "-c", _READS_IN_THE_SANDBOX]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.stderr == "still heard\n"
    assert done.stdout.split("\n") == ["Bees", "Пчёлы", *["Bees"] * 3, "蜂", "Bees", "7", "Bees | 7", ""]


def test_every_truncation_and_flip_ends_in_text_or_a_file_error() -> None:
    wholes = {
        "a.doc": office.doc([("some words\r", 1), ("cell\x07", 0), ("\x07", 0)], notes="note\r", row_ends=[2]),
        "a.ppt": office.ppt([("Bees", "dance", "why"), ("Honey", "sweet", "")]),
        "a.pptx": office.pptx([(office.shape("Bees", "title"), office.shape("why"))]),
        "a.odt": office.odf("text", _ODT),
        "a.fodt": office.flat_odf("text", _ODT),
        "a.rtf": _RTF,
    }
    assert {"text", "corrupt"} <= outcomes_of_damage(wholes) <= OUTCOMES


def test_a_program_that_speaks_of_flat_opendocument_is_read_as_the_program_it_is() -> None:
    source = b'_FLAT = re.compile(rb"<office:document")\n\ndef read() -> None:\n    pass\n'
    document = read_document(io.BytesIO(source), b"odf.py")
    assert (document.type, "office:document" in document.text) == ("code", True)
