"""A page of a PDF as it is seen: its picture within bounds, and where on it a passage stands."""

from __future__ import annotations

import io

import pytest

from finder.errors import FileError
from finder.extract.media.pixels import MOST_PIXELS
from finder.extract.pages.pdf_page import Page, draw_page
from tests.documents_pdf import FONT, PAGE, one_page, shown, stream, written

LINES = (
    "Either party may end this agreement by giving written notice",
    "no later than three months before the intended date of departure",
    "The deposit is settled within six months of handing back",
)
PASSAGE = " ".join(LINES[:2])
ANSWER = (PASSAGE.index("giving"), PASSAGE.index("before"))


def page_of(lines: tuple[str, ...], extra: bytes = b"") -> bytes:
    """One page, a line every 40 points from 780 down."""
    content = b"\n".join(shown(line.encode(), b"50 %d Td" % (780 - 40 * at)) for at, line in enumerate(lines))
    return one_page(stream(content), page=extra)


def drawn(data: bytes, passage: str = "", *spans: tuple[int, int], number: int = 1, width_px: int = 600) -> Page:
    return draw_page(io.BytesIO(data), number, width_px, passage, spans)


def test_a_passage_is_marked_line_by_line_where_it_stands() -> None:
    page = drawn(page_of(LINES), PASSAGE, ANSWER)
    passage, answer = page.boxes
    assert len(passage) == 2
    assert [round(box[1], 2) for box in passage] == pytest.approx([(842 - 790) / 842, (842 - 750) / 842], abs=0.01)
    assert all(box[0] == pytest.approx(50 / 595, abs=0.01) for box in passage)
    assert len(answer) == 2
    assert answer[0][0] > passage[0][0]  # it begins within the first line
    assert answer[0][0] + answer[0][2] == pytest.approx(passage[0][0] + passage[0][2], abs=0.001)


def test_the_picture_is_as_wide_as_wanted_and_shows_the_text() -> None:
    pixels = drawn(page_of(LINES), width_px=600).pixels
    assert abs(pixels.width - 600) <= 1
    assert len(pixels.data) == pixels.stride_bytes * pixels.height
    assert min(pixels.data) < 60 < 250 < max(pixels.data)


def test_a_page_of_any_size_stays_within_the_limit() -> None:
    data = page_of(LINES).replace(b"[0 0 595 842]", b"[0 0 99 9999]")
    pixels = drawn(data, width_px=8000).pixels
    assert pixels.width * pixels.height <= MOST_PIXELS * 1.1


def test_words_broken_at_a_lines_end_are_found_all_the_same() -> None:
    page = drawn(page_of(("The tenant re-", "ports damage without delay to the landlord")), "The tenant reports damage")
    assert len(page.boxes[0]) == 2


def test_a_page_that_is_turned_is_marked_where_it_is_seen() -> None:
    turned = drawn(page_of(LINES, b"/Rotate 90"), PASSAGE)
    assert turned.pixels.width > turned.pixels.height * 1.3
    assert all(box[3] > box[2] for box in turned.boxes[0])  # lines run downwards


def test_of_a_passage_that_goes_on_over_the_page_the_part_on_it_is_marked() -> None:
    begun = "What stands on the page before this one, at some length, and ends there. " + " ".join(LINES[1:])
    assert len(drawn(page_of(LINES), begun).boxes[0]) == 2


def test_what_is_not_on_the_page_is_not_marked() -> None:
    assert drawn(page_of(LINES), "Boil the onions slowly, then add the barley and the stock", (0, 4)).boxes == [[], []]
    assert drawn(page_of(LINES), "", (0, 0)).boxes == [[], []]
    assert drawn(page_of(LINES), "§ … !", (0, 2)).boxes == [[], []]


@pytest.mark.parametrize("data", [b"%PDF-1.7 and nothing else", b"", written([b"<</Type/Catalog>>"])])
def test_what_cannot_be_drawn_is_said_to_be_damaged(data: bytes) -> None:
    with pytest.raises(FileError) as raised:
        drawn(data)
    assert raised.value.code == "corrupt"


def test_there_is_no_page_behind_the_last() -> None:
    with pytest.raises(FileError, match="Damaged"):
        drawn(page_of(LINES), number=2)


def test_every_page_is_drawn_by_its_number() -> None:
    tree = b"<</Type/Pages/Kids[3 0 R 6 0 R]/Count 2>>"
    second = PAGE.replace(b"4 0 R", b"7 0 R") % b""
    contents = [stream(shown(text)) for text in (b"the first page of two, it says", b"and the second page of them all")]
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", tree, PAGE % b"", contents[0], FONT, second, contents[1]]
    data = written(objects)
    assert drawn(data).page_count == 2
    assert drawn(data, "and the second page of them all", number=2).boxes[0]
    assert not drawn(data, "and the second page of them all", number=1).boxes[0]
