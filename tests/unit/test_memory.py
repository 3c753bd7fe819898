"""What searches keep of the catalog: until the next commit, or a moment longer where reading it again is dear."""

from __future__ import annotations

import itertools
import time

import pytest

from finder.search.memory import Memory


class Catalog:
    """Counts how often it was read, and takes a while over it."""

    def __init__(self, takes_s: float = 0.0) -> None:
        self.commits = 0
        self._reads = itertools.count(1)
        self._takes_s = takes_s

    def read(self) -> int:
        until = time.thread_time() + self._takes_s
        while time.thread_time() < until:
            pass
        return next(self._reads)


def memory_of(catalog: Catalog) -> Memory:
    return Memory(lambda: catalog.commits)


def test_a_value_is_read_again_after_a_commit_and_not_before() -> None:
    catalog = Catalog()
    memory = memory_of(catalog)
    assert [memory.recall("key", catalog.read) for _ in range(3)] == [1, 1, 1]
    catalog.commits += 1
    assert memory.recall("key", catalog.read) == 2


def test_what_takes_no_time_is_never_older_than_the_last_commit() -> None:
    catalog = Catalog()
    memory = memory_of(catalog)
    for commit in range(5):
        catalog.commits = commit
        assert [memory.recall_lately("key", catalog.read) for _ in range(2)] == [commit + 1] * 2


def test_what_takes_long_serves_until_it_is_half_a_second_old(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog(takes_s=0.05)
    memory, now = memory_of(catalog), [100.0]
    monkeypatch.setattr("finder.search.memory.time.monotonic", lambda: now[0])
    assert memory.recall_lately("key", catalog.read) == 1
    catalog.commits += 1
    now[0] += 0.49
    assert memory.recall_lately("key", catalog.read) == 1
    now[0] += 0.02
    assert memory.recall_lately("key", catalog.read) == 2


def test_what_has_not_changed_is_never_read_again() -> None:
    catalog = Catalog(takes_s=0.005)
    memory = memory_of(catalog)
    until = time.monotonic() + 0.2
    while time.monotonic() < until:
        assert memory.recall_lately("key", catalog.read) == 1
