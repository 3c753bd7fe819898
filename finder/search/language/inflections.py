"""Forms of one word in languages other than English, whose endings the index of words takes off itself. Pure.

Light stemming: endings of nouns, adjectives and verbs alone, few of which make another word of a long one. The stem is
not looked for, so languages need not be told apart: every ending that fits is taken off, and every other put on.
Whoever asks looks which of the words exist.

Source: J. Savoy, Light stemming approaches for the French, Portuguese, German and Hungarian languages, 2006.
"""

from __future__ import annotations

from finder.store.keywords import fold

_SHORTEST_STEM = 4
_LATIN = (
    *("", "e", "en", "er", "ern", "em", "es", "n", "s", "t", "te", "ten", "ung", "ungen"),
    *("a", "as", "o", "os", "i", "ar", "ir", "ado", "ada", "ez", "ent", "ee", "ees"),
)
_CYRILLIC = (
    "",
    *fold("а я ы и у ю е о й ь ом ой ей ем ам ям ах ях ов ев ами ями ий ый ая ое ые ие").split(),
    *fold("ого его ому ых их ым им ть ла ло ли ет ют ит ят").split(),
)


def forms(word: str) -> set[str]:
    """What may be another form of a word, both as `fold` has them; most of it is no word."""
    endings = _LATIN if word.isascii() else _CYRILLIC if "\u0430" <= word[:1] <= "\u045f" else ()
    stems = {word.removesuffix(ending) for ending in endings if word.endswith(ending)}
    return {stem + ending for stem in stems if len(stem) >= _SHORTEST_STEM for ending in endings} - {word}
