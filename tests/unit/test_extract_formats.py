"""HTML, PDF and Word documents, whole, damaged and hostile; and how a reader is chosen."""

from __future__ import annotations

import io
import subprocess
import sys
import time
import zipfile

import pytest

from finder.extract.kinds import READER_VERSIONS, kind_of, reader_key
from finder.extract.reader import Limits, sensible_title
from finder.extract.registry import READERS, read_document
from tests import documents
from tests.reading import OUTCOMES, code_of, outcomes_of_damage, read

_PAGE = """<!DOCTYPE html><html><head><title>Bees &amp; honey</title><style>p{color:red}</style></head><body>
<nav><a href=/>Home</a></nav><h1>About  bees</h1><p>They <b>dan</b>ce.<script>alert(1)</script></p>
<h2>Honey</h2><ul><li>sweet<li>golden</ul><pre>  kept
    as is</pre><table><tr><td>one</td><td>two</td></tr></table></body></html>"""


def test_html_keeps_words_and_blocks_and_leaves_menus_and_scripts_out() -> None:
    document = read("bees.html", _PAGE.encode())
    assert document.title == "Bees & honey"
    assert document.text.split("\n") == [
        *["About bees", "", "They dance.", "", "Honey", "", "sweet", "golden", "", "  kept", "    as is", "", "one two"]
    ]
    assert [(p.heading, document.text[p.start : p.start + 12].strip()[:5]) for p in document.places] == [
        ("About bees", "About"),
        ("Honey", "Honey"),
    ]


def test_html_says_who_wrote_it() -> None:
    heads = '<meta name="Author" content=" Ada\n Berg "><meta name=author content="Jun Sato"><meta name=author>'
    page = f"<html><head>{heads}<meta name=keywords content=x></head><body><p>They dance.</p>"
    assert read("bees.html", page.encode()).metadata == {"author": "Ada Berg, Jun Sato"}
    assert "author" not in read("bees.html", _PAGE.encode()).metadata


def test_html_nested_without_end_is_read() -> None:
    assert "deep" in read("a.html", b"<html>" + b"<div>" * 5_000 + b"deep").text


def test_headings_with_much_below_them_cost_no_more_than_their_words() -> None:
    begun = time.process_time()
    document = read("a.html", b"<html>" + b"<h1>bees<div>" * 8_000)
    assert time.process_time() - begun < 1.5
    assert max(len(place.heading or "") for place in document.places) <= 200


def test_a_heading_leaves_out_what_the_page_leaves_out() -> None:
    document = read("a.html", b"<html><h1>Bees <script>var x</script>and <b>honey</b></h1><p>They dance.")
    assert document.places[0].heading == "Bees and honey"


def test_a_page_of_scripts_has_no_text() -> None:
    assert code_of("a.html", b"<html><script>var x = 1</script></html>") == "no_text"


def test_pdf_pages_title_outline_and_broken_words() -> None:
    data = documents.pdf(
        [["Introduction", "The bees were danc-", "ing all day."], ["Results", "Much honey."]],
        title="The life of bees",
        outline={"Introduction": 0, "Results": 1},
    )
    document = read("bees.pdf", data)
    assert document.title == "The life of bees"
    assert "dancing all day." in document.text
    assert [(place.page, place.heading) for place in document.places] == [(1, "Introduction"), (2, "Results")]
    assert document.text[document.places[1].start :].lstrip().startswith("Results")


def test_pdf_with_a_damaged_title_and_outline_is_read_all_the_same() -> None:
    whole = documents.pdf([["some words"]], title="TTTTTTTT", outline={"HHHHHHHH": 0})
    half_a_pair = b"<FEFFD801>"  # UTF-16 of a character that lacks its other half
    broken = whole.replace(b"(TTTTTTTT)", half_a_pair).replace(b"(HHHHHHHH)", half_a_pair)
    assert broken.count(half_a_pair) == 2
    document = read("a.pdf", broken)
    assert (document.text, document.title) == ("some words", None)


def test_pdf_without_words_says_that_it_is_scanned() -> None:
    assert code_of("scan.pdf", documents.pdf([[], []])) == "no_text"
    half = read("half.pdf", documents.pdf([["words"], []]))
    assert half.notes == ("1 of 2 pages hold no text (scanned)",)


def test_a_text_that_speaks_of_pdf_is_a_text() -> None:
    source = b"MAGIC = b'%PDF-1.7'\nprint(MAGIC)\n"
    assert "print(MAGIC)" in read_document(io.BytesIO(source), b"magic.txt").text


def test_pdf_under_a_password() -> None:
    assert code_of("secret.pdf", documents.pdf([["secret"]], password="hunter2")) == "encrypted"


def test_pdf_is_known_by_its_bytes_whatever_its_name() -> None:
    assert "words" in read("report.txt", documents.pdf([["words"]])).text
    assert "words" in read("report", documents.pdf([["words"]])).text


def test_docx_headings_lists_tables_footnotes() -> None:
    body = (
        documents.paragraph("The Bees", "Titel")
        + documents.paragraph("Life", "berschrift1")
        + documents.paragraph("They dance.")
        + documents.paragraph("fly", properties="<w:numPr/>")
        + documents.paragraph("hum", properties="<w:numPr/>")
        + documents.table([["honey", "sweet"], ["wax", "hard"]])
        + documents.paragraph("Death", "Kapitel")
        + "<w:p><w:del><w:r><w:t>gone</w:t></w:r></w:del><w:r><w:t>They </w:t><w:tab/><w:t>die.</w:t></w:r></w:p>"
    )
    document = read("bees.docx", documents.docx(body, footnote="See Aristotle.", header="Page header"))
    assert document.title == "The Bees"
    assert [place.heading for place in document.places] == ["The Bees", "Life", "Death"]
    assert document.text == (
        "The Bees\n\nLife\n\nThey dance.\n\n- fly\n- hum\nhoney | sweet\nwax | hard\n\nDeath\n\nThey \tdie.\n\n"
        "See Aristotle.\n\nPage header"
    )


def test_docx_with_a_document_type_is_refused() -> None:
    evil = '<!DOCTYPE x [<!ENTITY a "boom"><!ENTITY b "&a;&a;">]>'
    assert code_of("evil.docx", documents.docx(documents.paragraph("hi"), prolog=evil)) == "corrupt"


def test_docx_bombs_are_refused_before_they_unfold() -> None:
    data = documents.docx(documents.paragraph("a" * 200_000))
    assert code_of("bomb.docx", data, Limits(inflated_bytes=100_000)) == "too_large"
    assert code_of("many.docx", documents.zipped({str(n): b"" for n in range(30)}), Limits(members=20)) == "too_large"


@pytest.mark.parametrize("level", ["many", "\u00b2", "-1", "9" * 5000, ""])
def test_docx_with_an_outline_level_that_is_none_is_read_all_the_same(level: str) -> None:
    body = documents.paragraph("Bees", properties=f'<w:outlineLvl w:val="{level}"/>') + documents.paragraph("dance")
    assert read("a.docx", documents.docx(body)).text == "Bees\n\ndance"


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED])
def test_docx_of_any_compression_with_a_damaged_part_is_corrupt(method: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("word/document.xml", b"<document>" + bytes(range(256)).hex().encode() * 50)
    data = bytearray(out.getvalue())
    start = 30 + len("word/document.xml") + 9  # behind the local header, and the properties of LZMA
    data[start : start + 40] = b"\xff" * 40
    assert code_of("a.docx", bytes(data)) == "corrupt"


def test_docx_text_is_cut_at_the_limit() -> None:
    data = documents.docx("".join(documents.paragraph(f"paragraph {n}") for n in range(500)))
    document = read("long.docx", data, Limits(text_chars=1000))
    assert (len(document.text), document.is_cut) == (1000, True)


@pytest.mark.parametrize("name", ["a.docx", "a.pdf"])
def test_what_is_not_what_it_claims_is_corrupt(name: str) -> None:
    assert code_of(name, b"just some words that somebody renamed") == "corrupt"


def test_every_truncation_and_flip_ends_in_text_or_a_file_error() -> None:
    wholes = {
        "a.pdf": documents.pdf([["some words"], ["more"]]),
        "a.docx": documents.docx(documents.paragraph("some words") * 20),
        "a.html": _PAGE.encode(),
    }
    assert {"text", "corrupt"} <= outcomes_of_damage(wholes, cuts=25) <= OUTCOMES


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (b"a.PDF", "pdf@2"),
        (b"notes.md", "markdown@2"),
        (b"x.py", "code@2"),
        (b"README", "text@2"),
        (b"strange.zzz", "sniff@2"),
        (b"caf\xe9.txt", "text@2"),
        (b"photo.jpg", "image@1"),
        (b"photo.psd", "none@1"),
    ],
)
def test_the_reader_key_follows_from_the_name_alone(name: bytes, key: str) -> None:
    assert reader_key(name) == key


def test_every_reader_has_a_version() -> None:
    assert {reader.name for reader in READERS} == set(READER_VERSIONS)


@pytest.mark.parametrize("name", ["a.exe", "a.iso", "a.sqlite", "a.mkv", "a.psd", "a.rar"])
def test_kinds_found_by_name_alone_say_why(name: str) -> None:
    assert kind_of(name).reason
    assert code_of(name, b"plain words inside all the same") == "unsupported"


@pytest.mark.parametrize("name", ["picture.txt", "picture", "picture.md", "picture.py"])
def test_a_picture_is_no_text_whatever_its_name(name: str) -> None:
    assert code_of(name, b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40) == "binary"


@pytest.mark.parametrize(
    ("title", "is_sensible"),
    [
        ("The life of bees", True),
        ("Untitled", False),
        ("Microsoft Word - draft.doc", False),
        ("report_final.pdf", False),
        ("12", False),
        ("", False),
        ("x" * 300, False),
    ],
)
def test_titles_that_programs_make_up_are_no_titles(title: str, is_sensible: bool) -> None:
    assert (sensible_title(title) is not None) == is_sensible


_READS_WITHOUT_OPENING = """
import io, sys
from finder.extract.registry import preload, read_document
from finder.passages import split
from tests import documents
files = {
    "a.pdf": documents.pdf([["words"]], title="T"), "b.pdf": b"%PDF-1.4 broken",
    "a.docx": documents.docx(documents.paragraph("words")), "a.html": b"<html><p>words</p></html>",
    "a.txt": "Вчера мы".encode("koi8-r"), "b.txt": "昨日は".encode("shift_jis"), "a.py": b"def f(): pass",
}
preload()
def refuse(event, args):
    if event in ("open", "import"):
        print("TRIED", event, args[0])
sys.addaudithook(refuse)
for name, data in files.items():
    try:
        split(read_document(io.BytesIO(data), name.encode()))
    except Exception as error:
        print(type(error).__name__)
"""


def test_after_preloading_nothing_more_is_opened_or_imported() -> None:
    done = subprocess.run([sys.executable, "-c", _READS_WITHOUT_OPENING], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n") == ["FileError", ""]
