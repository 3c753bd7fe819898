"""A server that is started and stopped by the user's commands: nobody who searches waits for a command."""

from __future__ import annotations

import shlex
import sys
import threading
from pathlib import Path

from finder.config import ServerSettings
from finder.paths import Home
from finder.service.elastic import Elastic
from tests.integration.pipelines import wait_until

STOPPING = """
import os, sys, time
open(sys.argv[1], "w").close()
while not os.path.exists(sys.argv[2]):
    time.sleep(0.01)
"""


def test_who_searches_while_a_server_is_being_stopped_is_not_held_up(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    begun, may_end = tmp_path / "begun", tmp_path / "may end"
    slow_stop = shlex.join([sys.executable, "-c", STOPPING, str(begun), str(may_end)])
    elastic = Elastic(home, ServerSettings(start_command="sleep 600", stop_command=slow_stop))
    elastic.start()
    stopping = threading.Thread(target=elastic.use, args=(ServerSettings(),))
    stopping.start()
    try:
        wait_until(begun.exists)
        searching = threading.Thread(target=search, args=(elastic,), daemon=True)
        searching.start()
        searching.join(20)
        assert not searching.is_alive()
        assert stopping.is_alive()
    finally:
        may_end.touch()
        stopping.join()
        elastic.end()
    assert not elastic.is_on


def search(elastic: Elastic) -> None:
    with elastic.in_use():
        elastic.start()
