"""Strength is coarse, and what nothing but chance supports is weak."""

from __future__ import annotations

import math

import numpy as np
import pytest

from finder.search.candidates import Candidate, Evidence, Meaning, TextEvidence
from finder.search.fitting import put_weak_last
from finder.search.ranking import Ranking
from finder.search.strength import Match, reasons_of, strength_of
from finder.store.bm25 import Term
from finder.types import Reason, Strength


@pytest.mark.parametrize(
    ("found", "strength"),
    [
        (Match(surprise=1.0, lead=1.0), "weak"),  # what the best of as many unrelated passages reaches by chance
        (Match(surprise=2.0, lead=0.2, z=4.0), "good"),
        (Match(surprise=6.0, lead=0.2, z=6.0), "good"),  # others are as good: it fits, and is not singled out
        (Match(surprise=4.0, lead=3.0, z=5.0), "strong"),
        (Match(surprise=4.0, lead=3.0, reach=0.5), "strong"),
        (Match(surprise=4.0, lead=3.0, reach=0.1, z=1.0), "weak"),  # two words of a long question, about anything
        (Match(surprise=0.5, coverage=1.0, reach=1.0), "good"),  # many hold every word
        (Match(surprise=0.5, coverage=1.0, reach=1.0, is_singled_out=True), "strong"),
        (Match(surprise=0.5, coverage=0.5, reach=1.0, is_singled_out=True), "good"),  # with its folder's name
        (Match(name=0.4), "good"),
        (Match(name=0.9), "strong"),
    ],
)
def test_strength(found: Match, strength: Strength) -> None:
    assert strength_of(found) == strength


@pytest.mark.parametrize(
    ("found", "reasons"),
    [
        (Match(z=5, share=0.3, name=0.5), ["name", "words", "meaning"]),
        (Match(z=1, share=0.02), ["meaning"]),
        (Match(share=0.02), ["words"]),
        (Match(name=0.05), ["name"]),
        (Match(z=-1.0), ["meaning"]),  # the nearest of an index that has nothing near
    ],
)
def test_every_result_has_a_reason(found: Match, reasons: list[Reason]) -> None:
    assert reasons_of(found) == reasons


def ranking(zs: list[float], passage_count: int, same_text: bool = False, share: float = 0.0) -> Ranking:
    """Contents of one passage each, `zs` above the background; the first two may hold the very same passage."""
    evidence = Evidence(terms=[Term("word", False, 1, 8.0)])
    found = []
    for number, z in enumerate(zs):
        text_id = 0 if same_text and number < 2 else number
        evidence.texts[text_id] = TextEvidence(share=share, z=z)
        found.append(Candidate(number, {text_id: 0}, z))
    return Ranking(found, evidence, passage_count)


def strengths(one: Ranking) -> list[Strength]:
    return [strength_of(one.match(row)) for row in range(len(one.candidates))]


def test_the_larger_the_index_the_nearer_a_passage_must_be() -> None:
    """The best of many unrelated passages is nearer than the best of few."""
    assert strengths(ranking([4.0, 3.9, 3.8], passage_count=50)) == ["good"] * 3
    assert strengths(ranking([4.0, 3.9, 3.8], passage_count=1_000_000)) == ["weak"] * 3


def test_what_stands_far_above_the_others_is_strong_and_so_is_a_second_one() -> None:
    assert strengths(ranking([9.0, 3.0, 3.0, 3.0], 1_000)) == ["strong", "weak", "weak", "weak"]
    assert strengths(ranking([9.0, 8.8, 3.0, 3.0], 1_000))[:2] == ["strong", "strong"]
    assert strengths(ranking([9.0, 8.8, 8.7, 3.0], 1_000))[:3] == ["good"] * 3


def test_what_is_far_behind_the_best_is_not_strong_however_far_the_rest_is() -> None:
    assert strengths(ranking([14.0, 8.0, 0.0, 0.0], 100)) == ["strong", "good", "weak", "weak"]


def test_versions_with_the_very_same_passage_are_no_rivals() -> None:
    assert strengths(ranking([9.0, 9.0, 8.7, 3.0], 1_000, same_text=True))[:2] == ["strong", "strong"]


def test_an_index_of_one_passage_has_strengths_too() -> None:
    assert strengths(ranking([0.0], 1)) == ["weak"]
    assert strengths(ranking([math.nan], 1)) == ["weak"]


def test_another_order_of_the_first_leaves_scores_falling_and_evidence_as_it_was() -> None:
    one = ranking([6.0, 5.0, 4.0, 3.0], 1_000)
    before = [one.match(row) for row in range(4)]
    one.reorder([2, 0, 1])
    assert one.order == [2, 0, 1, 3]
    shown = [one.shown_score(row) for row in one.order]
    assert shown == sorted(shown, reverse=True)
    assert [one.match(row) for row in range(4)] == before


def test_overlapping_pairs_of_characters_tell_once_what_they_tell() -> None:
    """Against chance: 租房合 is two pairs and three characters, not twice as rare as a word of the same telling."""
    pairs = Evidence(
        texts={0: TextEvidence(share=0.5)}, terms=[Term("租房", False, 1, 4.0), Term("房合", False, 1, 4.0)]
    )
    words = Evidence(
        texts={0: TextEvidence(share=0.5)}, terms=[Term("lease", False, 1, 4.0), Term("flat", False, 1, 4.0)]
    )
    in_pairs, in_words = (Ranking([Candidate(0, {0: 0})], one, 1_000).match(0).surprise for one in (pairs, words))
    assert in_pairs == pytest.approx(in_words / 2)


def test_cosines_of_a_writing_that_the_model_does_not_know_prove_nothing() -> None:
    """To a model of English all Thai is near all Chinese."""
    one, other = (
        Ranking([Candidate(0, {0: 0}, 9.0)], Evidence({0: TextEvidence(z=9.0)}, meaning=meaning), 1_000)
        for meaning in (Meaning(np.ones(1, np.float32), 1, 0.0, 0.1, is_understood) for is_understood in (True, False))
    )
    assert strengths(one) == ["strong"]
    assert strengths(other) == ["weak"]


def test_where_meaning_is_silent_words_in_the_name_and_in_the_text_together_fit() -> None:
    meaning = Meaning(np.ones(1, np.float32), 1, 0.0, 0.1, is_understood=False)
    evidence = Evidence(
        {0: TextEvidence(share=0.1, coverage=0.5), 1: TextEvidence(share=0.1, coverage=0.5), 2: TextEvidence()},
        meaning=meaning,
        terms=[Term("red", False, 1, 8.0)] * 2,
    )
    named = [Candidate(0, {0: 0}, named={0: 0.15}), Candidate(1, {1: 0}), Candidate(2, {2: 0}, named={2: 0.15})]
    assert strengths(Ranking(named, evidence, 50)) == ["strong", "weak", "weak"]


def test_what_is_weak_stands_last_whatever_its_score() -> None:
    """Many hold every word of the query, which says little for each, and all the same they fit."""
    evidence = Evidence(terms=[Term("word", False, 1, 8.0)])
    evidence.texts = {n: TextEvidence(share=0.1, coverage=0.0 if n == 1 else 1.0, z=3.0 * (n == 1)) for n in range(4)}
    one = Ranking([Candidate(n, {n: n}, evidence.texts[n].z) for n in range(4)], evidence, 1_000_000)
    one.reorder([1, 0, 2, 3])
    put_weak_last(one, limit=2)
    assert one.order == [0, 2, 3, 1]
    assert [strength_of(one.match(row)) for row in one.order] == ["good", "good", "good", "weak"]
    shown = [one.shown_score(row) for row in one.order]
    assert shown == sorted(shown, reverse=True)
