"""What the command line prints: passages cut to what answers, hostile text made harmless, honest last lines."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from finder.cli.excerpt import code_excerpt, cut_middle, excerpt
from finder.cli.progress import IndexingBar, numbers, share
from finder.cli.results import has_match, lines, outcome, place, show_rows
from finder.cli.screen import count, duration, print_json, printable, size
from finder.search.found import Found, FoundFile, FoundPassage
from finder.search.words import EqualWords, Span
from finder.service.protocol.indexing import Progress
from finder.store import keywords

LONG = (
    "Version control remembers everything. A password that was committed once stays in the history for ever. "
    "Everybody who has a clone has the password too, and so has every backup of every clone. "
    "Keep secrets out of version control: list local files such as .env in .gitignore. Nothing else follows here. "
)
HOSTILE = "\x1b[2J\x1b]52;c;ZXZpbA==\x07\x9b31m\u202egpj.exe\r\b[bold]x[/bold]"


def words_in(text: str, query: str) -> list[Span]:
    """As the service says where the query's words stand."""
    return EqualWords(keywords.query_terms(query)).spans(text)


def span_of(part: str, text: str = LONG) -> Span:
    return text.index(part), text.index(part) + len(part)


def passage(text: str, **place_: Any) -> FoundPassage:
    words = words_in(text, "keep secrets")
    empty: dict[str, Any] = {
        **dict.fromkeys(("page", "line", "heading", "label", "answer")),
        "words": words,
    }
    return FoundPassage(**{"text": text, "start": 0, "end": len(text), **empty, **place_})


def file(name: str, *passages: FoundPassage, **changed: Any) -> FoundFile:
    path = f"/srv/notes/{name}"
    known: dict[str, Any] = {
        "uri": "file:///srv/notes/x",
        "path": path,
        "name": name,
        "score": 0.8,
        "strength": "strong",
        "why": ["words", "meaning"],
        "reason": "By meaning; words: secrets",
        "reach": "meaning",
        "name_words": words_in(name, "keep secrets"),
        "modified": "2024-05-03T10:00:00+00:00",
        "size_bytes": 4213,
        "type": "document",
        "copies": [],
        "is_offline": False,
        "passages": list(passages),
    }
    return FoundFile(**{**known, **changed})


def found(
    *results: FoundFile,
    notes: tuple[str, ...] = (),
    query: str = "keep secrets",
    suggestion: str | None = None,
    **coverage: int,
) -> Found:
    counts: dict[str, Any] = {"indexed": 2340, "pending": 0, "failed": 0, "filtered_out": 0, **coverage}
    return Found(
        query=query,
        typed=query,
        understood=[],
        mode="hybrid",
        results=list(results),
        kinds={},
        coverage=counts,  # type: ignore[typeddict-item]
        empty_because=None,
        suggestion=suggestion,
        not_indexed=[],
        elapsed_ms=83.2,
        notes=list(notes),
    )


def rows(answer: Found, width: int = 80, is_colourful: bool = False, limit: int = 10) -> str:
    screen = io.StringIO()
    system = "standard" if is_colourful else None
    show_rows(answer, Console(file=screen, width=width, force_terminal=is_colourful, color_system=system), limit)
    return screen.getvalue()


def test_an_excerpt_begins_with_the_sentence_that_holds_the_words() -> None:
    shown = excerpt(LONG, words_in(LONG, "how do I keep secrets out of version control"), None, 120)
    assert shown.text.startswith("… Keep secrets out of version control")
    assert [shown.text[low:high] for low, high in shown.marks][:2] == ["Keep", "secrets"]


def test_an_excerpt_that_fits_is_whole() -> None:
    shown = excerpt("Short.\n\tTwo  lines.", [(8, 11)], (0, 6), 80)
    assert shown.text == "Short. Two lines."
    assert shown.marks == ((7, 10),)
    assert shown.answer == (0, 6)


def test_an_excerpt_begins_with_what_answers_where_it_would_not_be_shown_whole() -> None:
    words = words_in(LONG, "password")
    late = span_of("Keep secrets out of version control: list local files such as .env in .gitignore.")
    shown = excerpt(LONG, words, late, 100)
    assert shown.text.startswith("… Keep secrets")
    assert shown.answer is not None
    assert shown.text[slice(*shown.answer)] == LONG[slice(*late)]
    early = span_of("Version control remembers everything.")
    assert excerpt(LONG, words, early, 100).text.startswith("Version control")


def test_an_answer_longer_than_the_room_is_shown_as_far_as_it_goes() -> None:
    whole = 0, len(LONG)
    shown = excerpt(LONG, [], whole, 60)
    assert shown.answer == (0, len(shown.text.removesuffix(" …")))


@pytest.mark.parametrize("cells", [20, 41, 60, 97, 150])
def test_an_excerpt_never_cuts_a_word_and_fits(cells: int) -> None:
    shown = excerpt(LONG, words_in(LONG, "password"), None, cells)
    assert cell_len(shown.text) <= cells
    assert set(shown.text.strip("… ").split()) <= set(LONG.split())


def test_an_excerpt_of_chinese_is_measured_in_columns_and_marks_pairs() -> None:
    text = "本合同自签字之日起生效。" * 10 + "租客搬走之后，房东应当在十四天之内退还押金。" + "其他事项另行商定。" * 10
    shown = excerpt(text, words_in(text, "押金什么时候退"), None, 90)
    assert cell_len(shown.text) <= 90
    assert [shown.text[low:high] for low, high in shown.marks] == ["押金"]


def test_a_word_without_any_place_to_cut_still_fits() -> None:
    assert cell_len(excerpt("x" * 5000, [], None, 60).text) <= 60


def test_code_keeps_its_lines_and_indentation() -> None:
    code = (
        "import os\n\nclass A:\n    def f(self):\n        x = 1\n\n    def load_secret(self):\n        return environ"
    )
    shown = code_excerpt(code, words_in(code, "secret environ"), None, 60)
    assert shown.text == "    x = 1\ndef load_secret(self):\n    return environ"
    assert [shown.text[low:high] for low, high in shown.marks] == ["secret", "environ"]


def test_code_begins_with_the_line_that_answers_whatever_its_tabs() -> None:
    code = "def a():\n\tone = 1\n\n\tif one:\n\t\treturn environ\n\treturn None\n"
    answer = span_of("if one:\n\t\treturn environ", code)
    shown = code_excerpt(code, words_in(code, "environ"), answer, 60)
    assert shown.text == "if one:\n    return environ\nreturn None"
    assert shown.answer is not None
    assert shown.text[slice(*shown.answer)] == "if one:\n    return environ"
    assert [shown.text[low:high] for low, high in shown.marks] == ["environ"]


def test_a_long_name_keeps_its_end() -> None:
    name = cut_middle("租房合同最终版本关于押金以及其他事项的补充说明_v7_scan.pdf", 40)
    assert cell_len(name) <= 40
    assert name.endswith("v7_scan.pdf")
    assert "…" in name


@pytest.mark.parametrize(
    "char", [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), *"\u202e\u2066\u200b\u2028\ufeff"]
)
def test_no_character_that_a_terminal_obeys_is_printed(char: str) -> None:
    assert printable(f"a{char}b").isprintable()


def test_hostile_names_and_passages_reach_no_screen_as_they_are() -> None:
    answer = found(
        file(HOSTILE, passage(HOSTILE * 9, heading=HOSTILE), strength="weak"), notes=(HOSTILE,), query=HOSTILE
    )
    for shown in (rows(answer), "\n".join([*lines(answer), *outcome(answer)])):
        assert all(char.isprintable() or char in "\n\t" for char in shown)
        assert "[bold]x[/bold]" in shown


def test_json_is_exact_and_as_harmless_as_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    name = HOSTILE + "\x7f\U000e0001合同\ud800"
    print_json({"name": name})
    printed = capsys.readouterr().out
    assert all(char.isprintable() or char == "\n" for char in printed)
    assert json.loads(printed) == {"name": name}


def test_a_link_is_only_made_of_a_harmless_uri() -> None:
    assert "]8;" in rows(found(file("a.txt")), is_colourful=True)
    assert "]8;" not in rows(found(file("a.txt", uri="file:///a\x1b\\b")), is_colourful=True)
    assert "]8;" not in rows(found(file("a.txt", uri="https://elsewhere/")), is_colourful=True)


def test_a_row_shows_name_date_passage_place_and_strength_within_the_width() -> None:
    shown = rows(found(file("secrets.md", passage(LONG, line=12, heading="Git"), copies=["/b"])), width=72)
    assert "secrets.md" in shown
    assert "3 May 2024" in shown
    assert "Keep secrets out of" in shown
    assert "line 12 · Git" in shown
    assert "strong, by meaning; words: secrets" in shown
    assert all(cell_len(line) <= 72 for line in shown.splitlines())


def test_the_words_of_a_name_are_underlined_where_they_are_shown() -> None:
    name = "secrets of " + "a very long name " * 6 + "that I keep.md"
    shown = rows(found(file(name)), width=40, is_colourful=True)
    assert "\x1b[1;4msecrets" in shown
    assert "4mkeep" in shown


def test_weak_matches_stand_behind_a_divider_and_are_no_match() -> None:
    answer = found(file("good.md", strength="good"), file("weak.md", strength="weak"))
    shown = rows(answer)
    assert shown.index("good.md") < shown.index("Weaker matches") < shown.index("weak.md")
    assert has_match(answer)
    assert not has_match(found(file("weak.md", strength="weak")))


def test_the_last_line_says_how_many_more_fit_than_are_shown() -> None:
    cut = found(file("a.md"), file("b.md", copies=["/docs/c.md"]))
    cut["kinds"] = {"document": 9, "mail": 5}
    assert "2 of 14 matches (--limit shows more) in " in rows(cut, limit=2)
    assert "2 matches in " in rows(cut), "all rows are shown: the others are copies, or files that have just gone"
    cut["kinds"] = {"document": 3}
    assert "2 matches in " in rows(cut, limit=2)
    cut["results"].append(file("weak.md", strength="weak"))
    assert "2 matches in " in rows(cut, limit=3)


def test_a_line_for_a_pipe_has_four_cells_whatever_the_passage_holds() -> None:
    answer = found(file("a\tb\nc.md", passage("one\ttwo\nthree", page=4)))
    assert lines(answer) == ["/srv/notes/a b c.md\tstrong\tpage 4\tone two three"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (found(), "Nothing fits. None of 2,340 files answers “keep secrets”."),
        (found(indexed=0), "Nothing is indexed here. Add a folder with: inkling index FOLDER"),
        (found(pending=3120), "Nothing fits yet: 3,120 files still to be indexed."),
        (found(file("a"), pending=3120), "Still indexing 3,120 files: more may be found."),
        (found(failed=1), "1 file could not be read: inkling status --failed names them."),
        (found(filtered_out=14), "14 more hidden by filters."),
        (found(suggestion="keep secrets"), "Did you mean: keep secrets"),
        (found(file("a"), notes=("By words alone.",)), "By words alone."),
    ],
)
def test_what_an_answer_cannot_know_is_said(answer: Found, words: str) -> None:
    assert outcome(answer)[-1] == words


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"page": 4}, "page 4"),
        ({"label": "slide 2", "page": 2}, "slide 2"),
        ({"line": 7, "heading": "A"}, "line 7 · A"),
        ({"line": 7, "text": "one\ntwo\nthree", "answer": (8, 13)}, "line 9"),
        ({"line": 7, "text": "one\ntwo\nthree", "words": [(4, 7)]}, "line 8"),
        ({"label": "slide 2", "heading": "Budget"}, "slide 2 · Budget"),
        ({"label": "sheet Budget, row 12", "heading": "Budget"}, "sheet Budget, row 12"),
        ({}, ""),
    ],
)
def test_a_place_in_words(known: dict[str, Any], words: str) -> None:
    assert place(passage(known.pop("text", "x"), **known)) == words


def progress(**changed: Any) -> Progress:
    numbers_: dict[str, Any] = {
        "phase": "embedding",
        "files_seen": 3120,
        "files_read": 1560,
        "files_total": 3120,
        "bytes_read": 40_000_000,
        "bytes_total": 80_000_000,
        "passages_embedded": 100,
        "passages_total": 1000,
        "passages_per_second": 82.4,
        "seconds_left": 190.0,
    }
    return Progress(**{**numbers_, **changed})


def test_progress_counts_passages_that_are_not_read_yet() -> None:
    assert share(progress()) == pytest.approx(0.2 * 0.5 + 0.8 * 0.1 * 0.5)
    assert share(progress(bytes_read=80_000_000, passages_embedded=1000)) == 1.0
    assert share(progress(phase="scanning")) is None
    assert numbers(progress()) == "1,560 of 3,120 files · 40.0 MB of 80.0 MB · 82 passages/s · 3 min left"


def test_in_a_pipe_progress_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    with IndexingBar() as bar:
        for _ in range(50):
            now_s += 1.0
            bar(progress())
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [f"Embedding: {numbers(progress())}"] * 5


def test_counts_sizes_and_durations_read_well() -> None:
    assert [count(1, "file"), count(3120, "file"), count(2, "copy", "copies")] == ["1 file", "3,120 files", "2 copies"]
    assert [size(0), size(999), size(4213), size(250e6)] == ["0 B", "999 B", "4.2 kB", "250 MB"]
    assert [duration(0.25), duration(45), duration(190), duration(7500)] == ["0.2 s", "45 s", "3 min", "2 h 5 min"]
