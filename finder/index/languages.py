"""The stage of languages: contents that an earlier version read -> the language of each, for `lang:`.

A person who updates need not wait for it: everything else is found meanwhile. It gives way to whatever else runs.
"""

from __future__ import annotations

from finder.crashpoints import crash_point
from finder.index.stage import Stage
from finder.languages import language_of
from finder.store import spoken
from finder.store.catalog import Catalog

_CONTENTS_PER_BATCH = 200
"""Some 50 ms of work, and one commit."""


class LanguageStage(Stage):
    """Tells the languages that are not told yet; after that it has nothing to do any more."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__("languages", gives_way=True)
        self._catalog = catalog

    @property
    def is_pending(self) -> bool:
        return spoken.is_pending(self._catalog.reader())

    def work(self) -> bool:
        if not self.is_pending:
            return False
        found = spoken.untold(self._catalog.reader(), _CONTENTS_PER_BATCH)
        languages = [(content, language_of(content.beginning)) for content in found]
        crash_point("migration.languages_told")
        self._catalog.write(lambda connection: spoken.told(connection, languages))
        crash_point("migration.languages_kept")
        return True

    def leave(self) -> None:
        self._catalog.release_reader()
