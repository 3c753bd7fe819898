"""Notes of the work in hand: they outlive a kill, name what was being done at that moment, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from finder.index.work_in_hand import WorkInHand, put_aside

ROOT = Path(__file__).parents[2]
DYING = """
import os, signal, sys, threading
from pathlib import Path
from finder.index.work_in_hand import WorkInHand
in_hand = WorkInHand(Path(sys.argv[1]))
with in_hand.piece("reading 1"):
    pass
reached = threading.Event()
def scan():
    with in_hand.piece("scanning 2"):
        reached.set()
        threading.Event().wait()
threading.Thread(target=scan, daemon=True).start()
reached.wait()
with in_hand.piece("reading 3"):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def left_over(path: Path) -> frozenset[str]:
    found = WorkInHand(path)
    found.close()
    return found.left_over


def test_what_every_thread_had_in_hand_is_known_after_a_kill_and_once_only(tmp_path: Path) -> None:
    path = tmp_path / "work-in-hand"
    done = subprocess.run([sys.executable, "-c", DYING, path], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert left_over(path) == {"scanning 2", "reading 3"}
    assert left_over(path) == frozenset()


def test_a_piece_that_ended_in_an_error_is_not_in_hand_any_more(tmp_path: Path) -> None:
    in_hand = WorkInHand(tmp_path / "work-in-hand")
    try:
        with in_hand.piece("reading 1"):
            raise ValueError
    except ValueError:
        pass
    in_hand.close()
    assert left_over(tmp_path / "work-in-hand") == frozenset()


def test_what_waits_for_something_else_is_put_aside_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "work-in-hand"
    in_hand = WorkInHand(path)
    with in_hand.piece("reading 1"):
        with put_aside():
            assert b"reading" not in path.read_bytes()
        assert path.read_bytes().startswith(b"reading 1\0")
    in_hand.close()


def test_putting_aside_without_a_piece_does_nothing() -> None:
    with put_aside():
        pass


def test_two_suspects_are_never_in_hand_together() -> None:
    in_hand = WorkInHand()
    in_hand.suspects = frozenset({"reading 1", "reading 2"})
    second_began = threading.Event()

    def second() -> None:
        with in_hand.alone("reading 2") as is_suspect:
            assert is_suspect
            second_began.set()

    thread = threading.Thread(target=second)
    with in_hand.alone("reading 1"):
        thread.start()
        with in_hand.alone("reading 3") as is_suspect:
            assert not is_suspect
        assert not second_began.wait(0.05)
    thread.join()
    assert second_began.is_set()


def test_a_place_where_nothing_can_be_noted_stops_no_work(tmp_path: Path) -> None:
    in_hand = WorkInHand(tmp_path / "missing" / "work-in-hand")
    with in_hand.piece("reading 1"):
        pass
    assert not os.listdir(tmp_path)
