"""Topics through the real service: found, named in any script, stable, private, and a child that may be killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import jsonschema
import psutil
import pytest

from finder.errors import CancelledError, FinderError, UsageFaultError, WorkerDiedError
from finder.paths import Home, path_to_uri
from finder.service.client import Client, connect
from finder.topics.found import Topic, Topics
from tests.conftest import CHECKOUT, Inkling, end_service, make_home, run_inkling
from tests.integration.pipelines import wait_until
from tests.topical import CHINESE, SUBJECTS, write_notes

SCHEMA = json.loads((CHECKOUT / "resources" / "schemas" / "topics.schema.json").read_text(encoding="utf-8"))
NOTES = 12
ALL = (*SUBJECTS, *CHINESE)


@pytest.fixture
def client(home: Home) -> Iterator[Client]:
    with connect(home) as connected:
        yield connected


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return write_all(tmp_path / "notes")


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path) -> Iterator[tuple[Client, Path]]:
    """A service that has indexed notes about every subject, for tests that only ask."""
    folder = tmp_path_factory.mktemp("mapped")
    home, notes = make_home(folder / "home"), write_all(folder / "notes")
    with connect(home) as client:
        index(client, notes)
        yield client, notes
    end_service(home)


def write_all(folder: Path) -> Path:
    for subject in ALL:
        write_notes(folder / subject, subject, NOTES)
    return folder


def uri(path: Path) -> str:
    return path_to_uri(os.fsencode(path))


def index(client: Client, path: Path) -> None:
    client.call("index", {"folders": [uri(path)], "is_watched": True}, timeout_s=120)


def ask(client: Client, *folders: Path) -> Topics:
    params = {"folders": [uri(folder) for folder in folders]}
    found = cast(Topics, client.call("topics", params, timeout_s=120))
    jsonschema.validate(found, SCHEMA)
    counted = sum(topic["count"] for topic in found["topics"])
    assert counted + found["outliers"] + found["without_vectors"] == found["files"]
    return found


def topic_of(found: Topics, subject: str) -> Topic:
    """The topic that most of a subject's notes are in."""
    ids = [point["topic"] for point in found["points"] if point["name"].startswith(f"{subject}-")]
    most = max(set(ids), key=ids.count)
    return next(topic for topic in found["topics"] if topic["id"] == most)


def identities(found: Topics) -> list[tuple[object, ...]]:
    return sorted((topic["id"], topic["name"], topic["hue_rank"], topic["x"], topic["y"]) for topic in found["topics"])


def places(found: Topics) -> dict[str, tuple[int | None, float, float]]:
    return {point["name"]: (point["topic"], point["x"], point["y"]) for point in found["points"]}


def test_each_subject_is_a_topic_that_is_named_by_its_words(mapped: tuple[Client, Path]) -> None:
    client, _ = mapped
    found = ask(client)
    assert found["files"] == len(ALL) * NOTES
    assert len(found["topics"]) == len(ALL)
    for subject, words in SUBJECTS.items():
        topic = topic_of(found, subject)
        assert topic["count"] == NOTES
        assert set(topic["words"]) <= set(words)
        assert len(topic["words"]) == 3
        assert topic["name"] == " · ".join(topic["words"])
    for subject, words in CHINESE.items():
        topic = topic_of(found, subject)
        assert topic["count"] == NOTES
        assert topic["words"]
        assert set(topic["words"]) <= set(words)
    assert len({topic["hue_rank"] for topic in found["topics"]}) == len(ALL)
    assert len(found["points"]) == len(ALL) * NOTES


def test_topics_of_a_folder_are_those_of_its_files(mapped: tuple[Client, Path]) -> None:
    client, notes = mapped
    found = ask(client, notes / "soup", notes / "lease")
    assert found["files"] == 2 * NOTES
    assert {point["name"].split("-")[0] for point in found["points"]} == {"soup", "lease"}


def test_copies_of_one_content_count_once_and_a_stranger_is_in_no_topic(client: Client, notes: Path) -> None:
    for number in range(6):
        shutil.copy(notes / "soup" / "soup-0.txt", notes / f"copy-{number}.txt")
    (notes / "stranger.txt").write_text("Xylophone quartz vexillology, jukebox zephyr.\n")
    index(client, notes)
    found = ask(client)
    assert found["files"] == len(ALL) * NOTES + 1
    assert topic_of(found, "soup")["count"] == NOTES
    assert places(found)["stranger.txt"][0] is None


def test_too_few_files_are_said_to_be_too_few(client: Client, documents: Path) -> None:
    index(client, documents)
    found = ask(client)
    assert (found["topics"], found["points"], found["files"]) == ([], [], 4)
    assert "10 files" in found["notes"][0]


def test_a_folder_that_is_not_indexed_is_an_error_with_the_next_step(client: Client, tmp_path: Path) -> None:
    with pytest.raises(UsageFaultError) as raised:
        client.call("topics", {"folders": [uri(tmp_path)]})
    assert "inkling index" in raised.value.hint


def test_an_edit_and_a_restart_leave_topics_and_points_where_they_were(home: Home, notes: Path) -> None:
    with connect(home) as client:
        index(client, notes)
        before = ask(client)
    (notes / "soup" / "soup-3.txt").write_text((notes / "soup" / "soup-4.txt").read_text() + "ladle\n")
    (notes / "lease" / "lease-1.txt").unlink()
    end_service(home)
    with connect(home) as client:
        index(client, notes)
        after = ask(client)
    assert identities(after) == identities(before)
    was, now = places(before), places(after)
    assert was.keys() - now.keys() == {"lease-1.txt"}
    assert {name for name in now if now[name] != was[name]} <= {"soup-3.txt"}
    assert now["soup-3.txt"][0] == was["soup-3.txt"][0]


def test_a_file_that_is_gone_is_no_point_even_before_the_index_knows(client: Client, notes: Path) -> None:
    client.call("index", {"folders": [uri(notes)], "is_watched": False}, timeout_s=120)
    ask(client)
    (notes / "soup" / "soup-5.txt").unlink()
    assert "soup-5.txt" not in places(ask(client))


def test_what_is_excluded_leaves_names_points_and_kept_maps(home: Home, client: Client, notes: Path) -> None:
    index(client, notes)
    ask(client)
    kept = list((home.root / "topics").iterdir())
    assert kept
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in kept)
    assert any(word.encode() in kept[0].read_bytes() for word in SUBJECTS["lease"])
    client.call("exclude", {"add": ["lease/"], "remove": []}, timeout_s=60)
    wait_until(lambda: not list((home.root / "topics").iterdir()))
    found = ask(client)
    assert found["files"] == (len(ALL) - 1) * NOTES
    told = json.dumps(found)
    held = b"".join(path.read_bytes() for path in (home.root / "topics").iterdir())
    for word in SUBJECTS["lease"]:
        assert word not in told
        assert word.encode() not in held


def test_a_cancelled_request_ends_its_process(mapped: tuple[Client, Path]) -> None:
    client, notes = mapped
    folders = (notes / "soup", notes / "glacier")
    with Asking(client, *folders) as asked:
        pid = worker_pid(client, asked)
        os.kill(pid, signal.SIGSTOP)  # it will not come to its end by itself
        asked.client.cancel()
        asked.thread.join(60)
        assert isinstance(asked.error, CancelledError)
    wait_until(lambda: has_ended(pid))
    assert ask(client, *folders)["topics"]


def test_a_process_that_is_killed_is_an_error_and_the_next_request_is_answered(mapped: tuple[Client, Path]) -> None:
    client, notes = mapped
    folders = (notes / "lease", notes / "music")
    with Asking(client, *folders) as asked:
        os.kill(worker_pid(client, asked), signal.SIGKILL)
        asked.thread.join(60)
        assert isinstance(asked.error, WorkerDiedError)
        assert asked.error.hint
    assert ask(client, *folders)["topics"]


def test_no_process_stays_behind_an_answer(mapped: tuple[Client, Path]) -> None:
    client, notes = mapped
    assert ask(client, notes / "library", notes / "soup")["topics"]
    service = psutil.Process(client.hello["pid"])
    wait_until(lambda: not any("topics_worker" in _command(child) for child in service.children()))


def _command(process: psutil.Process) -> str:
    """Its command line; empty of one that has just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def test_the_command_names_topics_and_their_files(mapped: tuple[Client, Path], tmp_path: Path) -> None:
    client, notes = mapped
    inkling = partial(run_inkling, Home(Path(client.hello["home"])), tmp_path)
    done = inkling("topics", notes)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"{len(ALL)} topics in {len(ALL) * NOTES} files"
    assert sum(" · " in line for line in lines) == len(ALL)
    as_json = json.loads(inkling("topics", "--json").stdout)
    jsonschema.validate(as_json, SCHEMA)


def test_the_command_says_what_is_missing(inkling: Inkling, documents: Path) -> None:
    assert inkling("index", documents).returncode == 0
    done = inkling("topics")
    assert done.returncode == 1
    assert "at least" in done.stdout


class Asking:
    """A request for topics that were not asked for before, on a connection and in a thread of its own."""

    def __init__(self, client: Client, *folders: Path) -> None:
        self._params = {"folders": [uri(folder) for folder in folders]}
        self.client = connect(Home(Path(client.hello["home"])))
        self.error: FinderError | None = None
        self.thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        try:
            self.client.call("topics", self._params, timeout_s=120)
        except FinderError as error:
            self.error = error

    def __enter__(self) -> Asking:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.thread.join(60)
        self.client.close()


def worker_pid(client: Client, asked: Asking) -> int:
    """The process that finds topics, as soon as it does."""
    while asked.thread.is_alive():
        workers: list[dict[str, Any]] = client.call("status")["workers"]
        for worker in workers:
            if worker["name"] == "topics" and worker["state"] == "busy":
                return int(worker["pid"])
    raise AssertionError(f"it was answered before its process was seen: {asked.error}")


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
