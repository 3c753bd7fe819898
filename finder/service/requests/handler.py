"""What clients ask of the service; the methods and their shapes are those of `finder.service.protocol`."""

from __future__ import annotations

from finder.errors import UsageFaultError
from finder.service.connection import Reply
from finder.service.engine import Engine
from finder.service.requests.evidence import Marking
from finder.service.requests.indexing import Indexing
from finder.service.requests.methods import Methods
from finder.service.requests.model_files import ModelFiles
from finder.service.requests.models import ModelChoice
from finder.service.requests.previewing import Previewing
from finder.service.requests.relations import Relations
from finder.service.requests.reporting import Reporting
from finder.service.requests.resting import Resting
from finder.service.requests.sampling import Sampling
from finder.service.requests.searching import Searching
from finder.service.requests.topics import TopicsOfFiles
from finder.types import JsonObject


class Requests:
    """Answers requests with an engine, on whatever thread they come."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._methods: Methods = {}
        for room in (
            *(Searching(engine), Marking(engine), Relations(engine), TopicsOfFiles(engine), Sampling(engine)),
            Previewing(engine),
            *(Indexing(engine), ModelChoice(engine), ModelFiles(engine), Reporting(engine), Resting(engine)),
        ):
            self._methods |= room.methods

    def handle(self, method: str, params: JsonObject, reply: Reply) -> JsonObject:
        """The final result of one request.

        Raises:
            UsageFaultError: no such method, or parameters that do not fit it.
        """
        answer = self._methods.get(method)
        if answer is None:
            raise UsageFaultError("Unknown request", method[:40], "Use the same version of Inkling everywhere.")
        try:
            with self._engine.catalog.guarded():
                result: JsonObject = answer(params, reply)
            return result
        finally:
            self._engine.catalog.release_reader()
