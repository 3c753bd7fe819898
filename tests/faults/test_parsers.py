"""A reader that a hostile file has taken over reaches nothing, is named, and the next file is read."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.conftest import CHECKOUT
from tests.hostile.bench import PATIENT_S, Bench, open_bench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox beyond limits is Linux's")

REFUSED = (
    *("run_a_program", "become_a_program", "fork", "open_a_socket", "write_a_file", "write_the_document"),
    *("map_the_document_for_writing", "read_another_file", "read_the_folder", "read_its_own_memory"),
    *("read_the_environment_of_the_service", "trace_the_service", "kill_the_service", "signal_by_descriptor"),
    *("stop_the_service_by_its_thread", "rename_the_document", "remove_the_document", "open_the_document_to_all"),
    *("watch_a_folder", "become_root", "send_over_its_own_socket", "take_more_memory", "take_more_log"),
)
"""Of `tests/faults/malicious.py`, what meets an error and goes on."""
ENDED = {
    "endless_time": ("too_slow",),
    "endless_memory": ("too_much_memory",),
    # Which limit it meets first depends on how fast the computer is.
    "endless_words": ("too_slow", "too_much_memory"),
    # Its end is seen at once, unless the thread that reads the pipe was waiting on it already and holds it open.
    "close_everything": ("too_slow", "died"),
    "leave": ("died",),
    "answer_in_no_known_form": ("died",),
    "lie_about_a_length": ("died",),
    "lie_about_bytes_beside": ("died",),
    "nest_an_answer": ("died",),
}
"""What costs the request, and the codes that may name it."""


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, listener: socket.socket) -> Iterator[Bench]:
    """A bench whose worker has the malicious readers built in."""
    folder = tmp_path_factory.mktemp("bench")
    shutil.copy(Path(__file__).with_name("malicious.py"), folder / "sitecustomize.py")
    (folder / "secret.txt").write_text("a word that nobody may read")
    with pytest.MonkeyPatch.context() as patch, open_bench(folder, deadline_s=1.5) as opened:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(folder), str(CHECKOUT)]))
        patch.setenv("EVIL_FOLDER", str(folder))
        patch.setenv("EVIL_PORT", str(listener.getsockname()[1]))
        yield opened


def _attack(bench: Bench, name: str) -> Path:
    path = bench.folder / f"evil-{name}"
    path.write_text("the document as it was")
    path.chmod(0o644)
    return path


def _state(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {p.name: (p.stat().st_mode, p.read_bytes()) for p in folder.iterdir() if p.suffix != ".log" and p.is_file()}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_tried_is_refused(bench: Bench, listener: socket.socket, name: str) -> None:
    path = _attack(bench, name)
    before = _state(bench.folder)
    extraction = bench.read(path)
    assert extraction.passages[0].text in ("PermissionError", "OSError", "ValueError")
    assert _state(bench.folder) == before
    with pytest.raises(BlockingIOError):
        listener.accept()
    bench.check_calm()


def test_the_next_request_is_not_there_before_it_is_made(bench: Bench) -> None:
    assert bench.read(_attack(bench, "receive_what_is_not_sent")).passages[0].text == "nothing"
    bench.check_calm()


def test_descriptors_that_are_passed_along_are_not_taken(bench: Bench) -> None:
    bench.check_calm()
    before = psutil.Process().num_fds()
    assert bench.read(_attack(bench, "pass_a_descriptor")).passages[0].text == "done"
    bench.check_calm()
    assert psutil.Process().num_fds() == before


@pytest.mark.parametrize(("name", "codes"), ENDED.items())
def test_what_cannot_be_refused_is_ended_and_named(bench: Bench, name: str, codes: tuple[str, ...]) -> None:
    with bench.within(bench.deadline_s if "too_slow" in codes else PATIENT_S):
        assert bench.ending(_attack(bench, name)) in codes
        bench.check_calm()
