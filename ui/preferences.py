"""What the app remembers of how one uses it: theme, language, sizes, past queries. For its owner alone.

What the index is made of (folders, rules, models) is the service's and stands in its settings.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any, cast, get_args

from finder.paths import Home
from ui.results.order import Order
from ui.theme.look import Scheme
from ui.words.translator import LANGUAGES, Language

_QUERIES_KEPT = 200


class Preferences:
    """`app.json` in the home. What is not readable there is as if it had never been chosen."""

    def __init__(self, home: Home) -> None:
        self._file = home.root / "app.json"
        self._values: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(self._file.read_text(encoding="utf-8"))
            self._values = found if isinstance(found, dict) else {}

    @property
    def scheme(self) -> Scheme:
        value = self._values.get("scheme")
        return cast("Scheme", value) if value in get_args(Scheme) else "system"

    @property
    def language(self) -> Language | None:
        """None: as the desktop's."""
        value = self._values.get("language")
        return cast("Language", value) if value in LANGUAGES else None

    @property
    def is_compact(self) -> bool:
        """Rows of two lines."""
        return self._values.get("is_compact") is True

    @property
    def order(self) -> Order:
        """In which results stand."""
        value = self._values.get("order")
        return cast("Order", value) if value in get_args(Order) else "best"

    @property
    def has_started(self) -> bool:
        """The first start is behind: folders were chosen, or put off."""
        return self._values.get("has_started") is True

    @property
    def profile(self) -> str | None:
        """The search profile chosen last; None for everyday searching."""
        value = self._values.get("profile")
        return value if isinstance(value, str) else None

    @property
    def keys(self) -> str | None:
        """The quick search's global key, as Qt writes it; "" for none, None before one is chosen."""
        value = self._values.get("keys")
        return value if isinstance(value, str) else None

    @property
    def refused_keys(self) -> str | None:
        """The global key of which it was said that it cannot be had."""
        value = self._values.get("refused_keys")
        return value if isinstance(value, str) else None

    @property
    def stays(self) -> bool | None:
        """Whether the app stays when its window is shut and there is no tray; None before that was asked."""
        value = self._values.get("stays")
        return value if isinstance(value, bool) else None

    @property
    def queries(self) -> list[str]:
        """Past queries, the latest first."""
        value = self._values.get("queries")
        return [query for query in value if isinstance(query, str)] if isinstance(value, list) else []

    def remember_query(self, query: str) -> None:
        """Put a query that led to a file before all others."""
        kept = [query, *(other for other in self.queries if other != query)]
        self.set("queries", kept[:_QUERIES_KEPT])

    def sizes(self, name: str) -> list[int]:
        """What `set` was given of numbers: a window's size, a split's; empty before."""
        value = self._values.get(name)
        return [size for size in value if isinstance(size, int)] if isinstance(value, list) else []

    def set(self, name: str, value: str | bool | list[str] | list[int] | None) -> None:
        """Remember one thing, written whole or not at all; a disk that is full loses it and harms nothing."""
        self._values[name] = value
        unfinished = self._file.with_suffix(".json.new")
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                json.dump(self._values, file, ensure_ascii=False, indent=1)
            os.replace(unfinished, self._file)
