"""A word that says nothing in one language may say much in another."""

from __future__ import annotations

import pytest

from finder.stop_words import EVERY_LANGUAGES, STOP_WORDS_OF, stop_words_for
from finder.store.keywords import query_terms
from finder.text import is_too_short


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("garage door", ["garage", "door"]),
        ("the door of the garage", ["door", "garage"]),
        ("world war", ["world", "war"]),
        ("wie war das Wetter in der Stadt", ["wetter", "stadt"]),
        ("für die Miete und über den Garten", ["miete", "garten"]),
        ("¿cuándo fue construida la casa?", ["construida", "casa"]),
        ("что написано в этом договоре", ["написано", "этом", "договоре"]),
        ("jak to jest zrobione", ["zrobione"]),
        ("to be or not to be", ["to", "be", "or", "not"]),
    ],
)
def test_the_language_of_a_query_says_which_words_are_terms(query: str, terms: list[str]) -> None:
    assert [term for term, _ in query_terms(query)] == terms


@pytest.mark.parametrize("word", ["door", "war", "die", "son", "plus"])
def test_a_single_word_that_is_a_stop_word_elsewhere_has_a_meaning(word: str) -> None:
    assert not is_too_short(word)
    assert any(word in own for own in EVERY_LANGUAGES)


@pytest.mark.parametrize("query", ["the", "of the", "de la", "und die"])
def test_stop_words_of_one_language_alone_mean_nothing(query: str) -> None:
    assert is_too_short(query)


def test_english_is_taken_where_nothing_tells() -> None:
    assert stop_words_for([]) == STOP_WORDS_OF["en"]
    assert stop_words_for(["garage", "door"]) == STOP_WORDS_OF["en"]
