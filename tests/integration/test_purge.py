"""What was excluded or forgotten leaves every file of the home, byte by byte, whatever was killed in between."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import psutil
import pytest

from finder.config import Settings, SettingsFile
from finder.crashpoints import VARIABLE
from finder.embed.deterministic import HashEmbedder
from finder.errors import FinderError
from finder.index.space import SpaceParts
from finder.paths import Home, path_to_uri
from finder.search.searcher import SearchRequest
from finder.service.client import Client, connect
from finder.service.connection import Reply
from finder.service.engine import Engine
from finder.service.explaining import why
from finder.service.requests.handler import Requests
from finder.service.status import status
from finder.store import spaces
from finder.store.codes import quantise
from finder.store.epochs import create_epoch
from finder.store.exact import ExactIndex
from finder.store.spaces import SpaceVectors
from finder.types import Mode
from tests.conftest import end_service, make_home
from tests.integration.pipelines import Index, open_index, wait_until

WORD = "quillwortmarker"
NAME = "zephyrledger"
FILES = 40


def plant(folder: Path) -> Path:
    """Documents, some of which hold the planted word and name, and share pages with those that do not."""
    (folder / "private").mkdir(parents=True)
    for number in range(FILES):
        words = " ".join(f"common{number * other % 97}" for other in range(60))
        (folder / f"open-{number}.txt").write_text(f"An open note, number {number}. {words}\n")
        (folder / "private" / f"{NAME}-{number}.txt").write_text(f"{WORD}{number} lies in here. {words} {WORD}.\n")
    return folder


def texts_of(folder: Path) -> list[str]:
    return [path.read_text().strip() for path in sorted((folder / "private").iterdir())]


class Traces:
    """The bytes that must be nowhere: words, names, and vectors in each form in which a store keeps them."""

    def __init__(self, folder: Path) -> None:
        vectors = HashEmbedder().embed_passages(texts_of(folder))
        halves = vectors.astype(np.float16)
        codes, _ = quantise(halves)
        self.forms = {
            "words": [WORD.encode()],
            "names": [NAME.encode()],
            "float16 vectors": [row.tobytes() for row in halves],
            "float32 vectors": [row.astype(np.float32).tobytes() for row in halves],
            "int8 codes": [row.tobytes() for row in codes],
        }

    def found(self, home: Home) -> set[str]:
        """Which of them stand in which file."""
        held: set[str] = set()
        for path in home.root.rglob("*"):
            with contextlib.suppress(FileNotFoundError):
                raw = path.read_bytes().replace(bytes(4096), b"") if path.is_file() else b""  # much of it is holes
                folded = raw.lower()
                for what, needles in self.forms.items():
                    within = folded if what in ("words", "names") else raw
                    if any(needle in within for needle in needles):
                        held.add(f"{what} in {path.relative_to(home.root)}")
        return held

    def kinds(self, home: Home) -> set[str]:
        return {line.split(" in ")[0] for line in self.found(home)}


def uri(path: Path) -> str:
    return path_to_uri(os.fsencode(path))


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return plant(tmp_path / "docs")


@pytest.fixture
def chroma_home(home: Home) -> Home:
    """A home in which Chroma holds vectors however few there are."""
    SettingsFile(home.settings).save(Settings(model="deterministic", exact_search_limit=0, pauses_on_low_disk=False))
    return home


@pytest.fixture
def client(chroma_home: Home) -> Iterator[Client]:
    with connect(chroma_home) as connected:
        yield connected


def index(client: Client, folder: Path) -> None:
    client.call("index", {"folders": [uri(folder)]}, timeout_s=60)
    wait_until(lambda: client.call("status")["search"]["vectors_in_chroma"] == 2 * FILES)


def names(client: Client, query: str, mode: str = "hybrid", limit: int = 50) -> list[str]:
    found = client.call("find", {"query": query, "folders": [], "mode": mode, "limit": limit}, timeout_s=60)
    return [result["name"] for result in found["results"]] + [
        Path(copy).name for result in found["results"] for copy in result["copies"]
    ]


def is_erased(client: Client) -> bool:
    return not any("being erased" in note for note in client.call("status")["notes"])


def test_what_is_excluded_leaves_every_file_of_the_home(client: Client, chroma_home: Home, docs: Path) -> None:
    index(client, docs)
    (chroma_home.root / "catalog.db.damaged-1").write_bytes(chroma_home.catalog.read_bytes())
    (chroma_home.root / "catalog.db.before-2").write_bytes(chroma_home.catalog.read_bytes())
    traces = Traces(docs)
    in_a_folder = {"query": "an open note", "folders": [uri(docs / "private")], "mode": "semantic", "limit": 1}
    client.call("find", in_a_folder)  # a filter is the exact search's: it takes in what there is
    # Everything that is looked for is there to be found at first.
    assert traces.kinds(chroma_home) == set(traces.forms)

    excluded = client.call("exclude", {"add": ["private/"]}, timeout_s=30)
    assert excluded["files"] == FILES
    wait_until(lambda: is_erased(client))
    assert traces.found(chroma_home) == set()
    assert names(client, WORD, mode="keyword") == []
    assert names(client, NAME, mode="keyword") == []
    assert len([name for name in names(client, "open note") if name.startswith("open-")]) == FILES
    wait_until(lambda: client.call("status")["search"]["vectors_in_chroma"] == FILES)
    assert traces.found(chroma_home) == set()


def test_what_is_forgotten_leaves_every_file_of_the_home(client: Client, chroma_home: Home, docs: Path) -> None:
    client.call("index", {"folders": [uri(docs / "private")]}, timeout_s=60)
    wait_until(lambda: client.call("status")["search"]["vectors_in_chroma"] == FILES)
    traces = Traces(docs)
    forgotten = client.call("forget", {"folder": uri(docs / "private")}, timeout_s=30)
    assert forgotten == {"files": FILES, "is_erased": True}
    assert client.call("status")["folders"] == []
    assert traces.found(chroma_home) == set()


def test_nothing_excluded_is_shown_even_before_it_is_removed(chroma_home: Home, docs: Path) -> None:
    """The stage that removes it is ended first: nothing is ever removed here."""
    engine = Engine(chroma_home)
    engine.start()
    try:
        engine.roots.add(os.fsencode(docs), is_watched=False)
        engine.pipeline.look_at(os.fsencode(docs), is_deep=True).result(20)
        wait_until(lambda: engine.pipeline.is_quiet)
        engine.pipeline.purging.ask_to_stop()
        engine.pipeline.purging.join()
        private = docs / "private" / f"{NAME}-1.txt"

        def shown(query: str, mode: Mode) -> list[str]:
            results = engine.searcher.search(SearchRequest(query, (), mode, 2 * FILES))["results"]
            return [result["name"] for result in results if result["name"].startswith(NAME)]

        assert shown(WORD, "keyword")
        assert shown(f"{WORD}1 lies in here.", "semantic")
        assert why(engine, os.fsencode(private))["is_indexed"]
        begun_s = time.monotonic()
        engine.exclude(("private/",))
        assert time.monotonic() - begun_s < 20
        assert shown(WORD, "keyword") == shown(NAME, "keyword") == shown(f"{WORD}1 lies in here.", "semantic") == []
        assert why(engine, os.fsencode(private))["findable_by"] == []
        assert any("being erased" in note for note in status(engine)["notes"])
        held = engine.catalog.reader().execute("SELECT count(*) FROM names WHERE names MATCH ?", (NAME,)).get
        assert held == FILES
    finally:
        engine.stop()


@pytest.mark.parametrize("rule", ["private/", f"{NAME}-*", "*.txt"])
def test_a_search_by_words_names_or_meaning_shows_nothing_excluded(client: Client, docs: Path, rule: str) -> None:
    index(client, docs)
    (docs / "copy.txt").write_bytes((docs / "private" / f"{NAME}-1.txt").read_bytes())
    client.call("index", {"folders": [uri(docs)]}, timeout_s=60)
    client.call("pause", {"minutes": None})
    begun = time.monotonic()
    answers: list[str] = []
    done = threading.Event()

    def ask() -> None:
        with connect_again() as other:
            while not done.is_set():
                shown = names(other, f"{WORD}1 {NAME}")
                if time.monotonic() > begun + 1.0:
                    answers.extend(shown)

    def connect_again() -> Client:
        return connect(Home(Path(client.hello["home"])))

    asking = threading.Thread(target=ask)
    asking.start()
    client.call("exclude", {"add": [rule]}, timeout_s=30)
    time.sleep(1.2)
    done.set()
    asking.join()
    assert not [name for name in answers if name.startswith(NAME)]
    assert bool([name for name in answers if name == "copy.txt"]) == (rule != "*.txt")


def test_excluding_while_the_folder_is_indexed_leaves_nothing(client: Client, chroma_home: Home, docs: Path) -> None:
    def index_all() -> None:
        with contextlib.suppress(FinderError), connect(chroma_home) as other:
            other.call("index", {"folders": [uri(docs)]}, timeout_s=60)

    running = threading.Thread(target=index_all)
    running.start()
    wait_until(lambda: client.call("status")["files"]["read"] > 0)
    client.call("exclude", {"add": ["private/"]}, timeout_s=30)
    running.join()
    wait_until(lambda: is_erased(client) and client.call("status")["phase"] == "idle")
    assert Traces(docs).found(chroma_home) == set()
    assert client.call("status")["files"]["read"] == FILES


def test_what_is_taken_back_in_is_found_again(client: Client, docs: Path) -> None:
    index(client, docs)
    place = uri(docs / "private" / f"{NAME}-3.txt")
    client.call("exclude", {"add": ["*-1.txt", place]}, timeout_s=30)
    assert client.call("status")["files"]["read"] == 2 * FILES - 3
    client.call("exclude", {"remove": ["*-1.txt", place]}, timeout_s=30)
    wait_until(lambda: client.call("status")["vectors"] == 2 * FILES)
    assert f"{NAME}-3.txt" in names(client, f"{WORD}3 lies in here", mode="semantic")
    assert f"{NAME}-1.txt" in names(client, f"{WORD}1", mode="keyword")


def test_what_a_rule_took_back_in_goes_with_the_rule(client: Client, chroma_home: Home, docs: Path) -> None:
    (docs / "node_modules").mkdir()
    (docs / "node_modules" / "kept.txt").write_text("hexbladeword")
    client.call("exclude", {"add": ["!node_modules/"]}, timeout_s=30)
    index_all = client.call("index", {"folders": [uri(docs)]}, timeout_s=60)
    assert index_all["files"] == 2 * FILES + 1
    client.call("exclude", {"remove": ["!node_modules/"]}, timeout_s=30)
    wait_until(lambda: is_erased(client))
    assert names(client, "hexbladeword", mode="keyword") == []
    assert not any(b"hexbladeword" in path.read_bytes() for path in chroma_home.root.rglob("*") if path.is_file())


@pytest.mark.parametrize("bad", ["", "# a remark", "a\nb", "!"])
def test_what_is_no_pattern_changes_nothing(client: Client, bad: str) -> None:
    with pytest.raises(FinderError, match="Not a pattern"):
        client.call("exclude", {"add": ["*.log", bad]})
    assert client.call("exclude", {})["patterns"] == []


@pytest.mark.parametrize(
    ("way", "point"),
    [
        ("exclude", "purging.batch_removed"),
        ("exclude", "purging.rows_removed"),
        ("exclude", "feeding.epoch_made"),
        ("exclude", "purging.catalog_rewritten"),
        ("forget", "purging.asked"),
        ("forget", "engine.folder_dropped"),
        ("forget", "purging.rows_removed"),
    ],
)
def test_a_kill_in_the_middle_is_made_good_by_the_next_start(
    tmp_path: Path, runtime_folder: Path, monkeypatch: pytest.MonkeyPatch, way: str, point: str
) -> None:
    home = make_home(tmp_path / "home")
    docs = plant(tmp_path / "docs")
    token = tmp_path / "died"
    roots = [docs / "private"] if way == "forget" else [docs]
    with connect(home) as client:
        for root in roots:
            client.call("index", {"folders": [uri(root)]}, timeout_s=60)
        wait_until(lambda: client.call("status")["search"]["vectors_in_chroma"] >= FILES)
    end_service(home)
    monkeypatch.setenv(VARIABLE, f"{point}:1:{token}")
    try:
        with connect(home) as client:
            pid = int(client.hello["pid"])
            with contextlib.suppress(FinderError):
                if way == "exclude":
                    client.call("exclude", {"add": ["private/"]}, timeout_s=30)
                else:
                    client.call("forget", {"folder": uri(docs / "private")}, timeout_s=30)
        wait_until(token.exists, timeout_s=60)
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(pid).wait(60)
        monkeypatch.delenv(VARIABLE)
        with connect(home) as client:
            was_accepted = point != "purging.asked"
            wait_until(lambda: client.call("status")["phase"] == "idle" and is_erased(client))
            assert bool(client.call("status")["folders"]) == (way == "exclude" or not was_accepted)
            shown = names(client, WORD, mode="keyword")
            assert bool(shown) != was_accepted
            if was_accepted:
                assert Traces(docs).found(home) == set()
    finally:
        end_service(home)


def test_a_kill_at_any_moment_after_the_rule_is_made_good(tmp_path: Path, runtime_folder: Path) -> None:
    home = make_home(tmp_path / "home")
    docs = plant(tmp_path / "docs")
    traces = Traces(docs)
    try:
        for delay_s in (0.02, 0.3):
            with connect(home) as client:
                client.call("exclude", {"remove": client.call("exclude", {})["patterns"]}, timeout_s=30)
                client.call("index", {"folders": [uri(docs)]}, timeout_s=60)
                assert names(client, WORD, mode="keyword")
                pid = int(client.hello["pid"])
                killer = threading.Timer(delay_s, os.kill, [pid, signal.SIGKILL])
                killer.start()
                with contextlib.suppress(FinderError):
                    client.call("exclude", {"add": ["private/"]}, timeout_s=30)
                killer.join()
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(pid).wait(60)
            with connect(home) as client:
                wait_until(lambda: client.call("status")["phase"] == "idle" and is_erased(client))
                if client.call("exclude", {})["patterns"]:
                    assert names(client, WORD, mode="keyword") == []
                    assert traces.found(home) == set()
    finally:
        end_service(home)


def test_a_space_that_joins_after_something_was_erased_is_rid_of_it_too(tmp_path: Path, docs: Path) -> None:
    """A service that was killed while it built a space finds it half built, with vectors of what has gone since."""
    with open_index(tmp_path / "home") as index:
        index.add(docs)
        exclude(index, "private/")
        index.wait_until_quiet()
        embedder = HashEmbedder(64)
        space_id = index.catalog.write(lambda connection: spaces.begin(connection, embedder.space))
        folder = tmp_path / "half built"
        folder.mkdir()
        left = create_epoch(folder, embedder.space) / "chroma.left"
        left.write_bytes(b"a vector of what was erased")
        exact = ExactIndex(folder / "exact.bin", embedder.space, SpaceVectors(index.catalog.reader, space_id, 64))
        index.pipeline.pause("disk", "so that nothing is fed")
        parts = SpaceParts(space_id, embedder, exact, lambda _: pytest.fail("the store was opened"), folder)
        index.pipeline.build_beside(parts)
        assert not left.exists()
        index.pipeline.drop_building()
        exact.close()


def test_a_drive_that_is_away_delays_nothing(tmp_path: Path, docs: Path) -> None:
    with open_index(tmp_path / "home") as opened:
        opened.add(docs)
        docs.rename(tmp_path / "away")
        with pytest.raises(FinderError):
            opened.look(docs)
        exclude(opened, "private/")
        opened.wait_until_quiet()
        assert Traces(tmp_path / "away").found(opened.home) == set()
        assert opened.catalog.reader().execute("SELECT count(*) FROM files").get == FILES


def test_a_reader_of_the_log_is_waited_for_and_other_writers_are_not_held_up(tmp_path: Path, docs: Path) -> None:
    with open_index(tmp_path / "home") as opened:
        opened.add(docs)
        reader = opened.catalog.reader()
        rows = iter(reader.execute("SELECT id FROM texts"))
        next(rows)
        exclude(opened, "private/")
        wait_until(lambda: "anew" in opened.pipeline.purging.doing)
        longest_s = longest_write_s(opened, lambda: None, for_s=0.8)
        assert opened.pipeline.purging.is_pending
        assert longest_s < 5.0
        del rows
        reader.cache_flush()
        wait_until(lambda: not opened.pipeline.purging.is_pending, timeout_s=60)
        assert Traces(docs).found(opened.home) == set()


def exclude(opened: Index, pattern: str) -> None:
    with opened.pipeline.purging.asked():
        opened.patterns = (pattern,)
        opened.pipeline.scanning.rules_changed()


def longest_write_s(opened: Index, begin: Callable[[], Any], for_s: float) -> float:
    """How long any of many small writes waited while something else goes on."""
    begin()
    longest_s, end_s = 0.0, time.monotonic() + for_s
    while time.monotonic() < end_s:
        begun_s = time.monotonic()
        opened.catalog.write(lambda connection: connection.execute("UPDATE spaces SET model = model"))
        longest_s = max(longest_s, time.monotonic() - begun_s)
        time.sleep(0.01)
    return longest_s


def test_rules_that_two_clients_make_at_once_are_both_kept(chroma_home: Home) -> None:
    engine = Engine(chroma_home)
    engine.start()
    try:
        rules = [f"never{number}/" for number in range(8)]
        requests, together = Requests(engine), threading.Barrier(len(rules))

        def make(rule: str) -> None:
            together.wait()
            requests.handle("exclude", {"add": [rule]}, cast(Reply, None))

        threads = [threading.Thread(target=make, args=(rule,)) for rule in rules]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(engine.settings.exclude) == set(rules)
    finally:
        engine.stop()
