"""Spreadsheets and delimited text: rows that mean something when they are found, and what is wrong with them."""

from __future__ import annotations

import io
import time
import zipfile
from datetime import date, datetime, timedelta
from datetime import time as clock

import pytest

from finder.extract.reader import Limits, TextBuilder
from finder.extract.sheets.tabular import shown, write_rows
from finder.types import Document
from tests import documents
from tests import documents_office as office
from tests.reading import OUTCOMES, code_of, outcome, outcomes_of_damage, read


def _labels(document: Document) -> list[str | None]:
    return [place.label for place in document.places]


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([["Name", "Amount"], ["Ada", "30"], ["", "40"]], "Name | Amount\nName: Ada; Amount: 30\nAmount: 40"),
        ([["Expenses"], [], ["Name:", "Amount"], ["Ada", "30"]], "Expenses\nName: | Amount\nName: Ada; Amount: 30"),
        ([["1", "2"], ["3", "4"]], "1 | 2\n3 | 4"),
        ([["2024-01-01", "30 €"], ["2024-01-02", "40 €"]], "2024-01-01 | 30 €\n2024-01-02 | 40 €"),
        ([["What a long answer to a question of this kind may be", "x"], ["a", "b"]], None),
        ([["one row", "alone"]], "one row | alone"),
        ([["Name", "", "Amount"], ["Ada", "", "30", "more"]], "Name | Amount\nName: Ada; Amount: 30; more"),
        ([["Name", "Note"], ["Ada", "two\nlines"]], "Name | Note\nName: Ada; Note: two lines"),
    ],
)
def test_values_stand_beside_the_names_of_their_columns(rows: list[list[str]], text: str | None) -> None:
    builder = TextBuilder(10_000)
    write_rows(builder, ((number, dict(enumerate(row))) for number, row in enumerate(rows, 1)), "")
    expected = text or "\n".join(" | ".join(row) for row in rows)
    assert builder.document().text == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (30.0, "30"),
        (1250.5, "1250.5"),
        (0.1 + 0.2, "0.3"),
        (1e-5, "0.00001"),
        (12345678901234.0, "12345678901234"),
        (True, "TRUE"),
        (date(2024, 3, 1), "2024-03-01"),
        (datetime(2024, 3, 1), "2024-03-01"),
        (datetime(2024, 3, 1, 14, 30), "2024-03-01 14:30"),
        (clock(14, 30, 5), "14:30:05"),
        (timedelta(hours=30, minutes=5), "30:05:00"),
        ("as it is", "as it is"),
    ],
)
def test_values_look_as_people_write_them(value: object, text: str) -> None:
    assert shown(value) == text


def test_excel_rows_with_shared_texts_dates_percents_formulas_and_empty_rows() -> None:
    budget = """<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>Day</t></is></c>
    <c r="D1" t="s"><v>1</v></c></row><row r="2"/><row r="3"><c r="A3" t="str"><f>A1</f><v>Ada</v></c>
    <c r="B3" s="1"><v>45352</v></c><c r="D3" s="2"><v>0.125</v></c></row><row r="4"><c r="A4"><v>1250.50</v></c>
    <c r="B4" s="3"><v>0.6041666666666666</v></c><c r="D4" t="b"><v>1</v></c></row>"""
    formats = ["General", "dd/mm/yyyy", '0.0"%"\\ %', "[$-409]h:mm AM/PM"]
    document = read(
        "a.xlsx", office.xlsx({"My Budget": budget, "More": "<row><c><v>7</v></c></row>"}, ["Name", "Share"], formats)
    )
    assert document.text == (
        "Name | Day | Share\nName: Ada; Day: 2024-03-01; Share: 12.5%\nName: 1250.5; Day: 14:30; Share: TRUE\n\n7"
    )
    assert _labels(document) == [
        *("sheet My Budget, row 1", "sheet My Budget, row 3", "sheet My Budget, row 4", "sheet More, row 1")
    ]
    assert {place.heading for place in document.places} == {"My Budget", "More"}
    assert (document.title, document.metadata) == ("The bees", {"author": "Ada", "date": "2024-03-01"})
    assert document.type == "sheet"


def test_a_stray_cell_in_the_last_corner_costs_nothing() -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    document = read("a.xlsx", office.xlsx({"A": rows}))
    assert (document.text, _labels(document)[-1]) == ("1\n2", "sheet A, row 1048576")


def test_very_large_sheets_are_cut_and_soon_done() -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 50_000))
    document = read("a.xlsx", office.xlsx({"A": rows}), Limits(text_chars=1000))
    assert (len(document.text), document.is_cut) == (1000, True)


def test_many_sheets_of_one_part_are_read_once() -> None:
    data = office.xlsx({"A": "<row><c><v>7</v></c></row>"})
    sheets = "".join(f'<sheet name="{n}" r:id="r0"/>' for n in range(1000))
    parts = {
        "xl/workbook.xml": f'<workbook xmlns:r="r"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": documents.relationships({"r0": ("worksheet", "worksheets/sheet0.xml")}),
        "xl/worksheets/sheet0.xml": "<worksheet><row><c><v>7</v></c></row></worksheet>",
    }
    assert read("a.xlsx", documents.zipped(parts)).text == read("b.xlsx", data).text == "7"


def test_comments_and_charts_lie_on_their_sheet() -> None:
    parts = {
        "xl/workbook.xml": '<workbook xmlns:r="r"><sheets><sheet name="A" r:id="r0"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": documents.relationships({"r0": ("worksheet", "worksheets/sheet0.xml")}),
        "xl/worksheets/sheet0.xml": "<worksheet><row><c><v>7</v></c></row></worksheet>",
        "xl/worksheets/_rels/sheet0.xml.rels": documents.relationships(
            {"c": ("comments", "../comments1.xml"), "d": ("drawing", "../drawings/d.xml")}
        ),
        "xl/comments1.xml": "<comments><comment><text><t>Why </t><t>seven?</t></text></comment></comments>",
        "xl/drawings/d.xml": "<wsDr/>",
        "xl/drawings/_rels/d.xml.rels": documents.relationships({"e": ("chart", "../charts/c.xml")}),
        "xl/charts/c.xml": '<c:chart xmlns:c="c" xmlns:a="a"><a:p><a:t>Honey</a:t></a:p><c:strCache><c:pt>'
        "<c:v>May</c:v></c:pt></c:strCache><c:numCache><c:pt><c:v>99</c:v></c:pt></c:numCache></c:chart>",
    }
    document = read("a.xlsx", documents.zipped(parts))
    assert document.text.split("\n") == ["7", "", "Why seven?", "", "Honey", "May"]
    assert _labels(document)[-1] == "sheet A"


def test_excel_97_is_read_and_its_rows_are_numbered_as_excel_does() -> None:
    data = office.xls({"Budget": [[], [], ["", "Name", "Amount"], ["", "Ádám", 1250.5]]})
    document = read("a.xls", data)
    assert document.text == "Name | Amount\nName: Ádám; Amount: 1250.5"
    assert _labels(document) == ["sheet Budget, row 3", "sheet Budget, row 4"]


def test_stray_cells_of_excel_97_never_cost_more_memory_than_there_is() -> None:
    stray = read("a.xls", office.xls({"A": [["Ada"]]}, stray=(20_000, 255)))
    assert (stray.text, _labels(stray)[-1]) == ("Ada\n7", "sheet A, row 20001")
    assert code_of("a.xls", office.xls({"A": [["Ada"]]}, stray=(65_535, 65_535))) == "corrupt"
    assert code_of("a.xls", office.xls({"A": [["Ada"]], "B": [], "C": []}, stray=(65_535, 255))) == "too_large"


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [(1 << 30, 0, "corrupt"), (0, 1 << 30, "corrupt"), (1_048_575, 16_383, "too_large")],
)
def test_stray_cells_of_binary_workbooks_are_refused(row: int, column: int, code: str) -> None:
    sheet = b"\x00\x04" + row.to_bytes(4, "little") + b"\x05\x04" + column.to_bytes(4, "little")
    parts = {"xl/workbook.bin": b"", "xl/worksheets/sheet1.bin": sheet}
    assert code_of("a.xlsb", documents.zipped(parts)) == code


def test_what_a_password_protects_says_so() -> None:
    assert code_of("a.xls", office.xls({"A": [["secret"]]}, has_password=True)) == "encrypted"


def test_an_xls_file_is_often_something_else() -> None:
    assert read("a.xls", office.xlsx({"A": "<row><c><v>7</v></c></row>"})).text == "7"
    assert read("a.xls", b"<html><table><tr><td>Ada</td></tr></table></html>").text == "Ada"
    assert read("a.xls", b"Name\tAmount\nAda\t30\n").text == "Name | Amount\nName: Ada; Amount: 30"
    assert code_of("a.xlsx", b"just some words that somebody renamed") == "corrupt"


_ODS = """<table:table table:name="Budget"><table:table-row><table:table-cell office:value-type="string"><text:p>Name
</text:p></table:table-cell><table:table-cell/><table:table-cell><text:p>Day</text:p></table:table-cell><table:table-cell>
<text:p>Share</text:p></table:table-cell></table:table-row><table:table-row table:number-rows-repeated="1000000">
<table:table-cell table:number-columns-repeated="16384"/></table:table-row><table:table-row><table:table-cell>
<office:annotation><dc:date>2020</dc:date><text:p>Who is she?</text:p></office:annotation><text:p>Ada</text:p>
</table:table-cell><table:table-cell/><table:table-cell office:value-type="date" office:date-value="2024-03-01">
<text:p>1.3.24</text:p></table:table-cell><table:table-cell office:value-type="percentage" office:value="0.125">
<text:p>13 %</text:p></table:table-cell></table:table-row></table:table>"""


@pytest.mark.parametrize("is_flat", [False, True])
def test_opendocument_sheets(is_flat: bool) -> None:
    data = office.flat_odf("spreadsheet", _ODS) if is_flat else office.odf("spreadsheet", _ODS)
    document = read("a.fods" if is_flat else "a.ods", data)
    assert document.text == "Name | Day | Share\nName: Ada; Day: 2024-03-01; Share: 12.5%\n\nWho is she?"
    assert _labels(document)[:2] == ["sheet Budget, row 1", "sheet Budget, row 1000002"]
    assert document.type == "sheet"


@pytest.mark.parametrize(
    ("name", "source", "text"),
    [
        ("a.csv", "Name,Amount\nAda,30\n", "Name | Amount\nName: Ada; Amount: 30"),
        (
            "a.csv",
            "Name;Amount\r\nAda;1,5\r\nBob;2,5\r\n",
            "Name | Amount\nName: Ada; Amount: 1,5\nName: Bob; Amount: 2,5",
        ),
        ("a.csv", "sep=|\nName|Amount\nAda, Bob|30\n", "Name | Amount\nName: Ada, Bob; Amount: 30"),
        ("a.tsv", "Name\tAmount\nAda, Bob\t30\n", "Name | Amount\nName: Ada, Bob; Amount: 30"),
        ("a.psv", "Name|Amount\nAda|30\n", "Name | Amount\nName: Ada; Amount: 30"),
        ("a.csv", 'Name,Note\nAda,"two\nlines, a ""quote"""\n', 'Name | Note\nName: Ada; Note: two lines, a "quote"'),
        ("a.csv", "Name,Amount\nAda\nBob,1,2,3\n", "Name | Amount\nName: Ada\nName: Bob; Amount: 1; 2; 3"),
        ("a.csv", "words\nwithout any\n", "words\nwithout any"),
        ("a.csv", "\ufeffName,Amount\n\x00Ada,30\n", "Name | Amount\nName: Ada; Amount: 30"),
        ("a.csv", 'Name,Amount\n"never closed,30\n', "Name | Amount\nName: never closed,30"),
    ],
)
def test_delimited_text(name: str, source: str, text: str) -> None:
    document = read(name, source)
    assert document.text == text
    assert document.type == "sheet"


def test_rows_of_delimited_text_are_counted_as_a_spreadsheet_does() -> None:
    document = read("a.csv", 'Name,Note\n\nAda,"two\nlines"\nBob,x\n')
    assert _labels(document) == ["row 1", "row 3", "row 4"]
    assert _labels(read("a.csv", "sep=;\nName;Note\nAda;x\n")) == ["row 2", "row 3"]


def test_delimited_text_says_how_it_is_encoded() -> None:
    document = read("a.csv", "Name;Stadt\nJürgen;Köln\nJörg;Düren\n".encode("cp1252"))
    assert "Name: Jürgen; Stadt: Köln" in document.text
    assert document.is_encoding_guessed


@pytest.mark.parametrize(
    "data",
    [b"a" * 3_000_000, b'"' * 1_000_001, b"," * 1_000_000, b"a,b\n" * 60_000, b'"a\n' * 100_000, b"|;\t,\n" * 80_000],
    ids=["field", "quotes", "commas", "rows", "open quotes", "empty"],
)
def test_hostile_delimited_text_ends_soon(data: bytes) -> None:
    begun = time.process_time()
    assert outcome("a.csv", data) in ("text", "no_text")
    assert time.process_time() - begun < 2


_TEXT_ROW = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'


def test_a_damaged_sheet_costs_only_itself() -> None:
    document = read("a.xlsx", office.xlsx({"A": "<row><c", "B": _TEXT_ROW}, ["words"]))
    assert document.text == "words"
    assert document.notes == ("1 of 2 sheets are damaged",)


@pytest.mark.parametrize("lost", ["xl/worksheets/sheet0.xml", "xl/sharedStrings.xml"])
def test_a_workbook_that_lost_its_cells_is_corrupt_and_not_empty(lost: str) -> None:
    whole = office.xlsx({"A": _TEXT_ROW}, ["words"])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if name != lost}
    assert code_of("a.xlsx", documents.zipped(parts)) == "corrupt"
    assert code_of("a.xlsx", office.xlsx({"A": ""})) == "no_text"


def test_every_truncation_and_flip_ends_in_text_or_a_file_error() -> None:
    wholes = {
        "a.xls": office.xls({"Budget": [["Name", "Amount"], ["Ada", 30.0]]}),
        "a.xlsx": office.xlsx({"A": '<row><c t="s"><v>0</v></c></row>'}, ["words"]),
        "a.ods": office.odf("spreadsheet", _ODS),
    }
    assert {"text", "corrupt"} <= outcomes_of_damage(wholes) <= OUTCOMES
