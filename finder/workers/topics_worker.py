"""The topics worker: reads the catalog, finds topics, and leaves with all the memory that took. Writes nothing."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import apsw

from finder.errors import EnvironmentFaultError
from finder.store.schema import open_reader
from finder.workers.channel import Channel, Message
from finder.workers.serving import Reply, notify, open_channel, serve

_TELL_EVERY_S = 0.1


class _TopicsWorker:
    def __init__(self, channel: Channel, catalog: Path) -> None:
        self._channel = channel
        self._catalog = catalog
        self._told_s = 0.0

    def map(self, message: Message) -> Reply:
        from finder.topics.mapping import Order, make_map  # imports scikit-learn: a second
        from finder.topics.topic_map import TopicMap

        earlier = TopicMap.from_bytes(message.blobs[0]) if message.blobs else None
        try:
            connection = open_reader(self._catalog)
            made, without_vectors = make_map(connection, Order(**message.header["params"]), earlier, self._tell)
        except apsw.Error as error:
            raise EnvironmentFaultError(
                "The topics could not be found", f"the catalog could not be read: {error}", "Run inkling doctor."
            ) from error
        return Reply({"without_vectors": without_vectors}, (made.to_bytes(),) if made is not None else ())

    def _tell(self, doing: str, done: int, total: int) -> None:
        now_s = time.monotonic()
        if now_s - self._told_s >= _TELL_EVERY_S:
            self._told_s = now_s
            notify(self._channel, progress={"doing": doing, "done": done, "total": total})


def main() -> None:
    channel = open_channel()
    worker = _TopicsWorker(channel, Path(sys.argv[2]))
    serve(channel, {"map": worker.map})


if __name__ == "__main__":
    main()
