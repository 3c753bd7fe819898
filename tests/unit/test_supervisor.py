"""Workers as real processes: answered, timed, killed, renewed, let go, and never orphaned."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from finder.errors import CancelledError, FileError, FinderError, ServiceError, WorkerDiedError
from finder.index.work_in_hand import WorkInHand
from finder.workers.child import WorkerSpec
from finder.workers.launch import environment
from finder.workers.supervisor import Worker

ROOT = Path(__file__).parents[2]
Make = Callable[..., Worker]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes a sample worker with the given limits, and ends it after the test."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    workers: list[Worker] = []

    def _make(behaviour: str = "serve", **limits: object) -> Worker:
        spec = WorkerSpec("sample", "tests.unit.sample_worker", (behaviour,), **limits)  # type: ignore[arg-type]
        workers.append(Worker(spec, tmp_path))
        return workers[-1]

    yield _make
    for worker in workers:
        worker.stop()


def wait_until(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


def pid_of(worker: Worker) -> int:
    return int(worker.request("echo", timeout_s=60).result["pid"])


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_request_starts_the_worker_and_is_answered(make: Make) -> None:
    worker = make()
    assert (worker.state, worker.pid, worker.starts) == ("stopped", None, 0)
    reply = worker.request("echo", {"text": "é"}, [b"\x01\x02"], timeout_s=60)
    assert reply.result["params"] == {"text": "é"}
    assert [bytes(blob) for blob in reply.blobs] == [b"\x01\x02"]
    assert (worker.state, worker.pid, worker.starts) == ("idle", reply.result["pid"], 1)


def test_a_piece_of_work_is_not_in_hand_while_its_worker_starts(make: Make, tmp_path: Path) -> None:
    notes = tmp_path / "work-in-hand"
    in_hand = WorkInHand(notes)
    worker = make()

    def work() -> None:
        with in_hand.piece("reading 1"):
            worker.request("nap", {"seconds": 0.5}, timeout_s=60)

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: worker.state == "starting")
    is_noted = notes.read_bytes().startswith(b"reading 1")
    assert worker.state == "starting"
    assert not is_noted
    wait_until(lambda: notes.read_bytes().startswith(b"reading 1"))
    assert worker.state == "busy"
    thread.join()
    in_hand.close()


def test_a_descriptor_is_read_by_the_worker_and_closed_there(make: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("handed over")
    worker = make()
    counts = set()
    with open(tmp_path / "file", "rb") as file:
        for _ in range(3):
            reply = worker.request("read_descriptor", descriptors=[file.fileno()], timeout_s=60)
            assert reply.result["text"] == "handed over"
            counts.add(reply.result["open"])
    assert len(counts) == 1


def test_the_second_lane_answers_while_the_main_lane_computes(make: Make) -> None:
    worker = make()
    pid_of(worker)
    napping = threading.Thread(target=lambda: worker.request("nap", {"seconds": 3.0}, timeout_s=60))
    napping.start()
    wait_until(lambda: worker.state == "busy")
    worker.request("quick", timeout_s=60)
    assert napping.is_alive()
    napping.join()


def test_requests_of_many_threads_get_their_own_answers(make: Make) -> None:
    worker = make()
    wrong: list[int] = []

    def ask(number: int) -> None:
        if worker.request("echo", {"n": number}, timeout_s=60).result["params"]["n"] != number:
            wrong.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert worker.starts == 1


def test_the_workers_own_error_comes_back_as_it_was_raised(make: Make) -> None:
    with pytest.raises(FileError) as caught:
        make().request("refuse", timeout_s=60)
    error = caught.value
    expected = ("encrypted", "It is locked", "with a password", "Unlock it.", "/a/file")
    assert (error.code, error.title, error.detail, error.hint, error.path) == expected


def test_a_request_that_cannot_be_sent_leaves_nothing_behind(make: Make) -> None:
    worker = make()
    pid = pid_of(worker)
    with pytest.raises(ValueError, match="limit"):
        worker.request("echo", blobs=[bytes(65 << 20)], timeout_s=60)
    assert worker.state == "idle"
    assert pid_of(worker) == pid


def test_a_bug_is_logged_where_it_happened_without_what_it_quotes(make: Make, tmp_path: Path) -> None:
    worker = make()
    pid = pid_of(worker)
    with pytest.raises(FinderError, match="Something went wrong"):
        worker.request("stumble", timeout_s=60)
    with pytest.raises(FinderError, match="Something went wrong"):
        worker.request("no_such_method", timeout_s=60)
    assert pid_of(worker) == pid
    written = (tmp_path / "worker-sample.log").read_text()
    assert "KeyError" in written
    assert "in stumble" in written
    assert "'the secret word'" not in written


@pytest.mark.parametrize("method", ["nap", "backtrack"])
def test_a_hang_is_killed_at_its_deadline(make: Make, method: str) -> None:
    worker = make()
    pid = pid_of(worker)
    begun = time.monotonic()
    with pytest.raises(WorkerDiedError) as caught:
        worker.request(method, {"seconds": 60}, timeout_s=0.3)
    assert caught.value.code == "too_slow"
    wait_until(lambda: not psutil.pid_exists(pid))
    assert time.monotonic() - begun < 30
    assert pid_of(worker) != pid


def test_a_request_that_is_late_without_fault_leaves_the_worker_alone(make: Make) -> None:
    worker = make()
    pid = pid_of(worker)
    with pytest.raises(ServiceError, match="in time") as caught:
        worker.request("nap", {"seconds": 0.5}, timeout_s=0.1, is_killed_when_late=False)
    assert not isinstance(caught.value, WorkerDiedError)
    assert pid_of(worker) == pid


@pytest.mark.parametrize(
    ("method", "params", "code", "word"),
    [
        ("die", {"signal": signal.SIGSEGV}, "crashed", "SIGSEGV"),
        ("die", {"signal": signal.SIGABRT}, "crashed", "SIGABRT"),
        ("die", {"signal": signal.SIGBUS}, "crashed", "SIGBUS"),
        ("die", {"signal": signal.SIGKILL}, "died", "SIGKILL"),
        ("leave", {"status": 7}, "crashed", "exit status 7"),
        ("leave", {"status": 0}, "died", "exit status 0"),
    ],
)
def test_a_death_is_told_with_its_cause(make: Make, method: str, params: dict[str, int], code: str, word: str) -> None:
    worker = make()
    with pytest.raises(WorkerDiedError) as caught:
        worker.request(method, params, timeout_s=60)
    assert (caught.value.code, caught.value.detail) == (code, f"signal {word}" if word.startswith("SIG") else word)
    assert pid_of(worker)


def test_a_death_reaches_everybody_who_waits(make: Make) -> None:
    worker = make()
    pid = pid_of(worker)
    codes: list[str] = []

    def ask() -> None:
        with pytest.raises(WorkerDiedError) as caught:
            worker.request("nap", {"seconds": 30}, timeout_s=30)
        codes.append(caught.value.code)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    wait_until(lambda: worker._child is not None and worker._child.requests == 5)
    os.kill(pid, signal.SIGKILL)
    for thread in threads:
        thread.join(60)
    assert codes == ["died"] * 4


@pytest.mark.parametrize("behaviour", ["garbage", "oversized", "half", "unanswering"])
def test_a_worker_that_sends_nonsense_is_ended(make: Make, behaviour: str) -> None:
    worker = make(behaviour)
    worker.start()
    begun = time.monotonic()
    with pytest.raises(WorkerDiedError) as caught:
        worker.request("anything", timeout_s=60)
    assert caught.value.code == "died"
    assert time.monotonic() - begun < 30
    assert worker.pid is None


def test_memory_that_runs_out_in_a_request_renews_the_worker(make: Make) -> None:
    worker = make()
    pid = pid_of(worker)
    with pytest.raises(WorkerDiedError) as caught:
        worker.request("exhaust", timeout_s=60)
    assert caught.value.code == "too_much_memory"
    assert pid_of(worker) != pid


def test_a_worker_that_makes_way_answers_first(make: Make) -> None:
    worker = make()
    pid = pid_of(worker)
    assert worker.request("finish", timeout_s=60).result["pid"] == pid
    assert pid_of(worker) != pid


def test_a_renewed_worker_ends_what_is_under_way_and_another_process_answers(make: Make) -> None:
    worker = make()
    pid = pid_of(worker)
    ended: list[WorkerDiedError] = []

    def wait() -> None:
        with pytest.raises(WorkerDiedError) as caught:
            worker.request("nap", {"seconds": 60}, timeout_s=60)
        ended.append(caught.value)

    waiting = threading.Thread(target=wait)
    waiting.start()
    wait_until(lambda: worker.state == "busy")
    worker.renew()
    waiting.join()
    assert ended[0].code == "died"
    assert pid_of(worker) != pid


def test_a_worker_past_its_memory_limit_is_ended(make: Make) -> None:
    worker = make(memory_limit_bytes=120 << 20)
    with pytest.raises(WorkerDiedError) as caught:
        worker.request("swell", timeout_s=20)
    assert caught.value.code == "too_much_memory"


def test_a_worker_that_does_not_start_says_so_at_once_and_is_not_tried_in_a_hurry(make: Make, tmp_path: Path) -> None:
    worker = make("broken")
    with pytest.raises(ServiceError, match="does not start") as caught:
        worker.request("echo", timeout_s=60)
    assert not isinstance(caught.value, WorkerDiedError)
    assert str(tmp_path / "worker-sample.log") in caught.value.hint
    assert worker.state == "failing"
    with pytest.raises(ServiceError, match="does not start"):
        worker.request("echo", timeout_s=60)
    assert worker.starts == 1


def test_a_start_that_nobody_waited_for_counts_too(make: Make) -> None:
    worker = make("broken")
    worker.start()
    wait_until(lambda: worker.state != "starting")
    with pytest.raises(ServiceError, match="does not start"):
        worker.start()
    assert worker.starts == 1


def test_where_no_thread_is_to_be_had_the_worker_does_not_start(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = make()

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(ServiceError, match="does not start"):
            worker.request("echo", timeout_s=60)
    assert pid_of(worker)


def test_a_fresh_process_takes_over_after_so_many_requests(make: Make) -> None:
    worker = make(renew_after=3)
    pids = [pid_of(worker) for _ in range(7)]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 1]


def test_an_idle_worker_leaves_and_comes_back(make: Make) -> None:
    worker = make(idle_s=0.1)
    pid = pid_of(worker)
    wait_until(lambda: (worker.state, worker.pid) == ("stopped", None))
    wait_until(lambda: not psutil.pid_exists(pid))
    assert pid_of(worker) != pid


def test_stopping_ends_the_process_and_what_waits_for_it(make: Make) -> None:
    worker = make()
    pid = pid_of(worker)
    outcome: list[Exception] = []

    def ask() -> None:
        try:
            worker.request("nap", {"seconds": 30}, timeout_s=30)
        except FinderError as error:
            outcome.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    wait_until(lambda: worker.state == "busy")
    worker.stop()
    thread.join(60)
    assert [type(error) for error in outcome] == [CancelledError]
    assert not psutil.pid_exists(pid)
    with pytest.raises(CancelledError):
        worker.request("echo", timeout_s=1)


def test_a_background_worker_gives_way(make: Make) -> None:
    pid = pid_of(make(is_background=True))
    assert psutil.Process(pid).nice() >= 10


def test_the_environment_keeps_the_libraries_quiet() -> None:
    variables = environment()
    assert variables["ANONYMIZED_TELEMETRY"] == "False"
    assert variables["HF_HUB_OFFLINE"] == "1"
    assert variables["TOKENIZERS_PARALLELISM"] == "false"


def test_a_module_in_the_current_folder_is_never_imported(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('hijacked')")
    monkeypatch.chdir(tmp_path)
    assert pid_of(make())


def test_a_long_log_is_begun_anew(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "worker-sample.log"
    path.write_bytes(b"x" * ((1 << 20) + 1))
    pid_of(make())
    assert path.stat().st_size < 1000


PARENT = """
import sys, threading, time
from pathlib import Path
from finder.workers.child import WorkerSpec
from finder.workers.supervisor import Worker
worker = Worker(WorkerSpec("sample", "tests.unit.sample_worker", ("serve",)), Path(sys.argv[1]))
print(worker.request("echo", timeout_s=20).result["pid"], flush=True)
threading.Thread(target=worker.request, args=(sys.argv[2], {"seconds": 60}), kwargs={"timeout_s": 60}).start()
time.sleep(0.2)
print("busy", flush=True)
"""


@pytest.mark.parametrize(
    "method",
    ["nap", pytest.param("backtrack", marks=pytest.mark.skipif(sys.platform != "linux", reason="needs PDEATHSIG"))],
)
def test_a_worker_never_outlives_a_killed_parent(tmp_path: Path, method: str) -> None:
    environment_ = {**os.environ, "PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-c", PARENT, str(tmp_path), method]
    with subprocess.Popen(arguments, env=environment_, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert parent.stdout.readline() == "busy\n"
        assert psutil.pid_exists(pid)
        parent.kill()
    wait_until(lambda: has_ended(pid), 60)
