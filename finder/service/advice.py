"""What would be better on this computer than what is in use: said once with an answer, and always in the status."""

from __future__ import annotations

import contextlib
from functools import cached_property

from finder.embed.hardware import graphics_processor
from finder.embed.models import BUILT_IN, RECOMMENDED
from finder.embed.weights import find_downloaded
from finder.paths import Home


class Advice:
    """For one home. A graphics processor that is plugged in later is noticed at the next start."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._said = home.root / "advice-given"

    @cached_property
    def _processor(self) -> str | None:
        return graphics_processor()

    def for_model(self, name: str) -> str | None:
        """What to do about the model `name` that answers; None where there is nothing better."""
        if name != BUILT_IN.name or self._processor is None:
            return None
        use = f"inkling model use {RECOMMENDED.name}"
        steps = use if RECOMMENDED.name in find_downloaded(self._home.models) else _downloading(use)
        return (
            f"This computer has {self._processor}. With it, {RECOMMENDED.name} finds more, in "
            f"{RECOMMENDED.languages}: {steps}"
        )

    def for_answer(self, name: str) -> str | None:
        """The same, for the first answer only."""
        if self._said.exists() or (advice := self.for_model(name)) is None:
            return None
        with contextlib.suppress(OSError):  # a full disk: it is said again
            self._said.touch(mode=0o600)
        return advice


def _downloading(use: str) -> str:
    return f"inkling model download {RECOMMENDED.name} && {use}"
