"""The query language: what is understood of what people type, and that nothing they type is an error."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finder.search.language.filters import Filter
from finder.search.language.parsing import MOST_OPERATORS, Parsed, Part, parse
from finder.search.query import SearchRequest, query_of, understand
from finder.search.understood import chips, without_types
from finder.text import clean

NOW = datetime(2024, 5, 17, 12, 30, tzinfo=timezone(timedelta(hours=2)))
NS = 1_000_000_000

_CHARS = "\"“”「」＂-－:：,，、()\\.' \u3000\n"
_WORDS = (
    "ext:",
    "in:",
    "name:",
    "before:",
    "lang:zh",
    "size:>1mb",
    "modified:<3d",
    "foo:",
    "-ext:md",
    "-*.md",
    '-"x y"',
    "2020",
)
_MORE_WORDS = ("pdf", "soon", "a", "b c", "押", "金额", '5"', "~/x y", "EXT：pdf", 'in:"a b"')
_PIECES = st.sampled_from([*_CHARS, *_WORDS, *_MORE_WORDS])
QUERIES = st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=25).map("".join)).map(clean)


def understood(query: str) -> Parsed:
    return parse(query, NOW)


def filters(query: str) -> list[Filter]:
    return [part.filter for part in understood(query).parts if part.filter is not None]


def meanings(parts: list[Part]) -> list[tuple[object, ...]]:
    return [(part.kind, part.value, part.is_negated, part.filter) for part in parts]


def ns(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=NOW.tzinfo).timestamp()) * NS  # type: ignore[arg-type,misc]


@given(QUERIES)
def test_any_string_parses_and_what_it_prints_parses_to_the_same(query: str) -> None:
    parsed = understood(query)
    assert meanings(understood(parsed.printed()).parts) == meanings(parsed.parts)


@given(QUERIES)
def test_cutting_a_chip_out_of_the_query_removes_just_it(query: str) -> None:
    found = understand(SearchRequest(f"{query} .", now=NOW))
    for chip in chips(found, {}):
        left = understand(SearchRequest(found.typed[: chip["start"]] + found.typed[chip["end"] :], now=NOW))
        rest = [part for part in found.parts if part.start != chip["start"]]
        expected = query_of(found.typed, rest)
        assert (left.filters, left.phrases, left.excluded) == (expected.filters, expected.phrases, expected.excluded)
        assert left.text.replace(" ", "") == expected.text.replace(" ", "")


@given(QUERIES)
def test_every_part_stands_where_it_says(query: str) -> None:
    ends = 0
    for part in understood(query).parts:
        assert ends <= part.start < part.end <= len(query)
        ends = part.end


@pytest.mark.parametrize("operator", ["-a{}", '"b{} c"', "ext:a{}", "in:d{}", "size:>{}", "name:n{}"])
def test_of_very_many_operators_the_first_are_understood_and_the_rest_is_text(operator: str) -> None:
    query = " ".join(operator.format(number) for number in range(2_000))[:19_000]
    found = understand(SearchRequest(query, now=NOW))
    assert sum(part.kind != "words" or part.is_negated for part in found.parts) == MOST_OPERATORS
    assert operator.format(MOST_OPERATORS) in found.text
    assert len(found.notes) == 1


def test_a_filter_of_very_many_values_is_text_and_notes_stay_short() -> None:
    query = f"ext:{','.join(f'a.{number}' for number in range(2_000))}"
    assert filters(query) == []
    found = understand(SearchRequest(" ".join(f"before:soon{number}" for number in range(1_000)) + f" {query}"))
    assert 1 <= len(found.notes) <= 10
    assert max(map(len, [*found.notes, *understood(query).notes])) < 200


def test_a_query_of_quotes_takes_no_time() -> None:
    began = time.monotonic()
    for char in ('" ', '"x ', '"\\" ', "ext:", 'in:"', '-"a '):
        understood(char * (20_000 // len(char)))
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("query", "text", "phrases", "excluded"),
    [
        ("why did the bridge fail", "why did the bridge fail", [], []),
        ('the "final report" of May', "the final report of May", ["final report"], []),
        ("“final report”", "final report", ["final report"], []),
        ("„final report“ «and» ＂more＂", "final report and more", ["final report", "and", "more"], []),
        ("「退还押金」", "退还押金", ["退还押金"], []),
        ('合同"退还押金"房东', "合同 退还押金 房东", ["退还押金"], []),
        (r'"say \"yes\" now"', 'say "yes" now', ['say "yes" now'], []),
        ('report -draft -"not final"', "report", [], ["draft", "not final"]),
        ("report －draft", "report", [], ["draft"]),
        ("合同 -押金", "合同", [], ["押金"]),
        ("well-known e-mail 2020-2021", "well-known e-mail 2020-2021", [], []),
        ("a - b -- c", "a - b -- c", [], []),
        ('a 5" disk and a 3" one', 'a 5" disk and a 3" one', [], []),
        ('"never closed', '"never closed', [], []),
        ('"" "!"', '"" "!"', [], []),
    ],
)
def test_words_phrases_and_exclusions(query: str, text: str, phrases: list[str], excluded: list[str]) -> None:
    found = understand(SearchRequest(query, now=NOW))
    assert (found.text, found.phrases, found.excluded) == (text, phrases, excluded)
    assert not found.filters


@pytest.mark.parametrize(
    ("query", "field", "values"),
    [
        ("ext:pdf", "ext", ("pdf",)),
        ("EXT:PDF,.Docx,", "ext", ("pdf", "docx")),
        ("ext：pdf，docx、txt", "ext", ("pdf", "docx", "txt")),
        ("ext:*.tar.gz", "ext", ("tar.gz",)),
        ("type:mail,Documents", "type", ("mail", "document")),
        ("type:photos", "type", ("image",)),
        ("in:thesis", "in", ("thesis",)),
        ("in:/home/me/papers/", "in", ("/home/me/papers",)),
        ("in:~/papers", "in", ("~/papers",)),
        ('in:"my papers",notes', "in", ("my papers", "notes")),
        ("in:“my papers”", "in", ("my papers",)),
        ("name:draft", "name", ("draft",)),
        ('name:"two words"', "name", ("two words",)),
        ("lang:zh-CN,DE", "lang", ("zh", "de")),
        ("lang:german", "lang", ("de",)),
        ("lang:中文,Deutsch", "lang", ("zh", "de")),
        ("type：邮件，图片", "type", ("mail", "image")),
        ("*.pdf", "ext", ("pdf",)),
        ("*.tar.GZ", "ext", ("tar.gz",)),
    ],
)
def test_filters_with_values(query: str, field: str, values: tuple[str, ...]) -> None:
    for negation in ("", "-"):
        (found,) = filters(f"before {negation}{query} behind")
        assert (found.field, found.values, found.is_negated) == (field, values, bool(negation))
        assert understand(SearchRequest(f"before {negation}{query} behind")).text == "before behind"


@pytest.mark.parametrize(
    ("query", "least", "below", "words"),
    [
        ("before:2024-03", None, ns(2024, 3, 1), "before March 2024"),
        ("before:2020", None, ns(2020, 1, 1), "before 2020"),
        ("after:2023", ns(2023, 1, 1), None, "from 2023 on"),
        ("after:2023-12-31", ns(2023, 12, 31), None, "from 31 December 2023 on"),
        ("after:2023/6", ns(2023, 6, 1), None, "from June 2023 on"),
        ("after:15.06.2023", ns(2023, 6, 15), None, "from 15 June 2023 on"),
        ("after:06.2023", ns(2023, 6, 1), None, "from June 2023 on"),
        ("after:20230615", ns(2023, 6, 15), None, "from 15 June 2023 on"),
        ("after:15/6/2023", ns(2023, 6, 15), None, "from 15 June 2023 on"),
        ("after:6/15/2023", ns(2023, 6, 15), None, "from 15 June 2023 on"),
        ("before:6/2023", None, ns(2023, 6, 1), "before June 2023"),
        ("after:2023年6月", ns(2023, 6, 1), None, "from June 2023 on"),
        ("after：2023年6月15日", ns(2023, 6, 15), None, "from 15 June 2023 on"),
        ("after:june-2023", ns(2023, 6, 1), None, "from June 2023 on"),
        ('after:"15 Jun 2023"', ns(2023, 6, 15), None, "from 15 June 2023 on"),
        ('after:"June 15, 2023"', ns(2023, 6, 15), None, "from 15 June 2023 on"),
        ("after:june", ns(2023, 6, 1), None, "from June 2023 on"),
        ("after:may", ns(2024, 5, 1), None, "from May 2024 on"),
        ("modified:今天", ns(2024, 5, 17), ns(2024, 5, 18), "today"),
        ("modified:<30d", ns(2024, 4, 17, 12, 30), None, "in the last 30 days"),
        ("modified:>2y", None, ns(2022, 5, 18, 12, 30), "over 2 years ago"),
        ("modified:<1H", ns(2024, 5, 17, 11, 30), None, "in the last hour"),
        ("modified:today", ns(2024, 5, 17), ns(2024, 5, 18), "today"),
        ("modified:yesterday", ns(2024, 5, 16), ns(2024, 5, 17), "yesterday"),
        ("modified:week", ns(2024, 5, 10, 12, 30), None, "in the last week"),
        ("modified:2023-12", ns(2023, 12, 1), ns(2024, 1, 1), "in December 2023"),
        ("modified:2024-02-10", ns(2024, 2, 10), ns(2024, 2, 11), "on 10 February 2024"),
        ("modified:2021..2023", ns(2021, 1, 1), ns(2024, 1, 1), "2021 to 2023"),
        ("modified:>2023", ns(2024, 1, 1), None, "after 2023"),
        ("modified:>=2023", ns(2023, 1, 1), None, "from 2023 on"),
        ("modified:<2023", None, ns(2023, 1, 1), "before 2023"),
        ("modified:<=2023-02", None, ns(2023, 3, 1), "up to February 2023"),
        ("size:>1mb", 1_000_001, None, "more than 1 MB"),
        ("size:>=1,5MB", 1_500_000, None, "1.5 MB or more"),
        ("size:10kb", 10_000, None, "10 kB or more"),
        ("size:0", 0, 1, "0 bytes"),
        ("size:>=0", 0, None, "0 bytes or more"),
        ("size:<1kib", None, 1_024, "less than 1.024 kB"),
        ("size:<=500", None, 501, "at most 500 bytes"),
        ("size:1mb..2gb", 1_000_000, 2_000_000_001, "1 MB to 2 GB"),
    ],
)
def test_filters_with_limits(query: str, least: int | None, below: int | None, words: str) -> None:
    (found,) = filters(query)
    assert found.span is not None
    assert (found.span.least, found.span.below, found.text) == (least, below, words)


@pytest.mark.parametrize(
    "query",
    [
        "before:soon",
        "after:2023-13",
        "after:2023-00",
        "before:0.2023",
        "after:05/06/2023",
        "after:13/13/2023",
        "after:juneau",
        "after:31.02.2023",
        "before:2024-02-30",
        "modified:>tomorrow",
        "modified:2023..2021",
        "size:big",
        "size:2mb..1mb",
        "size:>",
        "size:>1,000",
        "type:thing",
        "type:pdf,thing",
        "lang:klingon",
        "ext:",
        "name:--",
        "after:99999",
    ],
)
def test_a_value_that_makes_no_sense_is_text_with_a_note(query: str) -> None:
    found = understand(SearchRequest(f"report {query} here"))
    assert (found.text, found.filters) == (f"report {query} here", [])
    assert len(found.notes) == 1
    assert query in found.notes[0]


@pytest.mark.parametrize(
    "query",
    ["foo:bar", "http://example.org", "std::string", "10:30", "C:/x", "note: see below", 'foo:"a b"', "xext:pdf"],
)
def test_what_is_no_operator_is_plain_text(query: str) -> None:
    found = understand(SearchRequest(query))
    assert (found.text, found.filters, found.phrases, found.notes) == (query, [], [], [])


@pytest.fixture
def clocks_that_change() -> Iterator[None]:
    """Those of central Europe, without a database of time zones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("clocks_that_change")
@pytest.mark.parametrize("now", [datetime(2024, 3, 31, 3, 30), datetime(2024, 10, 27, 2, 10, fold=1)])
def test_the_last_hour_is_an_hour_while_the_clocks_change(now: datetime) -> None:
    (found,) = understand(SearchRequest("modified:<1h", now=now)).filters
    assert found.span is not None
    assert found.span.least == (int(now.timestamp()) - 3_600) * NS


def test_days_begin_where_the_computer_is_whatever_the_season() -> None:
    found = understand(SearchRequest("before:2024-01-01 after:2023-07-01", now=datetime(2024, 5, 17)))
    spans = [one.span for one in found.filters]
    assert spans[0] is not None
    assert spans[1] is not None
    assert spans[0].below == int(datetime(2024, 1, 1).timestamp()) * NS
    assert spans[1].least == int(datetime(2023, 7, 1).timestamp()) * NS


def test_a_beginning_stays_one_where_a_filter_is_taken_out() -> None:
    typed = understand(SearchRequest("type:document before:soon fourt", is_typing=True, now=NOW))
    left = without_types(typed)
    assert (left.terms, left.notes) == (typed.terms, typed.notes)
    assert left.terms[-1] == ("fourt", True)
    assert without_types(left) == left


def test_chips_say_what_was_understood_in_the_order_it_was_typed() -> None:
    found = understand(SearchRequest('\u200bext:pdf bridge -in:"old things" "high wind" -draft', now=NOW))
    shown = [(chip["field"], chip["text"], found.typed[chip["start"] : chip["end"]]) for chip in chips(found, {})]
    assert shown == [
        ("ext", ".pdf", "ext:pdf"),
        ("in", "not in old things", '-in:"old things"'),
        ("phrase", "“high wind”", '"high wind"'),
        ("word", "not “draft”", "-draft"),
    ]


@pytest.mark.parametrize("pasted", ['x = "a b\nc d"', '<p class="' + "wide " * 30 + '">', '"for a\n in b"'])
def test_what_was_pasted_with_quotes_over_lines_or_at_length_is_plain_text(pasted: str) -> None:
    found = understand(SearchRequest(f"why {pasted} here"))
    assert (found.phrases, found.excluded) == ([], [])
    assert found.text.split() == f"why {pasted} here".split()
