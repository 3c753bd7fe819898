"""How fast indexing went in the last hour, and when it rested: what a plot shows. Reads, changes nothing."""

from __future__ import annotations

import time

from finder.index.activity import STEP_S
from finder.service.engine import Engine
from finder.service.protocol.status import PastPause, Rates


def rates(engine: Engine) -> Rates:
    """The last hour, or since the service began."""
    bytes_read, passages = engine.pipeline.activity.last_hour
    now_s = time.monotonic()
    return Rates(
        step_s=STEP_S,
        bytes_read=bytes_read,
        passages_embedded=passages,
        pauses=[
            PastPause(
                cause=pause.cause,
                begun_ago_s=round(now_s - pause.begun_s, 1),
                ended_ago_s=round(now_s - pause.ended_s, 1) if pause.ended_s is not None else 0.0,
            )
            for pause in engine.pipeline.pauses.last_hour
        ],
    )
