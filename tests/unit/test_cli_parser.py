"""The command line as it is parsed: what belongs to a query, what is an option, and what is a mistake."""

from __future__ import annotations

import pytest

from finder.cli.parser import build_parser
from finder.errors import UsageFaultError


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        (["printer", "fax"], ["printer", "fax"]),
        (["-fax"], ["-fax"]),
        (["printer", "-fax"], ["printer", "-fax"]),
        (["printer", "-in:notes"], ["printer", "-in:notes"]),
        (["-hello", "-5", "-"], ["-hello", "-5", "-"]),
        (['-"a phrase"', "--", "--limit", "--", "-h"], ['-"a phrase"', "--limit", "--", "-h"]),
    ],
)
def test_what_is_no_option_of_find_is_part_of_the_query(typed: list[str], query: list[str]) -> None:
    options = build_parser().parse_args(["find", *typed])
    assert (options.query, options.limit) == (query, 10)


def test_options_may_stand_anywhere_between_the_words() -> None:
    typed = ["find", "--json", "printer", "--in", "a", "-fax", "--limit=3", "--in", "b", "office", "--mode", "keyword"]
    options = build_parser().parse_args(typed)
    assert options.query == ["printer", "-fax", "office"]
    assert (options.folders, options.limit, options.mode, options.json) == (["a", "b"], 3, "keyword", True)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["find", "printer", "--limt", "3"], "unrecognized arguments: --limt"),
        (["find", "printer", "--in"], "--in: expected one argument"),
        (["find", "--json"], "required: QUERY"),
        (["find", "--"], "required: QUERY"),
        (["findd", "printer"], "Did you mean: find"),
        (["index", "-folder"], "required: DIR"),
    ],
)
def test_a_mistake_is_named(typed: list[str], words: str) -> None:
    with pytest.raises(UsageFaultError, match=words) as raised:
        build_parser().parse_args(typed)
    assert raised.value.hint.startswith("See: inkling")
