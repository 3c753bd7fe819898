"""What answers within passages that were found before, as clients ask for it when their rows scroll into view."""

from __future__ import annotations

from finder.errors import UsageFaultError
from finder.search.searcher import SearchRequest
from finder.service.connection import Reply
from finder.service.engine import Engine
from finder.service.protocol import PASSAGES_ASKED
from finder.service.protocol.searching import Marks
from finder.service.requests.methods import Methods
from finder.service.requests.parameters import text, texts
from finder.service.requests.searching import instruction_in
from finder.types import JsonObject, Mode

_CHARS_LIMIT = 20_000
"""Of one passage; those of the index are a tenth of it."""


class Marking:
    """Answers where in passages the query's words and its answer stand; remembers neither passage nor query."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.methods: Methods = {"evidence": self._evidence}

    def _evidence(self, params: JsonObject, reply: Reply) -> Marks:
        passages = texts(params, "texts")
        if len(passages) > PASSAGES_ASKED or any(len(passage) > _CHARS_LIMIT for passage in passages):
            raise UsageFaultError("Too much at one time", f"At most {PASSAGES_ASKED} passages can be marked.")
        # Who only wants marks does not wait for a model to be loaded: there are none by meaning then.
        mode: Mode = "hybrid" if self._engine.embedder.is_ready else "keyword"
        request = SearchRequest(text(params, "query"), mode=mode, instruction=instruction_in(params, self._engine))
        answers, words = self._engine.searcher.evidence(request, passages, lambda: reply.is_cancelled)
        return Marks(answers=answers, words=words)
