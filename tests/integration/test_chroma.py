"""A Chroma store answers truthfully or says that it does not, whatever was done to it; a real Chroma throughout."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from finder.errors import EnvironmentFaultError, StoreDamagedError, UsageFaultError
from finder.store.chroma import ChromaIndex
from finder.store.epochs import (
    EpochState,
    create_epoch,
    index_sums,
    lock_epoch,
    newest_epoch,
    remove_epochs,
    remove_tree,
)
from finder.vectors import Space
from tests.integration.chroma_child import SPACE, SYNC_THRESHOLD, vectors

pytestmark = pytest.mark.skipif(os.name == "nt", reason="locks and signals are POSIX")

_ROOT = Path(__file__).parents[2]
_COUNT = 1500


def child(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "tests.integration.chroma_child", *map(str, arguments)]


def judged(*directories: Path) -> dict[str, str]:
    """How opening each went, in a process that may die of it."""
    done = subprocess.run(child("try", *directories), cwd=_ROOT, capture_output=True, text=True, check=True)
    verdicts: dict[str, str] = json.loads(done.stdout)
    return verdicts


@pytest.fixture
def epoch(tmp_path: Path) -> Path:
    return create_epoch(tmp_path, SPACE)


@pytest.fixture
def index(epoch: Path) -> Iterator[ChromaIndex]:
    index = ChromaIndex(epoch, SPACE.dimension, sync_threshold=SYNC_THRESHOLD)
    yield index
    index.close()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed store of 1,500 vectors, 1,000 of them in its index files and the rest in its log."""
    directory = create_epoch(tmp_path_factory.mktemp("sound"), SPACE)
    index = ChromaIndex(directory, SPACE.dimension, sync_threshold=SYNC_THRESHOLD)
    index.add(*vectors(_COUNT))
    index.close()
    return directory


def test_finds_what_was_added_and_its_cosine(index: ChromaIndex) -> None:
    seqs, rows = vectors(600)
    assert index.add(seqs, rows) == 600
    hits = index.search(rows[41] * 3, 5)
    exact = rows @ rows[41]
    order = np.argsort(-exact)[:5]
    assert hits.seqs.tolist() == seqs[order].tolist()
    np.testing.assert_allclose(hits.scores, exact[order], atol=1e-4)


def test_an_empty_store_finds_nothing(index: ChromaIndex) -> None:
    assert (index.mark, index.count(), len(index.search(vectors(1)[1][0], 5).seqs)) == (0, 0, 0)


def test_asked_for_more_than_there_is_it_gives_what_there_is(index: ChromaIndex) -> None:
    index.add(*vectors(3))
    assert sorted(index.search(vectors(1)[1][0], 10).seqs.tolist()) == [1, 2, 3]


def test_adding_again_changes_nothing(index: ChromaIndex) -> None:
    seqs, rows = vectors(300)
    index.add(seqs[:200], rows[:200])
    assert index.add(seqs, rows) == 300
    assert index.add(seqs[:100], -rows[:100]) == 300
    assert index.count() == 300
    assert index.search(rows[0], 1).seqs.tolist() == [1]


def test_goes_on_after_reopening(epoch: Path) -> None:
    for count, marks in ((250, "0 100 200 250"), (400, "250 350 400")):
        done = subprocess.run(child("add", epoch, count), cwd=_ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.split() == marks.split()
    assert judged(epoch) == {epoch.name: "true: 400"}


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1.0])
def test_bad_vectors_are_refused(index: ChromaIndex, value: float) -> None:
    seqs, rows = vectors(3)
    rows[1] = value
    with pytest.raises(UsageFaultError):
        index.add(seqs, rows)
    assert index.count() == 0


def test_wrong_lengths_and_orders_are_refused(index: ChromaIndex) -> None:
    seqs, rows = vectors(3)
    with pytest.raises(UsageFaultError):
        index.add(seqs, rows[:, :16])
    with pytest.raises(UsageFaultError):
        index.add(seqs[:2], rows)
    with pytest.raises(UsageFaultError):
        index.add(seqs[::-1], rows)


def test_a_query_without_direction_finds_nothing(index: ChromaIndex) -> None:
    index.add(*vectors(10))
    for value in (0.0, np.nan):
        assert len(index.search(np.full(SPACE.dimension, value, np.float32), 5).seqs) == 0


def test_a_second_opener_waits_and_is_refused(index: ChromaIndex, epoch: Path) -> None:
    before = time.monotonic()
    with pytest.raises(EnvironmentFaultError, match="in use"):
        ChromaIndex(epoch, SPACE.dimension, lock_timeout_s=0.2)
    assert time.monotonic() - before >= 0.2
    index.add(*vectors(1))


def test_a_successor_waits_for_the_lock(epoch: Path) -> None:
    index = ChromaIndex(epoch, SPACE.dimension)
    index.add(*vectors(200))
    with subprocess.Popen(child("add", epoch, 300), cwd=_ROOT, stdout=subprocess.PIPE, text=True) as successor:
        assert successor.stdout is not None
        index.close()
        assert successor.stdout.readline() == "200\n"
        assert successor.wait(30) == 0
    assert judged(epoch) == {epoch.name: "true: 300"}


def test_only_its_user_can_enter(index: ChromaIndex, epoch: Path) -> None:
    index.add(*vectors(1))
    assert epoch.stat().st_mode & 0o777 == 0o700
    assert (epoch / "chroma").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in epoch.iterdir() if path.is_file()} == {0o600}


def test_killed_while_adding_it_goes_on_or_says_that_it_cannot(tmp_path: Path) -> None:
    """SIGKILL five times at different moments, also while index files are written."""
    epoch = create_epoch(tmp_path, SPACE)
    marks = [0]
    for reports in (3, 8, 12, 4, 10):
        with subprocess.Popen(child("add", epoch, 10_000), cwd=_ROOT, stdout=subprocess.PIPE, text=True) as killed:
            assert killed.stdout is not None
            said = [killed.stdout.readline() for _ in range(reports)]
            time.sleep(0.004 * reports)
            killed.send_signal(signal.SIGKILL)
            said += killed.stdout.read().splitlines()
        if not said[0]:  # the opening refused: begun anew, as the caller does
            epoch, said = create_epoch(tmp_path, SPACE), ["0"]
        assert int(said[0]) >= marks[-1] or int(said[0]) == 0
        marks.append(max(int(line) for line in said if line.strip()))
    verdict = judged(epoch)[epoch.name]
    assert verdict.startswith(("true", "damaged", "died"))  # the marker tells of the last
    if verdict.startswith("true"):
        assert int(verdict.split()[1]) >= marks[-1]


def flipped(path: Path, share: float) -> None:
    with path.open("r+b") as file:
        file.seek(int(path.stat().st_size * share))
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 0xFF]))


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def damages(epoch: Path) -> Iterator[tuple[str, Callable[[Path], object]]]:
    """Names, and what is done to a copy of the store at a path relative to it."""
    files = [path.relative_to(epoch) for path in sorted(epoch.rglob("*")) if path.is_file() and path.name != "lock"]
    for file in files:
        yield f"{file.name} deleted", lambda root, file=file: (root / file).unlink()
        yield f"{file.name} cut", lambda root, file=file: cut(root / file)
        yield f"{file.name} zeroed", lambda root, file=file: zeroed(root / file)
        for share in (0.03, 0.5, 0.97):
            yield f"{file.name} flipped at {share}", lambda root, file=file, share=share: flipped(root / file, share)
    segment = next(path for path in (epoch / "chroma").iterdir() if path.is_dir())
    yield "index deleted", lambda root: shutil.rmtree(root / segment.relative_to(epoch))
    yield "chroma deleted", lambda root: shutil.rmtree(root / "chroma")
    yield "marker left", lambda root: (root / "opening").touch()


def test_damage_is_said_or_harmless_or_seen_by_the_marker(tmp_path: Path, sound: Path) -> None:
    copies = {}
    for name, damage in damages(sound):
        copies[name] = Path(shutil.copytree(sound, tmp_path / name.replace(" ", "_")))
        damage(copies[name])
    verdicts = judged(*copies.values())
    died = [tmp_path / name for name, verdict in verdicts.items() if verdict == "died"]
    verdicts.update(judged(*died) if died else {})  # the next opening sees the marker
    for name, verdict in verdicts.items():
        if name.startswith("chroma.sqlite3_flipped"):
            # One byte of Chroma's database may be one vector's; the others must not suffer.
            assert verdict.startswith(("true", "damaged", "untrue: 1 ")), name
        else:
            assert verdict.startswith("damaged"), name


@pytest.mark.parametrize("table", ["embeddings", "embedding_metadata"])
def test_a_page_of_its_database_that_no_known_vector_needs_is_looked_at_too(
    table: str, tmp_path: Path, sound: Path
) -> None:
    epoch = Path(shutil.copytree(sound, tmp_path / "epoch"))
    path = epoch / "chroma" / "chroma.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        page, page_bytes = connection.execute(
            "SELECT rootpage, page_size FROM sqlite_master, pragma_page_size WHERE name = ?", (table,)
        ).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * page_bytes)
        file.write(b"\xa5" * page_bytes)
    with pytest.raises(StoreDamagedError):
        ChromaIndex(epoch, SPACE.dimension)


def test_a_folder_that_a_worker_still_writes_to_is_removed_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "epochs"
    (folder / "epoch-1").mkdir(parents=True)
    end_s = time.monotonic() + 0.3

    def write() -> None:
        while time.monotonic() < end_s:
            with contextlib.suppress(OSError):
                (folder / "epoch-1" / "chroma").mkdir(exist_ok=True)
                for number in range(100):
                    (folder / "epoch-1" / "chroma" / str(number)).touch()

    writer = threading.Thread(target=write)
    writer.start()
    remove_tree(folder / "epoch-1")
    assert time.monotonic() < end_s + 10
    writer.join()
    assert not (folder / "epoch-1").exists()


def test_an_epoch_is_removed_only_when_nobody_holds_it(tmp_path: Path) -> None:
    """What a worker of a killed service is just opening, Chroma would make again after it was removed."""
    (tmp_path / "space").mkdir()
    epoch = create_epoch(tmp_path / "space", SPACE)
    held = lock_epoch(epoch, 0)
    seen_at_the_end: list[bool] = []

    def let_go() -> None:
        seen_at_the_end.append(epoch.exists())
        os.close(held)

    holder = threading.Timer(0.3, let_go)
    holder.start()
    remove_tree(tmp_path / "space")
    holder.join()
    assert seen_at_the_end == [True]
    assert not (tmp_path / "space").exists()
    with pytest.raises(EnvironmentFaultError, match="cannot be opened"):
        ChromaIndex(epoch, SPACE.dimension)
    assert not epoch.exists()


def test_a_lock_on_an_epoch_that_was_made_anew_meanwhile_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    epoch = create_epoch(tmp_path, SPACE)
    flock, calls = fcntl.flock, []

    def lock_late(descriptor: int, operation: int) -> None:
        if not calls:
            shutil.rmtree(epoch)
            create_epoch(tmp_path, SPACE)
        calls.append(operation)
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", lock_late)
    descriptor = lock_epoch(epoch, 10)
    assert os.path.samestat(os.fstat(descriptor), os.stat(epoch / "lock"))
    os.close(descriptor)


def test_an_opening_that_died_is_not_tried_again(tmp_path: Path, sound: Path) -> None:
    epoch = Path(shutil.copytree(sound, tmp_path / "epoch"))
    (epoch / "opening").touch()
    with pytest.raises(StoreDamagedError, match="ended the process"):
        ChromaIndex(epoch, SPACE.dimension)


def without_sums(epoch: Path) -> None:
    state = EpochState.from_bytes((epoch / "state").read_bytes())
    state.files = index_sums(epoch / "chroma")
    (epoch / "state").write_bytes(state.to_bytes())


def test_a_lost_index_is_noticed_even_where_no_sum_tells(tmp_path: Path, sound: Path) -> None:
    """Chroma answers from an index that it began anew, with few rows and no error: the known vectors tell."""
    epoch = Path(shutil.copytree(sound, tmp_path / "epoch"))
    for path in (epoch / "chroma").iterdir():
        if path.is_dir():
            shutil.rmtree(path)
    without_sums(epoch)
    assert "do not find themselves" in judged(epoch)["epoch"]


def test_an_opening_that_ends_the_process_is_seen_by_the_next_one(tmp_path: Path, sound: Path) -> None:
    epoch = Path(shutil.copytree(sound, tmp_path / "epoch"))
    cut(next(epoch.rglob("header.bin")))
    without_sums(epoch)
    assert judged(epoch)["epoch"].startswith(("died", "damaged"))  # chromadb 1.5.9 dies
    assert "ended the process" in judged(epoch)["epoch"]


def test_an_epoch_of_another_dimension_is_refused(sound: Path) -> None:
    with pytest.raises(StoreDamagedError, match="dimension"):
        ChromaIndex(sound, 64)


def test_epochs_are_numbered_found_by_space_and_removed(tmp_path: Path) -> None:
    other = Space("f" * 64, "test", 64)
    assert newest_epoch(tmp_path, SPACE) is None
    first, second = create_epoch(tmp_path, SPACE), create_epoch(tmp_path, other)
    (tmp_path / "epoch-9").mkdir()  # begun and never finished
    (tmp_path / "codes").touch()  # the exact search's
    assert (newest_epoch(tmp_path, SPACE), newest_epoch(tmp_path, other)) == (first, second)
    third = create_epoch(tmp_path, SPACE)
    assert third.name == "epoch-10"
    assert newest_epoch(tmp_path, SPACE) == third
    remove_epochs(tmp_path, but=third)
    assert sorted(os.listdir(tmp_path)) == ["codes", "epoch-10"]
    remove_epochs(tmp_path)
    assert os.listdir(tmp_path) == ["codes"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the trap is a seccomp filter")
def test_no_connection_is_attempted(epoch: Path) -> None:
    """Import, opening, adding, searching: none asks for an internet socket, be it from Python or from Rust."""
    hostile = {"ANONYMIZED_TELEMETRY": "True", "CHROMA_OTEL_COLLECTION_ENDPOINT": "http://127.0.0.1:9"}
    trap = subprocess.run(child("isolated", "connect"), cwd=_ROOT, check=False)
    assert trap.returncode == -signal.SIGSYS
    for command, answer in (("add", "1500"), ("try", f'{{"{epoch.name}": "true: 1500"}}')):
        count = ("1500",) if command == "add" else ()
        done = subprocess.run(
            child("isolated", command, epoch, *count),
            cwd=_ROOT,
            env={**os.environ, **hostile},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, [answer]), done.stderr


def test_the_environment_cannot_make_it_a_client_of_a_server(epoch: Path) -> None:
    hostile = {"CHROMA_API_IMPL": "chromadb.api.fastapi.FastAPI", "CHROMA_SERVER_HOST": "127.0.0.1"}
    command = child("add", epoch, 200)
    done = subprocess.run(
        command, cwd=_ROOT, env={**os.environ, **hostile}, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1:] == ["200"], done.stderr
