"""What belongs together, told pair by pair: a forest of disjoint sets. Pure."""

from __future__ import annotations

from collections import defaultdict


class Families:
    """Numbers, each in a family of its own until it is joined with another."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}

    def leader(self, one: int) -> int:
        """The same number for all of one family."""
        while (above := self._above.setdefault(one, one)) != one:
            self._above[one] = one = self._above[above]
        return one

    def are_one(self, one: int, other: int) -> bool:
        return self.leader(one) == self.leader(other)

    def join(self, one: int, other: int) -> None:
        self._above[self.leader(one)] = self.leader(other)

    def of_several(self) -> list[list[int]]:
        """The families of more than one."""
        families: defaultdict[int, list[int]] = defaultdict(list)
        for one in list(self._above):
            families[self.leader(one)].append(one)
        return [family for family in families.values() if len(family) > 1]
