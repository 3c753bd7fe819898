"""The way of a file through the pipeline, and that nothing is done twice or left behind."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from finder.store import folders, spaces
from tests.integration.pipelines import QUIET_WITHIN_S, Index, limit_pages, open_index, wait_until


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "letters").mkdir(parents=True)
    (folder / "letters" / "landlord.txt").write_text("The heating in the flat has been broken since March.\n")
    (folder / "recipe.md").write_text("# Bread\n\nFlour, water, salt and patience.\n")
    (folder / "sum.py").write_text("def total(numbers):\n    return sum(numbers)\n")
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with open_index(tmp_path / "home") as opened:
        yield opened


def test_files_become_findable_by_name_words_and_meaning(index: Index, docs: Path) -> None:
    index.add(docs)
    assert set(index.files().values()) == {"read"}
    assert index.found_by_word("heating") == 1
    assert len(index.nearest("broken heating")) == index.truth.count() == index.embedded
    assert index.pipeline.feeding.count == index.embedded


def test_an_unchanged_folder_is_neither_read_nor_embedded_again(index: Index, docs: Path) -> None:
    index.add(docs)
    before = (index.extracted, index.embedded)
    index.look(docs)
    assert (index.extracted, index.embedded) == before


def test_a_renamed_folder_costs_no_reading_and_no_embedding(index: Index, docs: Path) -> None:
    index.add(docs)
    before = (index.extracted, index.embedded, index.pipeline.activity.counts.vectors_fed)
    (docs / "letters").rename(docs / "post")
    index.look(docs)
    assert (index.extracted, index.embedded, index.pipeline.activity.counts.vectors_fed) == before
    assert f"{docs}/post/landlord.txt" in index.files()
    assert len(index.files()) == 3
    assert not any(index.orphans().values())


def test_a_renamed_file_keeps_its_row_and_gets_its_new_name(index: Index, docs: Path) -> None:
    index.add(docs)
    id_before = index.catalog.reader().execute("SELECT id FROM files WHERE name = ?", (b"recipe.md",)).get
    before = (index.extracted, index.embedded)
    (docs / "recipe.md").rename(docs / "letters" / "sourdough.md")
    index.look(docs)
    reader = index.catalog.reader()
    assert reader.execute("SELECT id FROM files WHERE name = ?", (b"sourdough.md",)).get == id_before
    assert reader.execute("SELECT rowid FROM names WHERE names MATCH 'sourdough'").get == id_before
    assert reader.execute("SELECT count(*) FROM names WHERE names MATCH 'recipe'").get == 0
    assert (index.extracted, index.embedded) == before


def test_a_file_renamed_within_its_folder_is_moved_not_lost(index: Index, docs: Path) -> None:
    index.add(docs)
    before = (index.extracted, index.embedded)
    (docs / "recipe.md").rename(docs / "bread.md")
    index.look(docs, is_deep=False)
    assert index.files()[f"{docs}/bread.md"] == "read"
    assert len(index.files()) == 3
    assert (index.extracted, index.embedded) == before


def test_equal_files_share_one_content_and_stay_two_files(index: Index, docs: Path) -> None:
    (docs / "copy.md").write_bytes((docs / "recipe.md").read_bytes())
    index.add(docs)
    connection = index.catalog.reader()
    shared = connection.execute(
        "SELECT count(*), count(DISTINCT content_id) FROM files WHERE name IN (?, ?)", (b"recipe.md", b"copy.md")
    ).get
    assert shared == (2, 1)


def test_one_changed_word_embeds_few_passages_of_a_long_document(index: Index, docs: Path) -> None:
    words = [f"word{number * 7919 % 5000} stands in sentence {number}." for number in range(4000)]
    long = docs / "long.txt"
    long.write_text(" ".join(words))
    index.add(docs)
    before = index.embedded
    assert before > 100
    words[2000] = "An inserted remark changes this place alone."
    long.write_text(" ".join(words))
    index.look(docs)
    assert 1 <= index.embedded - before <= 3
    assert index.found_by_word("remark") == 1
    assert not any(index.orphans().values())


def test_what_is_deleted_leaves_nothing_behind(index: Index, docs: Path) -> None:
    index.add(docs)
    (docs / "letters" / "landlord.txt").unlink()
    (docs / "letters").rmdir()
    index.look(docs)
    assert index.found_by_word("heating") == 0
    assert len(index.files()) == 2
    assert not any(index.orphans().values())
    assert len(index.nearest("heating")) == index.truth.count()


def test_a_file_that_cannot_be_read_is_named_with_its_reason(index: Index, docs: Path) -> None:
    (docs / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing that a PDF has")
    (docs / "empty.txt").write_bytes(b"")
    index.add(docs)
    assert index.files()[f"{docs}/broken.pdf"] == "failed"
    assert index.files()[f"{docs}/empty.txt"] == "name_only"
    code = index.catalog.reader().execute("SELECT code FROM files WHERE name = ?", (b"broken.pdf",)).get
    assert code == "corrupt"


def test_a_private_key_is_never_read_whatever_it_is_called(index: Index, docs: Path) -> None:
    (docs / "notes.txt").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nplantedsecret\n")
    index.add(docs)
    assert index.files()[f"{docs}/notes.txt"] == "name_only"
    assert index.found_by_word("plantedsecret") == 0


def test_names_that_are_not_text_are_indexed(index: Index, docs: Path) -> None:
    path = os.path.join(os.fsencode(docs), b"caf\xe9 -\n.txt")
    with open(path, "wb") as file:
        file.write(b"A file whose name is no text.")
    index.add(docs)
    assert index.found_by_word("whose") == 1


def test_a_new_subfolder_is_found_by_a_shallow_look(index: Index, docs: Path) -> None:
    index.add(docs)
    (docs / "new" / "deeper").mkdir(parents=True)
    (docs / "new" / "deeper" / "note.txt").write_text("An umbrella was left on the train.")
    index.look(docs, is_deep=False)
    assert index.found_by_word("umbrella") == 1


@pytest.mark.parametrize("is_known", [True, False], ids=["a known link", "a new link"])
def test_what_changes_under_one_name_is_read_under_every_other_that_is_linked_to_it(
    index: Index, docs: Path, is_known: bool
) -> None:
    """The system tells of a change in the folder through which it was made, and of no other."""
    (docs / "mine").mkdir()
    (docs / "yours").mkdir()
    mine, yours = docs / "mine" / "plan.txt", docs / "yours" / "plan.txt"
    mine.write_text("We go to the mountains.")
    index.add(docs)
    if is_known:
        yours.hardlink_to(mine)
        index.look(docs)
    if not is_known:
        yours.hardlink_to(mine)
    with yours.open("a") as file:
        file.write(" Or to the seaside.")
    index.look(docs / "yours", is_deep=False)
    read = [row for row in index.snapshot() if row[1] == b"plan.txt"]
    assert len(read) == 2
    assert all("seaside" in str(row[8]) for row in read)


def test_a_root_inside_a_root_added_later_becomes_part_of_it(index: Index, docs: Path) -> None:
    index.add(docs / "letters")
    before = index.embedded
    index.add(docs)
    connection = index.catalog.reader()
    assert connection.execute("SELECT count(*) FROM roots").get == 1
    assert len(index.files()) == 3
    assert index.embedded - before == index.truth.count() - before


def test_a_folder_that_is_away_deletes_nothing(index: Index, docs: Path) -> None:
    index.add(docs)
    away = docs.with_name("away")
    docs.rename(away)
    with pytest.raises(Exception, match="not there"):
        index.look(docs)
    assert len(index.files()) == 3
    away.rename(docs)
    index.look(docs)
    assert index.catalog.reader().execute("SELECT is_online FROM roots").get == 1


def test_forgetting_a_folder_removes_its_bytes_from_every_file_of_the_home(index: Index, docs: Path) -> None:
    (docs / "letters" / "secret.txt").write_text("plantedword lies in this letter, and plantedword again.")
    index.add(docs / "letters")
    index.add(docs.parent / "docs")
    root = index.catalog.reader().execute("SELECT folder_id FROM roots").get
    index.pipeline.forget(root)
    index.wait_until_quiet()
    assert index.files() == {}
    assert not any(index.orphans().values())
    holding = [
        path for path in index.home.root.rglob("*") if path.is_file() and b"plantedword" in path.read_bytes().lower()
    ]
    assert holding == []


def test_the_index_after_many_changes_equals_a_fresh_one(tmp_path: Path, docs: Path) -> None:
    with open_index(tmp_path / "home") as index:
        index.add(docs)
        (docs / "recipe.md").write_text("# Bread\n\nRye, water, salt and more patience.\n")
        (docs / "letters").rename(docs / "old")
        (docs / "sum.py").rename(docs / "old" / "add.py")
        (docs / "sum.py").write_text("def total(numbers):\n    return 0\n")
        index.look(docs)
        changed = index.snapshot()
    with open_index(tmp_path / "fresh") as index:
        index.add(docs)
        assert index.snapshot() == changed


def test_forgetting_a_folder_while_it_is_read_leaves_nothing_and_no_row_comes_back(index: Index, docs: Path) -> None:
    for number in range(60):
        (docs / f"note-{number}.txt").write_text(f"A note of its own, number {number}.")
    found = docs.stat()
    root = index.catalog.write(
        lambda connection: folders.add_root(connection, os.fsencode(docs), found.st_dev, found.st_ino, True)
    )
    index.pipeline.look_at(os.fsencode(docs), is_deep=True).result(QUIET_WITHIN_S)
    wait_until(lambda: index.pipeline.activity.counts.files_read > 5)
    index.pipeline.forget(root)
    index.wait_until_quiet()
    assert index.files() == {}
    assert not any(index.orphans().values())
    index.add(docs)
    assert len(index.files()) == 63
    assert set(index.files().values()) == {"read"}


def test_a_full_disk_stops_the_reading_with_a_reason_and_costs_no_file(index: Index, docs: Path) -> None:
    index.add(docs)
    pages = index.catalog.write(lambda connection: connection.pragma("page_count"))
    for number in range(40):
        words = " ".join(f"word{number}x{other}" for other in range(300))
        (docs / f"note-{number}.txt").write_text(words)
    index.pipeline.pause("user", "while the disk is filled")
    index.pipeline.look_at(os.fsencode(docs), is_deep=True).result(QUIET_WITHIN_S)
    limit_pages(index.catalog, pages)
    index.pipeline.pause("user", None)
    reading = index.pipeline.reading
    wait_until(lambda: reading.fault is not None)
    assert reading.fault is not None
    assert reading.fault.title == "The disk is full"
    extracted = index.extracted
    time.sleep(1.0)
    assert index.extracted == extracted
    assert reading.restless == frozenset()
    assert index.found_by_word("heating") == 1
    limit_pages(index.catalog, 1 << 30)
    reading.wake()
    index.wait_until_quiet()
    assert len(index.files()) == 43
    assert set(index.files().values()) == {"read"}


def test_everybody_who_wants_a_new_epoch_is_told_when_it_is_there(index: Index, docs: Path) -> None:
    index.add(docs)
    wanted = [index.pipeline.feeding.renew() for _ in range(5)]
    assert all(ready.wait(QUIET_WITHIN_S / 2) for ready in wanted)
    index.wait_until_quiet()
    assert index.pipeline.feeding.count == index.truth.count()
    assert len(list(index.home.vectors.glob("epoch-*"))) == 1


def test_what_somebody_waits_for_is_embedded_and_so_is_all_the_rest(index: Index, docs: Path) -> None:
    other = docs.with_name("other")
    other.mkdir()
    (other / "same.md").write_bytes((docs / "recipe.md").read_bytes())
    (other / "own.txt").write_text("The spare key lies under the flower pot.")
    index.add(other)
    root = folders.roots(index.catalog.reader())[0].folder_id
    with index.pipeline.focused_on([root]):
        index.add(docs)
        (other / "later.txt").write_text("The plumber comes on Thursday at nine.")
        index.look(other)
    assert spaces.count_queued(index.catalog.reader(), index.pipeline.space_id) == 0
    assert index.embedded == index.truth.count()
