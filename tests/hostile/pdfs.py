"""Hostile PDFs: loops, counts and sizes that lie, filters in filters, locks that nobody knows."""

from __future__ import annotations

import zlib

from tests import documents
from tests.documents_pdf import FONT, PAGE, TREE, flate, one_page, shown, stream, written
from tests.hostile.case import TEXT, Case, case, cut

_WORDS = stream(shown(b"some words"))
_CATALOG = b"<</Type/Catalog/Pages 2 0 R%s>>"
_MILLION = 1_000_000


def _tree(tree: bytes, *more: bytes) -> bytes:
    return written([_CATALOG % b"", tree, PAGE % b"", _WORDS, FONT, *more])


def _outline(*items: bytes) -> bytes:
    """Object 6 is the outline, its items follow."""
    return one_page(_WORDS, catalog=b"/Outlines 6 0 R", more=(b"<</Type/Outlines/First 7 0 R/Last 7 0 R>>", *items))


def _objects_in_a_stream(extends: bytes) -> bytes:
    return one_page(_WORDS, more=(stream(b"7 0 (hidden)", b"/Type/ObjStm/N 1/First 4" + extends),))


def _crossing(entries: bytes) -> bytes:
    return one_page(_WORDS, trailer=entries)


def _of_many_pages(count: int) -> bytes:
    return _tree(b"<</Type/Pages/Kids[%s]/Count %d>>" % (b"3 0 R " * count, count))


def _attachments(count: int) -> bytes:
    names = b"".join(b"(a%d.txt) 6 0 R " % number for number in range(count))
    file = b"<</Type/Filespec/F(a.txt)/EF<</F 7 0 R>>>>"
    catalog = b"/Names<</EmbeddedFiles<</Names[%s]>>>>" % names
    return one_page(_WORDS, catalog=catalog, more=(file, stream(b"attached words")))


def _locked(dictionary: bytes) -> bytes:
    return one_page(_WORDS, trailer=b"/ID[(0123456789abcdef)(0123456789abcdef)]/Encrypt<<%s>>" % dictionary)


def _wide_cmap() -> bytes:
    cmap = b"begincmap 1 begincodespacerange <0000> <ffffffff> endcodespacerange " + b"".join(
        b"1 beginbfrange <%08x> <ffffffff> <0041> endbfrange\n" % number for number in range(2000)
    )
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>"
    return written([_CATALOG % b"", TREE, PAGE % b"", _WORDS, font, stream(cmap)])


def _drawing_itself() -> bytes:
    inner = stream(shown(b"inner") + b" /X Do /X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources 7 0 R")
    resources = b"<</XObject<</X 6 0 R>>/Font<</F1 5 0 R>>>>"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources 7 0 R>>"
    return written([_CATALOG % b"", TREE, page, stream(b"/X Do"), FONT, inner, resources])


def _glyph_of_itself() -> bytes:
    font = (
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/FirstChar 0/LastChar 255"
        b"/Widths[%s]/Encoding<</Differences[0 %s]>>/CharProcs<</a 6 0 R>>/Resources<</Font<</F1 5 0 R>>>>>>"
        % (b"1 " * 256, b"/a " * 256)
    )
    glyph = stream(b"1 0 d0 " + shown(b"aaaa"))
    return written([_CATALOG % b"", TREE, PAGE % b"", _WORDS, font, glyph])


_WHOLE = documents.pdf([["some words"], ["more words"]], title="Title", outline={"some": 0, "more": 1})
_PLACES = (1, 8, 9, 40, 300, len(_WHOLE) // 2, len(_WHOLE) - 200, len(_WHOLE) - 40, len(_WHOLE) - 6)
_HARM = (TEXT, "corrupt", "no_text", "encrypted")
_HEAVY = (*_HARM, "too_much_memory", "crashed_reader")
"""pdfium ends its process where memory does: a named reason, and the next file is read by another."""

CASES: list[Case] = [
    case("pages that are their own parents", "a.pdf", _tree(b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>"), *_HARM),
    case(
        "a page tree in a circle",
        "a.pdf",
        _tree(
            b"<</Type/Pages/Kids[6 0 R]/Count 9>>",
            b"<</Type/Pages/Parent 2 0 R/Kids[7 0 R 3 0 R]/Count 9>>",
            b"<</Type/Pages/Parent 6 0 R/Kids[6 0 R]/Count 9>>",
        ),
        *_HARM,
    ),
    case("a page that is the catalog", "a.pdf", _tree(b"<</Type/Pages/Kids[1 0 R]/Count 1>>"), *_HARM),
    case("a million pages said, one there", "a.pdf", _tree(b"<</Type/Pages/Kids[3 0 R]/Count 1000000>>"), *_HARM),
    case("2^31 pages said", "a.pdf", _tree(b"<</Type/Pages/Kids[3 0 R]/Count 2147483647>>"), *_HARM),
    case("less than no pages", "a.pdf", _tree(b"<</Type/Pages/Kids[3 0 R]/Count -1>>"), *_HARM),
    case("the same page 5,000 times", "a.pdf", lambda: _of_many_pages(5000), *_HARM),
    case("a giant page", "a.pdf", _tree(TREE).replace(b"[0 0 595 842]", b"[-9e30 -9e30 9e30 9e30]"), *_HARM),
    case("a page of no size", "a.pdf", _tree(TREE).replace(b"[0 0 595 842]", b"[0 0 0 0]"), *_HARM),
    case("an outline entry after itself", "a.pdf", _outline(b"<</Title(a)/Next 7 0 R/Dest[3 0 R/Fit]>>"), TEXT),
    case("an outline entry below itself", "a.pdf", _outline(b"<</Title(a)/First 7 0 R/Last 7 0 R>>"), TEXT),
    case(
        "two outline entries in a circle",
        "a.pdf",
        _outline(b"<</Title(a)/Next 8 0 R/Dest[3 0 R/Fit]>>", b"<</Title(b)/Next 7 0 R/Dest[3 0 R/Fit]>>"),
        TEXT,
    ),
    case(
        "an outline of 20,000 entries",
        "a.pdf",
        lambda: _outline(*(b"<</Title(some)/Next %d 0 R/Dest[3 0 R/Fit]>>" % (n + 8) for n in range(20_000))),
        TEXT,
    ),
    case("an object stream that extends itself", "a.pdf", _objects_in_a_stream(b"/Extends 6 0 R"), *_HARM),
    case("an object stream of 2^31 objects", "a.pdf", _objects_in_a_stream(b"/N 2147483647"), *_HARM),
    case("a cross-reference before itself", "a.pdf", _crossing(b"/Prev 9"), *_HARM),
    case("a cross-reference far away", "a.pdf", _crossing(b"/Prev 99999999999999999999"), *_HARM),
    case("a hybrid cross-reference in a circle", "a.pdf", _crossing(b"/XRefStm 9/Prev 9"), *_HARM),
    case("deflated ten times", "a.pdf", lambda: one_page(flate(shown(b"words"), 10)), *_HARM),
    case("deflated two hundred times", "a.pdf", lambda: one_page(flate(shown(b"words"), 200)), *_HARM),
    case("200 MB of nothing", "a.pdf", lambda: one_page(flate(b" " * (200 * _MILLION))), *_HEAVY),
    case("a bomb in a bomb", "a.pdf", lambda: one_page(flate(b"\0" * (300 * _MILLION), 2)), *_HEAVY),
    case(
        "a filter of unheard-of width",
        "a.pdf",
        lambda: one_page(
            flate(b"x" * 99, entries=b"/DecodeParms<</Predictor 12/Columns 2147483647/Colors 99/BitsPerComponent 16>>")
        ),
        *_HARM,
    ),
    case(
        "a stream said to be endless", "a.pdf", one_page(_WORDS).replace(b"/Length 4", b"/Length 99999999994"), *_HARM
    ),
    case("a stream less than empty", "a.pdf", one_page(_WORDS).replace(b"/Length 4", b"/Length -4"), *_HARM),
    case("a stream as long as itself", "a.pdf", one_page(stream(b"x", b"/Length 4 0 R")), *_HARM),
    case("arrays 100,000 deep", "a.pdf", lambda: one_page(_WORDS, catalog=b"/X" + b"[" * 100_000), *_HARM),
    case("dictionaries 100,000 deep", "a.pdf", lambda: one_page(_WORDS, catalog=b"/X" + b"<</X" * 100_000), *_HARM),
    case("operators 100,000 deep", "a.pdf", lambda: one_page(stream(b"q " * 100_000 + shown(b"words"))), *_HARM),
    case("an array 100,000 deep on a page", "a.pdf", lambda: one_page(stream(b"[" * 100_000)), *_HARM),
    case("a drawing of itself", "a.pdf", _drawing_itself, *_HEAVY),
    case("a glyph of itself", "a.pdf", _glyph_of_itself, *_HARM),
    case("characters that stand for everything", "a.pdf", _wide_cmap, *_HARM),
    case("a text without an end", "a.pdf", one_page(stream(b"BT /F1 12 Tf (" + b"x(" * 50_000)), *_HARM),
    case("five megabytes on one page", "a.pdf", lambda: one_page(flate(shown(b"words " * 800_000))), *_HARM),
    case(
        "a title of two megabytes",
        "a.pdf",
        lambda: one_page(
            _WORDS,
            trailer=b"/Info 6 0 R",
            more=(b"<</Title(%s)/Author(%s)>>" % (b"t" * 2_000_000, b"\xfe\xff\xd8\x00" * 999),),
        ),
        TEXT,
    ),
    case("5,000 attachments", "a.pdf", lambda: _attachments(5000), TEXT),
    case(
        "attachments in a circle",
        "a.pdf",
        one_page(_WORDS, catalog=b"/Names<</EmbeddedFiles 6 0 R>>", more=(b"<</Kids[6 0 R 6 0 R]>>",)),
        TEXT,
    ),
    case(
        "an attachment that is a bomb",
        "a.pdf",
        lambda: one_page(
            _WORDS,
            catalog=b"/Names<</EmbeddedFiles<</Names[(a.txt)<</F(a.txt)/EF<</F 6 0 R>>>>]>>>>",
            more=(flate(b"\0" * (200 * _MILLION)),),
        ),
        *_HEAVY,
    ),
    case(
        "what wants to run and to be sent",
        "a.pdf",
        one_page(
            _WORDS,
            catalog=b"/OpenAction<</S/Launch/F(/bin/sh)>>/AA<</WC<</S/JavaScript/JS(app.alert(1))>>>>",
            page=b"/AA<</O<</S/URI/URI(http://127.0.0.1:9/)>>>>",
        ),
        TEXT,
    ),
    case(
        "100,000 notes on a page",
        "a.pdf",
        lambda: one_page(_WORDS, page=b"/Annots[%s]" % (b"6 0 R " * 100_000), more=(b"<</Subtype/Text/Contents(n)>>",)),
        TEXT,
    ),
    case(
        "a picture of 2^31 by 2^31",
        "a.pdf",
        written(
            [
                _CATALOG % b"",
                TREE,
                PAGE.replace(b"/Font<<", b"/XObject<</I 6 0 R>>/Font<<") % b"",
                stream(shown(b"words") + b" /I Do"),
                FONT,
                stream(
                    b"\0", b"/Subtype/Image/Width 2147483647/Height 2147483647/ColorSpace/DeviceRGB/BitsPerComponent 8"
                ),
            ]
        ),
        *_HARM,
    ),
    case("a lock that nobody knows", "a.pdf", _locked(b"/Filter/Adobe.APS/V 1"), "encrypted"),
    case("a lock without a key", "a.pdf", _locked(b"/Filter/Standard/V 5/R 6/O()/U()/OE()/UE()/P -1"), *_HARM),
    case("a lock of length -1", "a.pdf", _locked(b"/Filter/Standard/V 2/R 3/O(x)/U(x)/P 0/Length -1"), *_HARM),
    case("a lock that is its own dictionary", "a.pdf", _crossing(b"/Encrypt 1 0 R"), *_HARM),
    case("a picture named .pdf", "a.pdf", b"\x89PNG\r\n\x1a\n" + zlib.compress(b"x" * 9999), "corrupt", "binary"),
    case("a PDF behind junk", "a.pdf", b"\0" * 1000 + one_page(_WORDS), *_HARM),
    case("nothing but a header", "a.pdf", b"%PDF-1.7\n", "corrupt"),
    case("one object 100,000 times", "a.pdf", lambda: b"%PDF-1.4\n" + b"1 0 obj<<>>endobj\n" * 100_000, *_HARM),
    *cut("a PDF", "a.pdf", _WHOLE, _PLACES, *_HARM),
]
