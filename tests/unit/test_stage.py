"""The shape of every stage: no wake-up is lost, a pause rests, a fault is told and outlived, a stop is heeded."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from finder.courtesy import NICENESS
from finder.errors import EnvironmentFaultError
from finder.index.stage import Stage

_WAIT_S = 60.0


class Counting(Stage):
    """Does as many pieces of work as were handed in."""

    def __init__(self, threads: int = 1) -> None:
        super().__init__("counting", threads)
        self.lock = threading.Lock()
        self.waiting = 0
        self.done = 0
        self.left = 0
        self.failure: Exception | None = None

    def hand_in(self, count: int = 1) -> None:
        with self.lock:
            self.waiting += count
        self.wake()

    def work(self) -> bool:
        if self.failure is not None:
            raise self.failure
        with self.lock:
            if not self.waiting:
                return False
            self.waiting -= 1
            self.done += 1
            return True

    def leave(self) -> None:
        with self.lock:
            self.left += 1


@pytest.fixture
def stage() -> Iterator[Counting]:
    made = Counting(threads=2)
    made.start()
    yield made
    made.ask_to_stop()
    made.join()
    assert made.left == 2


def wait_until(is_true: Callable[[], bool], within_s: float = _WAIT_S) -> None:
    deadline = time.monotonic() + within_s
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_no_wake_up_is_lost_between_looking_and_resting(stage: Counting) -> None:
    for number in range(300):
        stage.hand_in()
        wait_until(lambda number=number: stage.done > number, within_s=4.0)  # a lost one costs five seconds


def test_a_paused_stage_rests_and_goes_on(stage: Counting) -> None:
    stage.pause(True)
    stage.hand_in(50)
    time.sleep(0.05)
    done = stage.done
    time.sleep(0.05)
    assert stage.done == done
    stage.pause(False)
    wait_until(lambda: stage.done == 50)


def test_a_fault_is_told_while_it_lasts_and_a_wake_up_ends_the_back_off(stage: Counting) -> None:
    stage.failure = EnvironmentFaultError("The disk is full")
    stage.hand_in()
    wait_until(lambda: stage.fault is stage.failure)
    stage.failure = None
    stage.wake()
    wait_until(lambda: stage.done == 1 and stage.fault is None)


def test_a_bug_in_one_piece_of_work_does_not_end_the_stage(stage: Counting, caplog: pytest.LogCaptureFixture) -> None:
    stage.failure = ZeroDivisionError()
    stage.wake()
    wait_until(lambda: "a bug" in caplog.text)
    stage.failure = None
    stage.hand_in()
    wait_until(lambda: stage.done == 1)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority for one thread")
@pytest.mark.parametrize("gives_way", [True, False])
def test_a_stage_that_gives_way_does_so_with_its_own_threads_alone(gives_way: bool) -> None:
    seen: queue.Queue[int] = queue.Queue()

    class Looking(Stage):
        def work(self) -> bool:
            seen.put(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
            return False

    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    made = Looking("looking", gives_way=gives_way)
    made.start()
    assert seen.get(timeout=_WAIT_S) == (max(before, NICENESS) if gives_way else before)
    made.ask_to_stop()
    made.join()
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


def test_a_stage_that_was_never_started_can_be_stopped() -> None:
    made = Counting()
    made.ask_to_stop()
    made.join()
