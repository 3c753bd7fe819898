"""Splitting: nothing is lost, nothing is too long, and an edit moves few passages."""

from __future__ import annotations

import random
import time
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finder.passages import MAX_TOKENS, split
from finder.types import Document, Place

_WORDS = [
    "time", "year", "people", "way", "day", "man", "thing", "woman", "life", "child", "world", "school", "state",
    "family", "student", "group", "country", "problem", "hand", "part", "place", "case", "week", "company", "system",
    "program", "question", "work", "government", "number",
]  # fmt: skip


def _prose(seed: int, words: int, ends: str = ".", paragraphs: bool = True) -> str:
    chance = random.Random(seed)
    pieces = []
    for _ in range(words // 12):
        sentence = " ".join(["The", *chance.choices(_WORDS, k=chance.randint(6, 18)), "of the"])
        pieces.append(sentence + ends + ("\n\n" if paragraphs and chance.random() < 0.2 else " "))
    return "".join(pieces)


_PIECES = st.sampled_from(
    ["word ", "a", "。", "漢字", ". ", "\n\n", "\n", "    ", "x" * 50, "Ελλάδα ", "! ", "é", "\t"]
)


@settings(max_examples=60)
@given(st.lists(_PIECES, max_size=40), st.integers(1, 30), st.lists(st.integers(0, 3000), max_size=6))
def test_every_character_is_in_exactly_one_passage(pieces: list[str], times: int, headings: list[int]) -> None:
    text = "".join(pieces) * times
    places = tuple(Place(start, heading=f"H{start}") for start in sorted(set(headings)) if start < len(text))
    passages = split(Document(text, places))
    assert "".join("".join(passage.text.split()) for passage in passages) == "".join(text.split())
    for passage in passages:
        assert passage.text == text[passage.start : passage.end] == passage.text.strip() != ""
    assert all(before.end <= after.start for before, after in pairwise(passages))


@pytest.mark.parametrize(
    "text", ["x" * 50_000, "漢" * 20_000, "foo " * 20_000, "a\n" * 20_000, "word" + " " * 50_000 + "end"]
)
def test_without_any_boundary_passages_are_bounded_all_the_same(text: str) -> None:
    assert all(len(passage.text) <= 10 * MAX_TOKENS for passage in split(Document(text)))
    assert len(split(Document(text))) < 1000


@pytest.mark.parametrize(("ends", "paragraphs"), [(".", True), (".", False), ("", False)])
def test_an_inserted_word_changes_one_passage(ends: str, paragraphs: bool) -> None:
    text = _prose(7, 3000, ends, paragraphs)
    before = {passage.text for passage in split(Document(text))}
    chance = random.Random(1)
    changed: Counter[int] = Counter()
    for _ in range(60):
        at = text.index(" ", chance.randrange(len(text) - 100))
        after = split(Document(text[:at] + " zebra" + text[at:]))
        changed[len({passage.text for passage in after} - before)] += 1
    assert max(changed) <= 4
    assert changed[1] >= 45


def test_text_without_spaces_keeps_its_passages_too() -> None:
    text = _prose(7, 4000).replace(" ", "").replace(".", "").replace("\n", "")
    before = {passage.text for passage in split(Document(text))}
    for at in (5, 1000, len(text) // 2):
        after = {passage.text for passage in split(Document(text[:at] + "zebra" + text[at:]))}
        assert len(after - before) <= 4


def test_words_and_sentences_stay_whole_where_they_can() -> None:
    text = _prose(3, 3000, paragraphs=False)
    passages = split(Document(text))
    assert len(passages) > 5
    assert all(passage.text.endswith(".") for passage in passages)
    bare = _prose(3, 3000, ends="", paragraphs=False)
    assert {word for passage in split(Document(bare)) for word in passage.text.split()} == set(bare.split())


def test_chinese_is_cut_at_its_full_stops() -> None:
    text = "".join(f"第{n}句话说的是一件完全不同的事情，与前面无关。" for n in range(200))
    assert all(passage.text.endswith("。") for passage in split(Document(text)))


def test_a_passage_never_spans_two_sections() -> None:
    first, second = _prose(1, 80), _prose(2, 80)
    text = first + second
    document = Document(text, (Place(0, heading="One"), Place(len(first), heading="Two")))
    assert {(p.heading, p.start < len(first)) for p in split(document)} == {("One", True), ("Two", False)}
    assert all(p.end <= len(first) or p.start >= len(first) for p in split(document))


def test_a_tiny_section_joins_the_next_and_takes_its_heading() -> None:
    title, body, last = "Manual\n\n", _prose(1, 60), "See also.\n"
    text = title + body + last
    places = (Place(0, heading="Manual"), Place(len(title), heading="Use"), Place(len(title + body), heading="More"))
    passages = split(Document(text, places))
    assert passages[0].text.startswith("Manual")
    assert {passage.heading for passage in passages} == {"Use"}
    assert passages[-1].text.endswith("See also.")


def test_the_page_is_that_of_the_start_and_lines_count_from_one() -> None:
    text = _prose(5, 600)
    half = len(text) // 2
    document = Document(text, (Place(0, page=1, label="part a"), Place(half, page=2, label="part b")), has_lines=True)
    for passage in split(document):
        assert (passage.page, passage.label) == ((1, "part a") if passage.start < half else (2, "part b"))
        assert passage.line == text[: passage.start].count("\n") + 1
    assert all(passage.line is None for passage in split(Document(text)))


@pytest.mark.parametrize(
    ("first", "last", "label"),
    [
        ("sheet Budget, row 3", "sheet Budget, row 8", "sheet Budget, rows 3-8"),
        ("row 3", "row 3", "row 3"),
        ("slide 1", "slide 2, notes", "slides 1-2"),
        ("slide 2", "slide 2, notes", "slide 2"),
        ("attachment plan.pptx, slide 9", "attachment plan.pptx, slide 10", "attachment plan.pptx, slides 9-10"),
        ("sheet A, row 9", "sheet B, row 10", "sheet A, row 9"),
        ("message 1", None, "message 1"),
        (None, "row 2", None),
    ],
)
def test_a_label_reaches_from_the_first_to_the_last_place(
    first: str | None, last: str | None, label: str | None
) -> None:
    [passage] = split(Document("They dance.\nThey rest.", (Place(0, label=first), Place(12, label=last))))
    assert passage.label == label


def test_white_space_alone_is_no_passage() -> None:
    assert split(Document("")) == []
    assert split(Document(" \n\t " * 500, (Place(0, heading="Empty"),))) == []


def test_a_text_of_headings_alone_is_split_in_linear_time() -> None:
    def seconds(places: tuple[Place, ...]) -> float:
        begun = time.process_time()
        assert split(Document("# x\n" * 200_000, places))
        return time.process_time() - begun

    assert seconds(tuple(Place(4 * line, heading=str(line % 10)) for line in range(200_000))) < 4 * seconds(()) + 0.5


def test_a_title_and_an_author_that_the_text_does_not_say_stand_over_its_beginning() -> None:
    text = "# Costs\n\n" + _prose(1, 600)
    said = Document(text, (Place(0, heading="Costs"),), title="Annual \n report", metadata={"author": "J. Okafor"})
    first, *others = split(said)
    assert first.heading == "Annual report · J. Okafor · Costs"
    assert {passage.heading for passage in others} == {"Costs"}
    assert first.text == text[first.start : first.end]


def test_a_title_that_the_text_begins_with_is_not_said_twice() -> None:
    said = Document("Annual   Report\n\nSales rose.", title="annual report", metadata={"author": "Sales"})
    assert [passage.heading for passage in split(said)] == [None]


def test_a_title_without_end_is_cut() -> None:
    (first,) = split(Document("Sales rose.", title="long " * 5_000))
    assert len(first.heading or "") <= 100
