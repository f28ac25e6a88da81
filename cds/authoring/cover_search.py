"""Looks for the smallest draft of a test that reaches an item: from what is nearest to it, one step at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from cds.authoring.cover_atoms import Step, macros, steps
from cds.authoring.cover_draft import Draft, draft_of
from cds.authoring.cover_items import LIMITS, Item, items_of_limits
from cds.authoring.cover_limits import at_limit
from cds.authoring.cover_near import Near
from cds.authoring.cover_try import Bench, Probe
from cds.language.plan import Rule

_MOST_TRIED = 3000
_MOST_OPENED = 14
"""So many drafts are gone on from for one item."""
_MOST_ROUNDS = 5
_NOTHING = Draft()


class Search:
    """Looks for tests of one rule.

    Args:
        bench: tries drafts on it.
        rule: as the pack usually has it.
        start: options that every draft has, such as a parameter that is set.
        most: how many drafts are tried for one item.
        sound: whether a draft would do as a test; what would not is no more than a step.
    """

    def __init__(
        self,
        bench: Bench,
        rule: Rule,
        start: Draft = _NOTHING,
        sound: Callable[[Probe], bool] = lambda _: True,
        most: int = _MOST_TRIED,
    ) -> None:
        self.bench = bench
        self.rule = rule
        self.near = Near(rule)
        self.start = start
        self.found: dict[Item, Probe] = {}
        self.met: dict[str, Probe] = {}
        self._sound = sound
        self._most = most
        self.pool: dict[object, Probe] = {}
        self._opened: set[str] = set()
        self._moved: dict[Item, set[str]] = {}
        self._steps: tuple[Step, ...] = (*steps(bench.pack, rule), *macros(bench.pack, rule))
        self._wanted: set[Item] = set()

    def find(self, wanted: Iterable[Item]) -> dict[Item, Probe]:
        """The smallest drafts that were found for the items; those that are not in it were not found."""
        self._wanted = set(wanted)
        self.see(self.start)
        for test in self.bench.file.tests:
            draft = draft_of(test, self.bench.file)
            if not test.todo:
                self.see(self._started(draft))
        # Limits come first: what stands at one brings facts into states that the other items need.
        if any(each.kind != LIMITS for each in self._wanted - self.found.keys()):
            self._move_to_limits()
        for item in sorted(self._wanted, key=lambda each: (each.kind != LIMITS, each.key)):
            if item not in self.found:
                self._look(item)
        return {item: self.shortened(item, probe) for item, probe in self.found.items()}

    def _started(self, draft: Draft) -> Draft:
        for key, node in self.start.options:
            draft = draft.with_option(key, node)
        return draft

    def see(self, draft: Draft) -> Probe | None:
        """Try a draft, and keep what is new about it."""
        probe = self.bench.probe(draft)
        if probe is None:
            return None
        for item in self._wanted & probe.reached:
            self.met[draft.words] = probe
            known = self.found.get(item)
            if (known is None or draft.size < known.draft.size) and self._sound(probe):
                self.found[item] = probe
        known = self.pool.get(probe.likeness)
        if known is None or draft.size < known.draft.size:
            self.pool[probe.likeness] = probe
        return probe

    def _look(self, item: Item) -> None:
        last = self.bench.tried + self._most
        if item.kind == LIMITS:
            self._look_at_limit(item, last)
            return
        for _ in range(_MOST_OPENED):
            nearest = self._nearest(item)
            if nearest is None or self.bench.tried > last:
                return
            self.open(nearest, item)
            if item in self.found:
                return

    def _nearest(self, item: Item) -> Probe | None:
        closed = [each for each in self.pool.values() if each.draft.words not in self._opened]
        return min(closed, key=lambda each: (self.near.distance(each, item), each.draft.size), default=None)

    def go_on(self) -> bool:
        """Try every step from the smallest draft from which none was tried; False where there is none left."""
        closed = [each for each in self.pool.values() if each.draft.words not in self._opened]
        if not closed:
            return False
        self.open(min(closed, key=lambda each: each.draft.size), None)
        return True

    def open(self, probe: Probe, item: Item | None) -> None:
        """Try every step from a draft, until the item is found."""
        for step in self._steps:
            self.see(step(probe.draft))
            if item in self.found:
                return
        self._opened.add(probe.draft.words)

    def _move_to_limits(self) -> None:
        """Drafts at every limit that the rule comes to, wanted or not."""
        for step in self._steps:
            if not self._wanted - self.found.keys():
                return
            self.see(step(self.start))
        for item in items_of_limits(self.bench.limits):
            (definition,) = (each for each in self.bench.limits if each.name == item.key[0])
            for probe in self._asking(definition.name):
                for draft in at_limit(self.bench, probe, definition, item, ()):
                    self.see(draft)

    def _look_at_limit(self, item: Item, last: int) -> None:
        """Move a day or a value of a draft that asks for the fact to the limit."""
        (definition,) = (each for each in self.bench.limits if each.name == item.key[0])
        for _ in range(_MOST_ROUNDS):
            for probe in self._asking(definition.name):
                if probe.draft.words in self._moved.setdefault(item, set()):
                    continue
                self._moved[item].add(probe.draft.words)
                for draft in at_limit(self.bench, probe, definition, item, self._steps):
                    self.see(draft)
                if item in self.found or self.bench.tried > last:
                    return
            closed = [each for each in self.pool.values() if each.draft.words not in self._opened]
            closed.sort(key=lambda each: (definition.name not in each.run.states, each.draft.size))
            for probe in closed[:1]:
                self.open(probe, item)

    def _asking(self, name: str) -> list[Probe]:
        """Drafts that ask for a fact, one for each state of it and of the facts that it needs, the smallest first."""
        needs = [each.name for each in self.near.facts[name].needs] if name in self.near.facts else []
        found: dict[tuple[str | None, ...], Probe] = {}
        for probe in sorted(self.pool.values(), key=lambda each: each.draft.size):
            if name in probe.run.states:
                found.setdefault(tuple(probe.run.states.get(each) for each in (name, *needs)), probe)
        return list(found.values())

    def shortened(self, item: Item, probe: Probe) -> Probe:
        """Without anything that the item does not need."""
        return shortest(self.bench, probe, lambda each: item in each.reached and self._sound(each))


def shortest(bench: Bench, probe: Probe, still: Callable[[Probe], bool], kept: Sequence[str] = ()) -> Probe:
    """A draft without anything that can be left out.

    Args:
        bench: tries drafts.
        probe: the draft to begin with.
        still: whether a shorter one still does what it is for.
        kept: options that stay.
    """
    changed = True
    while changed:
        changed = False
        for draft in _shorter(probe.draft, kept):
            other = bench.probe(draft)
            if other is not None and draft.size < probe.draft.size and still(other):
                probe, changed = other, True
                break
    return probe


def _shorter(draft: Draft, kept: Sequence[str]) -> Iterator[Draft]:
    for each in draft.shorter():
        if all((each.option(key) is None) == (draft.option(key) is None) for key in kept):
            yield each
