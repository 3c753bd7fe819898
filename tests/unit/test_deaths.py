"""Early deaths in a row: which piece of work is at fault, when indexing rests, and what acquits."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from finder.paths import Home
from finder.service.deaths import Deaths

PIECE = "scanning 00ff"
FILE = "reading 7 1 2 3"


class Lives:
    """Services of one home, one after another; none of them is a process."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.all: list[Deaths] = []
        self.because: str | None = None

    def begin(self, early_s: float = 60.0, rest_s: float = 60.0) -> Deaths:
        life = Deaths(self.home, early_s, rest_s)
        self.all.append(life)
        life.begin(self._pause)
        return life

    def die_at(self, *pieces: str, early_s: float = 60.0, after_s: float = 0.0, in_a_fault: bool = True) -> None:
        """A life that ends, without a clean stop, while these pieces are in hand."""
        life = self.begin(early_s)
        time.sleep(after_s)
        if in_a_fault:
            self.home.fault_dump.write_text("Fatal Python error: Segmentation fault\n")
        slots = b"".join(piece.encode().ljust(128, b"\0") for piece in pieces)
        life.in_hand.close()
        (self.home.root / "work-in-hand").write_bytes(slots)

    def _pause(self, because: str | None) -> None:
        self.because = because


@pytest.fixture
def lives(tmp_path: Path) -> Iterator[Lives]:
    home = Home(tmp_path / "home")
    home.create()
    made = Lives(home)
    yield made
    for life in made.all:
        life.end()


def test_three_early_deaths_at_one_piece_make_indexing_rest(lives: Lives) -> None:
    for _ in range(3):
        lives.die_at(PIECE)
        assert lives.because is None
    lives.begin()
    assert lives.because is not None
    assert "again and again" in lives.because


def test_of_kills_that_may_have_come_from_outside_it_takes_five(lives: Lives) -> None:
    for _ in range(5):
        assert lives.because is None
        lives.die_at(PIECE, in_a_fault=False)
    lives.begin()
    assert lives.because is not None


def test_deaths_at_other_pieces_each_time_count_for_nothing(lives: Lives) -> None:
    for number in range(9):
        lives.die_at(f"scanning {number}", f"embedding 1 {number} {number + 9}")
    lives.begin()
    assert lives.because is None


def test_a_death_in_between_with_other_work_in_hand_breaks_the_row(lives: Lives) -> None:
    for pieces in ([PIECE], [PIECE], [], [PIECE], [PIECE]):
        lives.die_at(*pieces)
    lives.begin()
    assert lives.because is None


def test_a_clean_stop_acquits(lives: Lives) -> None:
    lives.die_at(PIECE)
    lives.die_at(PIECE)
    lives.begin().end()
    lives.die_at(PIECE)
    lives.begin()
    assert lives.because is None


def test_a_life_that_was_long_enough_acquits_even_if_it_ends_badly(lives: Lives) -> None:
    for _ in range(4):
        lives.die_at(PIECE, early_s=0.01, after_s=0.1)
    lives.begin()
    assert lives.because is None


def test_a_file_is_left_out_and_indexing_goes_on(lives: Lives) -> None:
    for _ in range(3):
        lives.die_at(FILE, PIECE)
    life = lives.begin()
    assert life.in_hand.fatal == {FILE, PIECE}
    assert lives.because is None


def test_what_kills_though_the_file_is_left_out_makes_indexing_rest(lives: Lives) -> None:
    for _ in range(3):
        lives.die_at(FILE, PIECE)
    lives.die_at(PIECE)
    life = lives.begin()
    assert FILE in life.in_hand.fatal
    assert lives.because is not None


def test_a_file_that_kills_even_when_it_is_left_out_makes_indexing_rest(lives: Lives) -> None:
    for _ in range(6):
        assert lives.because is None
        lives.die_at(FILE)
    lives.begin()
    assert lives.because is not None


def test_it_is_tried_again_after_a_while_and_one_more_death_is_enough(lives: Lives) -> None:
    for _ in range(3):
        lives.die_at(PIECE)
    lives.begin(rest_s=1.0)
    assert lives.because is not None
    deadline = time.monotonic() + 60
    while lives.because is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    (lives.home.root / "work-in-hand").write_bytes(PIECE.encode().ljust(128, b"\0"))
    lives.begin()
    assert lives.because is not None


def test_a_kill_during_the_rest_changes_nothing_and_whoever_asks_ends_it(lives: Lives) -> None:
    for _ in range(3):
        lives.die_at(PIECE)
    lives.die_at()
    life = lives.begin()
    assert lives.because is not None
    life.try_again()
    assert lives.because is None


@pytest.mark.parametrize("found", [b"", b"{", b"[]", b'{"state": "trying"}', json.dumps({"counts": []}).encode()])
def test_a_damaged_record_accuses_nobody(lives: Lives, found: bytes) -> None:
    (lives.home.root / "deaths.json").write_bytes(found)
    (lives.home.root / "work-in-hand").write_bytes(PIECE.encode())
    lives.begin()
    assert lives.because is None
