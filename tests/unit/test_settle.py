"""Changes gathered until they have settled."""

from __future__ import annotations

import threading
import time

import pytest

from finder.files.settle import FolderChange, Settling, merged
from tests.watching import WAIT_S, Seen


class TestSettling:
    def test_a_burst_is_handed_on_once_it_is_over(self) -> None:
        seen = Seen()
        settling = Settling(seen.take, 0.1, 10.0)
        try:
            for _ in range(20):
                settling.note(FolderChange(b"/r", b"/r/a", False))
                time.sleep(0.005)
            settling.note(FolderChange(b"/r", b"/r/b", False))
            seen.wait_for(b"/r/b")
        finally:
            settling.stop()
        assert [change.path for call in seen.calls for change in call].count(b"/r/a") == 1

    def test_a_storm_of_many_folders_makes_few_calls(self) -> None:
        seen = Seen()
        settling = Settling(seen.take, 0.2, 10.0)
        try:
            for number in range(200):
                settling.note(FolderChange(b"/r", b"/r/%d" % number, False))
                time.sleep(0.001)
            seen.wait_for(b"/r/199")
        finally:
            settling.stop()
        assert len(seen.changes) == 200
        assert len(seen.calls) < 40

    def test_what_never_rests_is_handed_on_all_the_same(self) -> None:
        seen = Seen()
        settling = Settling(seen.take, 5.0, 0.2)
        try:
            begun_s = time.monotonic()
            while not seen.calls and time.monotonic() - begun_s < WAIT_S:
                settling.note(FolderChange(b"/r", b"/r/a", False))
                time.sleep(0.01)
            assert seen.changes == {(b"/r/a", False)}
        finally:
            settling.stop()

    def test_with_what_never_rests_goes_all_that_waits(self) -> None:
        """What left the restless folder a moment ago has arrived in another one: looked at apart, it would be gone."""
        seen = Seen()
        settling = Settling(seen.take, 5.0, 0.2)
        try:
            settling.note(FolderChange(b"/r", b"/r/restless", False))
            time.sleep(0.1)
            settling.note(FolderChange(b"/other", b"/other/arrived", True))
            seen.wait_for(b"/r/restless")
            assert len(seen.calls[0]) == 2
        finally:
            settling.stop()

    def test_a_storm_past_the_limit_is_handed_on_in_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("finder.files.settle._FOLDERS_LIMIT", 10)
        seen = Seen()
        settling = Settling(seen.take, 5.0, 0.3)
        try:
            begun_s, number = time.monotonic(), 0
            while not seen.calls and time.monotonic() - begun_s < WAIT_S:
                settling.note(FolderChange(b"/r", b"/r/%d" % number, False))
                number += 1
                time.sleep(0.001)
            assert seen.changes == {(b"/r", True)}
        finally:
            settling.stop()

    def test_a_failing_receiver_is_called_again(self) -> None:
        seen = Seen()

        def fails_first(changes: frozenset[FolderChange]) -> None:
            seen.take(changes)
            if len(seen.calls) == 1:
                raise RuntimeError("a bug")

        settling = Settling(fails_first, 0.01, 1.0)
        try:
            settling.note(FolderChange(b"/r", b"/r/a", False))
            seen.wait_for(b"/r/a")
            settling.note(FolderChange(b"/r", b"/r/b", False))
            seen.wait_for(b"/r/b")
        finally:
            settling.stop()

    def test_it_can_be_stopped_from_its_own_call_back(self) -> None:
        stopped = threading.Event()
        settling = Settling(lambda _: (settling.stop(), stopped.set())[0], 0.01, 1.0)
        settling.note(FolderChange(b"/r", b"/r/a", False))
        assert stopped.wait(WAIT_S)

    def test_too_many_folders_become_their_roots_as_a_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("finder.files.settle._FOLDERS_LIMIT", 100)
        seen = Seen()
        settling = Settling(seen.take, 0.2, 1.0)
        try:
            for number in range(101):
                settling.note(FolderChange(b"/r", b"/r/%d" % number, False))
            seen.wait_for(b"/r", is_deep=True)
        finally:
            settling.stop()
        assert seen.changes == {(b"/r", True)}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([("/r/a", False), ("/r/b", False)], [("/r/a", False), ("/r/b", False)]),
        ([("/r/a", True), ("/r/a/b", False), ("/r/a/b/c", True)], [("/r/a", True)]),
        ([("/r/a", False), ("/r/a/b", False)], [("/r/a", False), ("/r/a/b", False)]),
        ([("/r/a", True), ("/r/a b", False), ("/r/a.b", True)], [("/r/a", True), ("/r/a b", False), ("/r/a.b", True)]),
        ([("/", True), ("/x", False)], [("/", True)]),
        ([("/r/a", False), ("/r/a/b", True), ("/r/a/b/c", False)], [("/r/a", False), ("/r/a/b", True)]),
    ],
)
def test_a_deep_change_covers_what_lies_below(given: list[tuple[str, bool]], kept: list[tuple[str, bool]]) -> None:
    changes = [FolderChange(b"/r", path.encode(), is_deep) for path, is_deep in given]
    assert {(change.path.decode(), change.is_deep) for change in merged(changes)} == set(kept)
