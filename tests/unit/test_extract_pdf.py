"""What PDFs hold besides the words of their pages, and what typesetting does to words."""

from __future__ import annotations

import io

import pypdf
import pytest

from finder.errors import FileError
from finder.extract.registry import read_document
from finder.extract.text.page_text import mended, under_headings
from finder.types import Document
from tests import documents
from tests.documents_pdf import one_page, shown, stream


def _read(data: bytes) -> Document:
    return read_document(io.BytesIO(data), b"a.pdf")


def _with(data: bytes, **attached: bytes) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    for name, content in attached.items():
        writer.add_attachment(name.replace("_", "."), content)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_author_subject_keywords_and_days_are_kept() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(documents.pdf([["words"]], title="The life of bees")))
    writer.add_metadata(
        {
            "/Author": "Ada  Lovelace",
            "/Subject": "Bees",
            "/Keywords": "honey, wax",
            "/CreationDate": "D:20140616120000+02'00'",
            "/ModDate": "D:2015",
        }
    )
    out = io.BytesIO()
    writer.write(out)
    assert _read(out.getvalue()).metadata == {
        "author": "Ada Lovelace",
        "subject": "Bees",
        "keywords": "honey, wax",
        "date": "2014-06-16",
        "modified": "2015",
    }


def test_attached_files_are_read_with_their_places_and_what_cannot_be_is_named() -> None:
    attached = documents.pdf([["first"], ["inner words"]])
    document = _read(_with(documents.pdf([["outer words"]]), plan_pdf=attached, noise_bin=bytes(range(256)) * 20))
    place = max((p for p in document.places if p.start <= document.text.index("inner words")), key=lambda p: p.start)
    assert (place.page, place.label) == (2, "attachment plan.pdf, page 2")
    assert document.text.startswith("outer words")
    assert [note.split(":")[0] for note in document.notes] == ["attachment noise.bin"]


def test_files_in_files_in_files_end_somewhere() -> None:
    data = documents.pdf([["level 0"]])
    for level in range(1, 6):
        data = _with(documents.pdf([[f"level {level}"]]), inner_pdf=data)
    document = _read(data)
    assert [level for level in range(6) if f"level {level}" in document.text] == [2, 3, 4, 5]


def test_what_people_wrote_into_forms_and_notes_is_found() -> None:
    form = (
        b"/Annots[<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(Lovelace)/Rect[0 0 9 9]>>"
        b"<</Type/Annot/Subtype/Text/Contents(check this figure)/Rect[0 0 9 9]>>"
        b"<</Type/Annot/Subtype/Link/Contents(link)/Rect[0 0 9 9]>>]"
    )
    assert _read(one_page(stream(shown(b"Name:")), page=form)).text == "Name:\nLovelace\ncheck this figure"


def test_words_recognised_under_a_scanned_picture_are_read() -> None:
    assert _read(one_page(stream(shown(b"seen by a machine", b"3 Tr 50 780 Td")))).text == "seen by a machine"


@pytest.mark.parametrize("operators", [b"0 1 -1 0 300 300 Tm", b"-1 0 0 -1 300 300 Tm", b"0 -1 1 0 300 300 Tm"])
def test_words_on_a_turned_page_are_whole(operators: bytes) -> None:
    assert _read(one_page(stream(shown(b"turned words", operators)))).text == "turned words"


def test_a_page_that_is_damaged_is_said_and_the_others_are_read() -> None:
    document = _read(documents.pdf([["first words"], ["second words"]]).replace(b"/Type /Page\n", b"/Type /Xage\n", 1))
    assert (document.text, document.notes) == ("second words", ("1 of 2 pages are damaged",))


class _Empty(str):
    """An empty password that pypdf does not take for none."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("user", "owner", "algorithm"),
    [
        *[("", "secret", algorithm) for algorithm in ("RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256")],
        # Before AES-256 an empty owner's password is the user's (ISO 32000-1, algorithm 3).
        *[("secret", _Empty(), algorithm) for algorithm in ("AES-256-R5", "AES-256")],
    ],
)
def test_a_password_that_is_empty_keeps_nobody_from_reading(user: str, owner: str, algorithm: str) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(documents.pdf([["open words"]])))
    writer.encrypt(user, owner, algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    assert _read(out.getvalue()).text == "open words"


def test_choices_in_a_form_are_read_as_they_are_shown() -> None:
    """Of a list all that it offers, of a menu what was chosen, and not the names that programs have for it."""
    widget = b"<</Type/Annot/Subtype/Widget/FT/Ch/Rect[50 600 200 700]/P 3 0 R"
    listed = widget + b"/T(a)/Opt[(Plum)[(b)(Quince)]]/V[(Plum)]/Ff 2097152>>"
    menu = widget + b"/T(b)/Opt[[(c)(Cherry)][(d)(Medlar)]]/V(d)/Ff 131072>>"
    typed = widget + b"/T(c)/Opt[(Cherry)]/V(Damson)/Ff 393216>>"
    data = one_page(
        stream(shown(b"Orchard")),
        catalog=b"/AcroForm<</Fields[6 0 R 7 0 R 8 0 R]>>",
        page=b"/Annots[6 0 R 7 0 R 8 0 R]",
        more=[listed, menu, typed],
    )
    assert _read(data).text.split("\n") == ["Orchard", "Plum", "Quince", "Medlar", "Damson"]


def test_an_unknown_lock_is_a_lock() -> None:
    with pytest.raises(FileError) as caught:
        _read(one_page(stream(shown(b"x")), trailer=b"/Encrypt<</Filter/Adobe.APS/V 1>>/ID[(a)(a)]"))
    assert caught.value.code == "encrypted"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("the bees were danc-\r\ning", "the bees were dancing"),
        ("the Anglo\ufffeSaxon", "the Anglo-Saxon"),
        ("danc\xad\r\ning", "dancing"),
        ("die Bie\ufffenen", "die Bienen"),
        ("ﬁnd the oﬃce", "find the office"),
        ("BBeeeess aanndd wwaaxx", "Bees and wax"),
        ("蜜 蜂 的 生 活", "蜜蜂的生活"),
        ("蜜蜂的生活很有规律它们\n每天采蜜", "蜜蜂的生活很有规律它们每天采蜜"),
        ("短い行\n次の行", "短い行\n次の行"),
        ("서울 시청 앞 광장", "서울 시청 앞 광장"),
        ("من Pythonلتنفيذ", "من Python لتنفيذ"),
        ("x² and 10−3", "x² and 10−3"),
    ],
)
def test_what_typesetting_did_to_words_is_undone(raw: str, text: str) -> None:
    assert mended(raw) == text


def test_headings_are_found_in_linear_time() -> None:
    text = "." * 200_000 + "\n" + "A " * 100_000
    pieces = list(under_headings(text, ["A B"] * 50))
    assert "".join(piece for piece, _ in pieces) == text
