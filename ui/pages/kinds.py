"""The window's pages, in the order of their tabs and of Ctrl+1, Ctrl+2, ... Each is imported when first shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject

from ui.pages.page import Page
from ui.tools import Tools


@dataclass(frozen=True, slots=True)
class PageKind:
    """A page as the window knows it before it is made."""

    name: str
    title: str
    make: Callable[[Tools], Page]


class Pages(QObject):
    """Their titles, in the interface's language."""

    def kinds(self) -> list[PageKind]:
        """Every page there is; the first one is open at the start."""
        return [
            PageKind("find", self.tr("Find"), _find),
            PageKind("topics", self.tr("Topics"), _topics),
            PageKind("copies", self.tr("Copies"), _copies),
            PageKind("index", self.tr("Index"), _index),
        ]


def _find(tools: Tools) -> Page:
    from ui.search.page import FindPage

    return FindPage(tools)


def _topics(tools: Tools) -> Page:
    from ui.topics.page import TopicsPage

    return TopicsPage(tools)


def _copies(tools: Tools) -> Page:
    from ui.pages.copies import CopiesPage

    return CopiesPage(tools)


def _index(tools: Tools) -> Page:
    from ui.pages.index import IndexPage

    return IndexPage(tools)
