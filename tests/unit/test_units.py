"""The pieces of a passage that may answer: whole sentences, items, rows and lines, at their exact places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finder.search.units import units


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in units(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The rent is due. Dogs need\nwritten consent.", ["The rent is due.", "Dogs need\nwritten consent."]),
        ("# Rules of the house\n\nNo dogs are allowed.", ["No dogs are allowed."]),
        (
            "To bring along:\n- warm clothes\n- a torch and matches",
            ["To bring along:", "- warm clothes", "- a torch and matches"],
        ),
        ("租客搬走之后退还押金。押金在十四天内退还。", ["租客搬走之后退还押金。", "押金在十四天内退还。"]),
        ("Name: Ada; Amount: 30\nName: Bob; Amount: 40", ["Name: Ada; Amount: 30", "Name: Bob; Amount: 40"]),
        ("Ada Byron | 30\nBob Dylan | 40", ["Ada Byron | 30", "Bob Dylan | 40"]),
        (
            "import os\nimport sys\n\ndef load(path):\n    text = f(path)\n    return g(text)\n    # not reached()",
            [
                "import os\nimport sys",
                "def load(path):\n    text = f(path)\n    return g(text)",
                "# not reached()",
            ],
        ),
        (
            "2024-03-01 12:00:01 listener started\n2024-03-01 12:00:09 ORA-12541: no listener\ncaused by: the net",
            [
                "2024-03-01 12:00:01 listener started",
                "2024-03-01 12:00:09 ORA-12541: no listener",
                "caused by: the net",
            ],
        ),
        (
            "[INFO] the server begins\nERROR: it has no disk\nWARN it ends",
            ["[INFO] the server begins", "ERROR: it has no disk", "WARN it ends"],
        ),
        ("12. 4,5 30 %", []),
        ("", []),
    ],
)
def test_a_passage_is_parted_as_its_kind_wants(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


def test_prose_that_is_indented_as_a_whole_is_prose() -> None:
    text = "   The first sentence goes on\n   over two lines. And the second\n   one does so, too."
    assert pieces(text) == ["The first sentence goes on\n   over two lines.", "And the second\n   one does so, too."]


def test_a_sentence_without_an_end_is_cut_at_its_pauses() -> None:
    text = "and then the committee spoke of another matter, " * 20
    found = pieces(text.strip())
    assert len(found) > 3
    assert all(len(piece) <= 320 for piece in found)
    assert all(piece.endswith(",") for piece in found)


@given(st.text(alphabet=st.sampled_from("aB é金。.!\n\t|;:-1#(){}"), max_size=400))
def test_any_text_has_pieces_in_order_within_it(text: str) -> None:
    ends = [0, *(at for span in units(text) for at in span), len(text)]
    assert ends == sorted(ends)
    assert all(piece == piece.strip() for piece in pieces(text))
