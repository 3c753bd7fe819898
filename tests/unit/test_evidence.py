"""Which piece of a passage is marked as its answer: the nearest, where it stands out, at no cost to the search."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from finder.embed.deterministic import HashEmbedder
from finder.errors import CancelledError, WorkerDiedError
from finder.search.candidates import Meaning
from finder.search.evidence import Answers, Span
from finder.search.words import EqualWords
from finder.store import keywords
from finder.vectors import Float32Array

EMBEDDER = HashEmbedder()
LEASE = (
    "This agreement runs for two years. The rent is due on the third working day. "
    "The landlord returns the deposit within fourteen days. Dogs need written consent."
)


class Embedding:
    """The deterministic encoder, which remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> Float32Array:
        self.asked += texts
        return EMBEDDER.embed_passages(texts)


def meaning_of(query: str, space_id: int = 1) -> Meaning:
    return Meaning(EMBEDDER.embed_query(query), space_id, 0.0, 0.08)


def answers(query: str, *texts: str, within: Answers | None = None, embed: Embedding | None = None) -> list[str | None]:
    words = EqualWords(keywords.query_terms(query))
    spans = (within or Answers()).find(texts, meaning_of(query), words, embed or Embedding())
    return [text[slice(*span)] if span is not None else None for text, span in zip(texts, spans, strict=True)]


def test_the_sentence_that_answers_is_marked_at_its_place() -> None:
    soup = "Boil the onions. Then add the barley and the bay leaves."
    assert answers("deposit landlord", LEASE, soup) == ["The landlord returns the deposit within fourteen days.", None]
    assert answers("barley leaves", LEASE, soup) == [None, "Then add the barley and the bay leaves."]


def test_nothing_is_marked_where_two_sentences_say_the_same() -> None:
    assert answers("landlord deposit", "The landlord took the deposit. The deposit took the landlord.") == [None]


def test_nothing_is_marked_where_nothing_is_nearer_than_what_has_nothing_to_do_with_it() -> None:
    assert answers("quantum chromodynamics", LEASE) == [None]


def test_words_decide_between_what_is_equally_near() -> None:
    text = "It was the first one of them. It was the second one of them."
    near = np.stack([EMBEDDER.embed_query("second")] * 2)
    words = EqualWords(keywords.query_terms("second"))
    assert Answers().find([text], meaning_of("second"), words, lambda texts: near) == [(30, 60)]
    assert Answers().find([text], meaning_of("second"), EqualWords([]), lambda texts: near) == [None]


def test_of_a_long_sentence_the_first_words_are_embedded_and_all_of_it_is_marked() -> None:
    embed, german = Embedding(), "Die Katze liegt auf der Matte und schläft den ganzen Tag."
    sentence = "The landlord returns the deposit " + "which was paid long ago " * 8 + "to a bank."
    assert answers("landlord returns deposit", f"{german} {sentence}", embed=embed) == [sentence]
    (long,) = [text for text in embed.asked if text != german]
    assert 60 <= len(long) <= 120
    assert sentence.startswith(f"{long} ")  # cut between two words
    chinese = "租客搬走之后房东应当在十四天之内退还押金" * 8 + "。"
    answers("押金", chinese, embed=embed)
    assert max(map(len, embed.asked)) <= 120  # where no space parts the words too


def test_what_was_embedded_for_one_query_serves_the_next() -> None:
    kept, embed = Answers(), Embedding()
    answers("deposit landlord", LEASE, LEASE, within=kept, embed=embed)
    assert len(embed.asked) == len(set(embed.asked)) == 4
    assert answers("rent due", LEASE, within=kept, embed=embed) == ["The rent is due on the third working day."]
    assert len(embed.asked) == 4
    kept.find([LEASE], meaning_of("rent due", space_id=2), EqualWords([]), embed)
    assert len(embed.asked) == 8  # of another model nothing is known


def nothing(texts: Sequence[str]) -> Float32Array | None:
    return None


def fails(texts: Sequence[str]) -> Float32Array | None:
    raise WorkerDiedError("crashed", "The worker ended")


@pytest.mark.parametrize("embed", [nothing, fails])
def test_a_model_that_is_not_there_costs_the_mark_alone(embed: object) -> None:
    found: list[Span | None] = Answers().find([LEASE], meaning_of("rent"), EqualWords([]), embed)  # type: ignore[arg-type]
    assert found == [None]


def test_a_cancelled_search_embeds_no_further() -> None:
    embed = Embedding()
    with pytest.raises(CancelledError):
        Answers().find([LEASE] * 9, meaning_of("rent"), EqualWords([]), embed, lambda: True)
    assert embed.asked == []


def test_a_model_too_slow_for_it_is_asked_for_the_first_passages_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now_s)

    def slow(texts: Sequence[str]) -> Float32Array:
        nonlocal now_s
        now_s += 0.4 * len(texts)
        return embed(texts)

    embed = Embedding()
    texts = [f"{LEASE} The number of this one is {number}." for number in range(9)]
    Answers().find(texts, meaning_of("rent"), EqualWords([]), slow)
    assert 0 < len(embed.asked) < 20
    assert embed.asked[0] == "This agreement runs for two years."


@pytest.mark.parametrize(("sentences", "slices"), [(8, [8]), (12, [6, 6]), (20, [6, 6, 8])])
def test_a_small_rest_is_embedded_with_the_slice_before_it(
    monkeypatch: pytest.MonkeyPatch, sentences: int, slices: list[int]
) -> None:
    now_s = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now_s)
    asked: list[int] = []

    def steady(texts: Sequence[str]) -> Float32Array:
        nonlocal now_s
        asked.append(len(texts))
        now_s += sum(map(len, texts)) / 6_000
        return EMBEDDER.embed_passages(texts)

    text = " ".join(f"Sentence {number:2} {'of the lease ' * 6}".ljust(94, "x") + "." for number in range(sentences))
    Answers().find([text], meaning_of("rent"), EqualWords([]), steady)
    assert asked == slices
