"""A search while the query is being typed: beginnings of words, words before meaning, help with the spelling."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from finder.errors import CancelledError
from finder.search.found import Found
from finder.search.searcher import Searcher, SearchRequest, SpaceSearch
from finder.vectors import Float32Array, Int64Array, VectorHits
from tests.integration.pipelines import Index, open_index


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    docs = tmp_path_factory.mktemp("typing") / "docs"
    docs.mkdir()
    (docs / "lease.txt").write_text("The landlord returns the deposit within fourteen days.\n", encoding="utf-8")
    (docs / "soup.md").write_text("Boil the onions slowly, then add the barley.\n", encoding="utf-8")
    with open_index(tmp_path_factory.mktemp("home") / "home") as opened:
        opened.add(docs)
        opened.exact.refresh()
        yield opened


def searcher(index: Index, asked: list[str]) -> Searcher:
    def embed(query: str, instruction: str | None) -> Float32Array | None:
        asked.append(query)
        return index.embedder.embed_query(query, instruction)

    space = SpaceSearch(index.pipeline.space_id, index.exact, embed)
    return Searcher(index.catalog.reader, lambda: space)


def by_words(index: Index, query: str, is_typing: bool = False) -> Found:
    return searcher(index, []).search(SearchRequest(query, mode="keyword", is_typing=is_typing))


def test_the_last_word_may_be_unfinished_while_it_is_typed(index: Index) -> None:
    found = by_words(index, "onions bar", is_typing=True)
    assert [result["name"] for result in found["results"]] == ["soup.md"]
    assert [result["name"] for result in by_words(index, "fourt", is_typing=True)["results"]] == ["lease.txt"]
    assert not by_words(index, "fourt")["results"]


def test_the_beginning_that_was_typed_is_marked(index: Index) -> None:
    passage = by_words(index, "fourt", is_typing=True)["results"][0]["passages"][0]
    assert [passage["text"][start:end] for start, end in passage["words"]] == ["fourteen"]


def test_words_answer_before_the_model_is_asked(index: Index) -> None:
    asked: list[str] = []
    asked_before: list[int] = []
    searcher(index, asked).search(SearchRequest("landlord deposit"), lambda found: asked_before.append(len(asked)))
    assert asked_before == [0]
    assert asked == ["landlord deposit"]


def test_a_search_that_was_cancelled_asks_no_model(index: Index) -> None:
    asked: list[str] = []
    is_newer_there: list[bool] = []
    with pytest.raises(CancelledError):
        searcher(index, asked).search(
            SearchRequest("landlord deposit"), lambda found: is_newer_there.append(True), lambda: bool(is_newer_there)
        )
    assert not asked


class Counting:
    """The exact index, and how often it was asked."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.searches = 0

    def search(
        self,
        query: Float32Array,
        k: int,
        allowed: Int64Array | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> VectorHits:
        self.searches += 1
        return self._index.exact.search(query, k, allowed, is_cancelled)


@pytest.mark.parametrize("query", ["landlord depos", "landlord before:soon"])
def test_what_chooses_no_type_is_looked_for_once(index: Index, query: str) -> None:
    vectors = Counting(index)
    space = SpaceSearch(index.pipeline.space_id, vectors, index.embedder.embed_query)
    Searcher(index.catalog.reader, lambda: space).search(SearchRequest(query, is_typing=True))
    assert vectors.searches == 1


def test_a_search_cancelled_while_vectors_are_looked_at_ends_there(index: Index) -> None:
    vector = index.embedder.embed_query("landlord deposit", None)
    looks: list[bool] = []
    with pytest.raises(CancelledError):
        index.exact.search(vector, 5, None, lambda: not looks.append(True))
    assert len(looks) == 1


def test_a_better_spelling_is_proposed_where_nothing_is_found(index: Index) -> None:
    assert by_words(index, "landlrod")["suggestion"] == "landlord"
    assert by_words(index, "barly ext:md")["suggestion"] == "barley ext:md"
    assert by_words(index, "landlord")["suggestion"] is None
    assert by_words(index, "qqxyzzy")["suggestion"] is None


def test_a_phrase_that_no_file_holds_is_words_within_a_longer_question(index: Index) -> None:
    found = by_words(index, 'who returns "deposit landlord"')
    assert found["results"]
    assert found["understood"] == []
    assert found["notes"] == ["No file holds “deposit landlord”: searched for its words."]


def test_a_phrase_that_no_file_holds_stays_one_where_nothing_else_is_asked_for(index: Index) -> None:
    found = by_words(index, '"deposit landlord" ext:md')
    assert not found["results"]
    assert [chip["field"] for chip in found["understood"]] == ["phrase", "ext"]
    assert found["notes"] == ["No file holds “deposit landlord”."]


def test_no_spelling_is_proposed_that_finds_nothing_either(index: Index) -> None:
    assert by_words(index, "landlrod in:nosuchfolder")["suggestion"] is None
