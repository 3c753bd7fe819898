"""Where the pages of a document stand, one below the other. Imports no Qt.

In pixels from the first one's top margin on. Of a page that was not seen yet the shape is supposed to be the first
one's that was; so nothing is counted page by page, however many a document says it has.
"""

from __future__ import annotations

from bisect import bisect_left, insort

_A4 = 842 / 595


class Sheets:
    """All pages have one width."""

    def __init__(self, margin: float, gap: float) -> None:
        """Args: margin: above the first and below the last page. gap: between two. Both in pixels."""
        self._margin, self._gap = margin, gap
        self.width = 100.0
        """Of a page, in pixels."""
        self.forget()

    def forget(self) -> None:
        """Another document."""
        self.count = 1
        self._usual: float | None = None
        self._aspects: dict[int, float] = {}
        self._known: list[int] = []
        self._surplus: list[float] = [0.0]
        """Of the first n known pages together, over what was supposed of them; in widths."""

    def learn(self, number: int, aspect: float) -> None:
        """A page was seen, with its height by its width."""
        if self._usual is None:
            self._usual = aspect
        if self._aspects.get(number) == aspect:
            return
        if number not in self._aspects:
            insort(self._known, number)
        self._aspects[number] = aspect
        self._surplus = [0.0]
        for known in self._known:
            self._surplus.append(self._surplus[-1] + self._aspects[known] - self._supposed)

    @property
    def _supposed(self) -> float:
        return _A4 if self._usual is None else self._usual

    def height(self, number: int) -> float:
        """Of a page."""
        return self.width * self._aspects.get(number, self._supposed)

    def top(self, number: int) -> float:
        """Of a page; of the one behind the last, where the next would begin."""
        surplus = self._surplus[bisect_left(self._known, number)]
        return self._margin + (number - 1) * (self.width * self._supposed + self._gap) + self.width * surplus

    @property
    def end(self) -> float:
        """The height of everything."""
        return self.top(self.count + 1)

    def between(self, low: float, high: float) -> range:
        """The numbers of the pages that are seen from one height to another."""
        pages = range(1, self.count + 1)
        first = bisect_left(pages, low, key=lambda number: self.top(number) + self.height(number))
        return pages[first : bisect_left(pages, high, key=self.top)]
