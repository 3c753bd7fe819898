"""A disk that is full while a folder is indexed: who waits is told, and once there is room it goes on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from finder.errors import EnvironmentFaultError
from finder.paths import Home, path_to_uri
from finder.service.connection import Reply
from finder.service.engine import Engine
from finder.service.requests.handler import Requests
from tests.integration.pipelines import limit_pages, wait_until

ROOM_PAGES = 1 << 30


class Waiting:
    """In the place of a client that waits for its answer."""

    is_cancelled = False

    def progress(self, result: dict[str, Any]) -> None: ...
    def on_cancel(self, callback: Callable[[], None]) -> None: ...


@pytest.fixture
def engine(home: Home) -> Iterator[Engine]:
    made = Engine(home)
    made.start()
    yield made
    made.stop()


def test_who_waits_for_an_index_is_told_of_a_full_disk_and_it_goes_on_when_there_is_room(
    engine: Engine, tmp_path: Path
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(200):
        (folder / f"{number}.txt").write_text(f"Document {number} is about subject {number * 7919}.\n" * 40)
    requests, reply = Requests(engine), cast(Reply, Waiting())
    params = {"folders": [path_to_uri(os.fsencode(folder))]}
    pages = engine.catalog.write(lambda connection: connection.pragma("page_count"))
    limit_pages(engine.catalog, pages + 40)
    with pytest.raises(EnvironmentFaultError, match="disk is full") as told:
        requests.handle("index", params, reply)
    assert told.value.hint
    limit_pages(engine.catalog, ROOM_PAGES)
    wait_until(lambda: engine.pipeline.is_quiet)
    assert requests.handle("index", params, reply)["files"] == 200
