"""The known models as clients see, get and remove them. A download is a process of its own."""

from __future__ import annotations

import shutil
from typing import Literal

from finder.embed.hardware import graphics_processor
from finder.embed.models import BUILT_IN, KNOWN_MODELS, RECOMMENDED, ModelSpec
from finder.embed.weights import LocalModel, find_downloaded, known_model
from finder.errors import UsageFaultError
from finder.service import reports
from finder.service.connection import Reply
from finder.service.engine import Engine
from finder.service.protocol.models import ModelInfo, Models
from finder.service.requests.methods import Methods
from finder.service.requests.parameters import text
from finder.types import JsonObject
from finder.workers.download_front import download


class ModelFiles:
    """Answers which models there are, and has one come or go."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.methods: Methods = {
            "models": self._models,
            "download_model": self._download,
            "remove_model": self._remove,
        }

    def _models(self, params: JsonObject, reply: Reply) -> Models:
        processor = graphics_processor()
        here = find_downloaded(self._engine.home.models)
        return Models(
            models=[self._info(spec, here.get(name), processor) for name, spec in KNOWN_MODELS.items()],
            chosen=self._engine.settings.model,
            processor=processor,
            seconds_per_passage=reports.seconds_per_passage(self._engine),
            serving=self._engine.models.serving.name,
            takes_instructions=self._engine.models.takes_instructions,
        )

    def _info(self, spec: ModelSpec, found: LocalModel | None, processor: str | None) -> ModelInfo:
        place: Literal["built in", "downloaded", "absent"] = "absent" if found is None else "downloaded"
        here = found.spec if found is not None else spec
        return ModelInfo(
            name=spec.name,
            place="built in" if spec is BUILT_IN else place,
            is_serving=known_model(self._engine.models.serving.name) is spec,
            is_chosen=known_model(self._engine.settings.model) is spec,
            is_recommended=spec is RECOMMENDED and processor is not None,
            size_bytes=here.size_bytes,
            is_size_known=bool(here.files),
            memory_bytes=spec.memory_bytes,
            languages=spec.languages,
            licence=spec.licence,
        )

    def _download(self, params: JsonObject, reply: Reply) -> JsonObject:
        spec, models = _known(text(params, "model")), self._engine.home.models
        if spec.name not in find_downloaded(models):
            download(spec.name, models, reply.progress, reply.on_cancel)
        return {"model": spec.name}

    def _remove(self, params: JsonObject, reply: Reply) -> JsonObject:
        from finder.embed.downloads import bytes_in, remains  # with what connects: not at the start

        spec, engine = _known(text(params, "model")), self._engine
        if spec in (known_model(engine.settings.model), known_model(engine.models.serving.name)):
            raise UsageFaultError("This model is in use", spec.name, "Change to another one first.")
        folders = remains(spec.name, engine.home.models)
        freed_bytes = bytes_in(folders)
        for folder in folders:
            shutil.rmtree(folder)
        return {"freed_bytes": freed_bytes}


def _known(name: str) -> ModelSpec:
    """
    Raises:
        UsageFaultError: no known model is called so, or it is the one that comes with the program.
    """
    spec = KNOWN_MODELS.get(name)
    if spec is None or spec is BUILT_IN:
        known = ", ".join(other for other in KNOWN_MODELS if other != BUILT_IN.name)
        raise UsageFaultError("This is no model that can be downloaded", name[:100], f"Use one of: {known}.")
    return spec
