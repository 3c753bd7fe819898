"""Searching, as clients ask for it."""

from __future__ import annotations

from typing import Any, get_args

from finder.errors import UsageFaultError
from finder.paths import uri_to_path
from finder.profiles import instruction_of
from finder.search.completion import complete
from finder.search.query import LIMIT, QUERY_CHARS
from finder.search.searcher import SearchRequest
from finder.service.connection import Reply
from finder.service.engine import Engine
from finder.service.requests.methods import Methods
from finder.service.requests.parameters import number, text, texts
from finder.service.requests.topic_members import TopicMembers
from finder.types import JsonObject, Mode

_MODES: tuple[Mode, ...] = get_args(Mode)


class Searching:
    """Answers what searches the index."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._members = TopicMembers(engine)
        self.methods: Methods = {"find": self._find, "complete": self._complete}

    def _find(self, params: JsonObject, reply: Reply) -> Any:
        mode = params.get("mode", "hybrid")
        if mode not in _MODES:
            raise UsageFaultError("Unknown mode", str(mode)[:40], f"Use one of: {', '.join(_MODES)}.")
        limit = number(params, "limit", 10, 1, LIMIT)
        if mode != "keyword":
            self._engine.embedder.prepare()  # the model loads while words are looked for
        paths = tuple(uri_to_path(uri) for uri in texts(params, "folders"))
        evidence = number(params, "evidence", 0, 0, LIMIT)
        instruction = instruction_in(params, self._engine)
        request = SearchRequest(
            query=text(params, "query"),
            folders=paths,
            mode=mode,
            limit=limit,
            instruction=instruction,
            evidence=evidence,
            contents=self._members.contents(topic) if (topic := params.get("topic")) is not None else None,
            is_typing=params.get("is_typing") is True,
        )
        found = self._engine.searcher.search(
            request,
            on_partial=lambda found: reply.partial(dict(found)),
            is_cancelled=lambda: reply.is_cancelled,
        )
        pipeline = self._engine.pipeline
        if pipeline.paused_because is not None and (found["coverage"]["pending"] or pipeline.is_scanning_paused):
            found["notes"].append(f"Indexing is paused, {pipeline.paused_because}: this is from what is there.")
        models = self._engine.models
        if instruction is not None and mode != "keyword" and not models.takes_instructions:
            found["notes"].append(f"{models.serving.name} knows no instructions: the profile changes nothing.")
        if (advice := self._engine.advice.for_answer(models.serving.name)) is not None:
            found["notes"].append(advice)
        return found

    def _complete(self, params: JsonObject, reply: Reply) -> Any:
        typed = text(params, "text")[:QUERY_CHARS]
        cursor = number(params, "cursor", len(typed), 0, QUERY_CHARS)
        return {"items": complete(self._engine.catalog.reader(), typed, cursor)}


def instruction_in(params: JsonObject, engine: Engine) -> str | None:
    """The instruction of the profile that a client named; None where it named none.

    Raises:
        UsageFaultError: there is no such profile.
    """
    if "profile" not in params:
        return None
    return instruction_of(text(params, "profile"), engine.settings.profiles)
