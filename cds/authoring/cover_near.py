"""How far a draft is from an item: how many facts that look at the chart would have to be in another state."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import inf, prod

from cds.authoring.cover_items import ROWS, Item, asked
from cds.authoring.cover_try import Probe
from cds.language.fact import Fact, closure
from cds.language.plan import Rule
from cds.language.scope import Condition
from cds.values.known import UNKNOWN

_MOST_WAYS = 3000
_FAR = 50.0


class Near:
    """Distances for one rule.

    The combinations of states that the proof of a rule goes through tell which facts must change; logic over facts is
    followed down to those that look at the chart.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.facts = {fact.name: fact for fact in closure(asked(rule))}
        self.rows = {
            Item(ROWS, (str(case.at), str(number))): when
            for case in rule.cases
            for number, when in enumerate(case.when, 1)
        }

    def distance(self, probe: Probe, item: Item) -> float:
        """From a draft to an item; 0 means reached, save for what logic cannot tell."""
        match item.kind:
            case "phases":
                return 0.0 if probe.phase == item.key[0] else 1.0
            case "states":
                fact = self.facts[item.key[0]]
                return self._outside(probe) + _Tree(probe.run.states).to(fact, frozenset((item.key[1],)))
            case "rows":
                return self._outside(probe) + self._row(probe, self.rows[item])
            case "cases":
                ways = [self._row(probe, when) for row, when in self.rows.items() if row.key[0] == item.key[0]]
                return self._outside(probe) + min(ways, default=_FAR)
            case _:
                return _FAR

    def _outside(self, probe: Probe) -> float:
        """A rule that is not asked in this phase is one step further."""
        return 0.0 if probe.phase in self.rule.phases else 1.0

    def _row(self, probe: Probe, when: Condition) -> float:
        tree = _Tree(probe.run.states)
        return sum(tree.to(fact, allowed) for fact, allowed in when)


class _Tree:
    def __init__(self, states: Mapping[str, str]) -> None:
        self.states = states
        self._known: dict[tuple[str, frozenset[str]], float] = {}

    def to(self, fact: Fact, allowed: frozenset[str]) -> float:
        """How many facts below must change for a fact to be in one of the states."""
        key = (fact.name, allowed)
        if key not in self._known:
            self._known[key] = _FAR  # a fact that asks for itself ends here
            self._known[key] = self._to(fact, allowed)
        return self._known[key]

    def _to(self, fact: Fact, allowed: frozenset[str]) -> float:
        if self.states.get(fact.name) in allowed:
            return 0.0
        combine, needs = fact.built.combine, fact.built.needs
        if combine is None:
            return 1.0 + min((self._below(each, allowed) for each in needs), default=0.0)
        domains = [(*each.domain, UNKNOWN) for each in needs]
        if prod(map(len, domains)) > _MOST_WAYS:
            # of many facts, one or two are changed from what they are
            now = [self.states.get(each.name, domain[0]) for each, domain in zip(needs, domains, strict=True)]
            ways = [tuple(now)]
            for place, domain in enumerate(domains):
                ways += [(*now[:place], state, *now[place + 1 :]) for state in domain]
            ways += [
                (*way[:place], state, *way[place + 1 :])
                for way in tuple(ways)
                for place, domain in enumerate(domains)
                for state in domain
            ]
        else:
            ways = list(product(*domains))
        best = inf
        for way in ways:
            cost = 0.0
            for each, state in zip(needs, way, strict=True):
                cost += self.to(each, frozenset((state,))) if self.states.get(each.name) != state else 0.0
                if cost >= best:
                    break
            if cost < best and combine({each.name: state for each, state in zip(needs, way, strict=True)}) in allowed:
                best = cost
        return min(best, _FAR)

    def _below(self, fact: Fact, allowed: frozenset[str]) -> float:
        """A fact that is worked out of others is a little further from what those cannot give it."""
        return 0.5 if UNKNOWN not in allowed and self.states.get(fact.name) in (UNKNOWN, "absent") else 0.0
