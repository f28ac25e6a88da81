"""Sorts the resources of a data group to all its retrieves at once, by code.

A chart holds few distinct codes, and the same ones come again and again. So which retrieves want a code is worked out
once a code and kept, for as many codes as fit; a resource then costs one look-up for each of its codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from cds.chart.chart import Arrival, Entry
from cds.facts.identify import find
from cds.language.retrieve import Retrieve
from cds.values.codes import Code, CodeLine

CODES_KEPT = 20_000

Sorted = Mapping[str, tuple[tuple[Entry, CodeLine], ...]]
"""Retrieve's name → its entries, each once, with the line of the value set that found it."""


class Sorter:
    """The retrieves of one group that look for codes."""

    def __init__(self, retrieves: tuple[Retrieve, ...]) -> None:
        self.retrieves = frozenset(retrieves)
        self._in_order = retrieves
        self.wanted = lru_cache(maxsize=CODES_KEPT)(self._wanted)

    def _wanted(self, code: Code) -> tuple[tuple[str, CodeLine], ...]:
        found = []
        for retrieve in self._in_order:
            line = find(retrieve.codes, code) if retrieve.codes is not None else None
            if line is not None:
                found.append((retrieve.name, line))
        return tuple(found)

    def sort(self, arrival: Arrival) -> Sorted:
        """The entries of an arrival by the retrieves that want them."""
        piles: dict[str, dict[int, tuple[Entry, CodeLine]]] = {}
        for code, entries in arrival.by_code.items():
            for name, line in self.wanted(code):
                pile = piles.setdefault(name, {})
                for entry in entries:
                    pile.setdefault(id(entry), (entry, line))
        return {name: tuple(pile.values()) for name, pile in piles.items()}


@lru_cache(maxsize=256)
def sorter(retrieves: tuple[Retrieve, ...]) -> Sorter:
    """The sorter of a group's retrieves, made once."""
    return Sorter(retrieves)
