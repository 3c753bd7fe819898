"""A statement that nobody waits for any more ends, and the connection serves the next one."""

from __future__ import annotations

import apsw
import pytest

from finder.errors import CancelledError
from finder.store.cancelling import cancellable

ENDLESS = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def test_a_cancelled_statement_ends_in_the_middle_and_the_next_one_runs() -> None:
    connection = apsw.Connection(":memory:")
    looks: list[int] = []

    def is_cancelled() -> bool:
        looks.append(1)
        return len(looks) > 3

    with pytest.raises(CancelledError), cancellable(connection, is_cancelled):
        connection.execute(ENDLESS)
    assert len(looks) == 4
    assert connection.execute("SELECT 1").get == 1
    connection.close()


def test_what_is_not_cancelled_is_left_alone() -> None:
    connection = apsw.Connection(":memory:")
    with cancellable(connection, lambda: False):
        assert connection.execute(ENDLESS.replace("FROM n)", "FROM n WHERE i < 100000)")).get == 100_000
    connection.close()
