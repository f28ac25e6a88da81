"""Looks for a test that rests on a parameter at its bound: one that would turn out otherwise without the setting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cds.authoring.cover_draft import Draft, mapping, words_of
from cds.authoring.cover_items import LIMITS, Item, asked
from cds.authoring.cover_limits import at_limit
from cds.authoring.cover_search import Search, shortest
from cds.authoring.cover_try import Bench, Probe
from cds.authoring.test_boundaries import AT, PAST, Definition
from cds.language.fact import Fact, closure
from cds.language.literals import read_days
from cds.language.node import Fields, fields, text
from cds.language.plan import Rule

_MOST_SEEN = 400
_MOST_OPENED = 4
_MOST_TRIED, _FEW = 2000, 400
_MOST_FOUND = 6
_MOST_MOVED = 60


@dataclass(frozen=True)
class AtBound:
    """A test at a bound.

    Attributes:
        probe: the draft that rests on it.
        other: on the other side of the bound, with the line and the field in which alone it differs; None without.
        facts: whose states are otherwise without the setting.
    """

    probe: Probe
    other: Probe | None
    place: int = 0
    key: str = ""
    facts: tuple[str, ...] = ()


def rests_on(rule: Rule, phase: Fact, name: str) -> bool:
    """Whether anything that a rule asks for, or the phase of treatment, or the rule itself has a parameter."""
    facts = closure((*asked(rule), phase))
    return name in rule.parameters or any(each.name == name for fact in facts for each in fact.parameters)


class BoundSearch:
    """Looks for a test of one rule at one bound.

    Args:
        bench: tries drafts on the rule; its limits are all that the rule comes to.
        rule: the rule.
        item: parameter and value.
        deep: whether to go on from drafts that do not rest on the parameter.
    """

    def __init__(self, bench: Bench, rule: Rule, item: Item, *, deep: bool) -> None:
        self.deep = deep
        self.bench = bench
        self.rule = rule
        self.name, self.value = item.key

    def find(self) -> Iterator[AtBound]:
        """Tests, the best first: with one on the other side of the bound where there is one."""
        for settings in self._settings():
            found = list(self._find(Draft().with_option("parameters", mapping(settings))))
            if found:
                yield from found
                return

    def _settings(self) -> Iterator[dict[str, str]]:
        """The setting alone; where the order of several parameters forbids it, with another at its bound as well."""
        alone = {self.name: self.value}
        if self.bench.trial(Draft().with_option("parameters", mapping(alone))) is not None:
            yield alone
            return
        for other, end in self._others():
            both = {**alone, other: end}
            if self.bench.trial(Draft().with_option("parameters", mapping(both))) is not None:
                yield both

    def _others(self) -> Iterator[tuple[str, str]]:
        known = {**self.bench.pack.compiled.scope.parameters, **self.rule.parameters}
        beside = self._beside()
        for name in sorted(beside, key=lambda each: (each not in self.rule.parameters, each)):
            parameter = known.get(name)
            if parameter is not None and name != self.name:
                yield from ((name, str(end)) for end in (parameter.lowest, parameter.highest) if end is not None)

    def _beside(self) -> set[str]:
        """Parameters that stand in one fact with this one, or that a refusal names."""
        found = {each.name for fact in closure(asked(self.rule)) for each in fact.parameters}
        said = " ".join(each.what + each.remedy for each in self.bench.report.found)
        named = {name for name in found if name in said}
        return named or found

    def _find(self, start: Draft) -> Iterator[AtBound]:
        search = Search(self.bench, self.rule, start, most=_MOST_TRIED if self.deep else _FEW)
        definitions = [each for each in self.bench.limits if self._limits(each)]
        search.find(
            {
                Item(LIMITS, (each.name, limit, side))
                for each in definitions or self._beside_it()
                for limit in (self._limits(each) or each.limits)
                for side in (AT, PAST)
            }
        )
        self._about_so_old(search)
        self._at_limits(search, definitions or self._beside_it())
        for _ in range(_MOST_OPENED if self.deep else 0):
            if self._in_order(search) or not search.go_on():
                break
        best: list[AtBound] = []
        for probe in self._in_order(search):
            if self._noticed(probe) is None:
                continue
            bare = shortest(self.bench, probe, lambda each: self._noticed(each) is not None, ("parameters",))
            found = self._with_other(bare, definitions, self._noticed(bare) or ())
            if found.other is not None:
                yield found
            best.append(found)
            if len(best) >= _MOST_FOUND:
                break
        yield from sorted(best, key=lambda each: (bool(each.facts), each.probe.draft.size))

    def _in_order(self, search: Search) -> list[Probe]:
        """What stands at a limit first, and what ends otherwise before what only has a fact in another state."""
        several = {each.draft.words: each for each in (*search.met.values(), *search.pool.values())}
        noticed = [each for each in list(several.values())[:_MOST_SEEN] if self._noticed(each) is not None]
        at = set(search.met)
        return sorted(
            noticed, key=lambda each: (bool(self._noticed(each)), each.draft.words not in at, each.draft.size)
        )

    def _about_so_old(self, search: Search) -> None:
        """Lines as old as the bound, a day less and a day more, whatever it is that the days are counted for."""
        days = read_days(self.value)
        if days is None:
            return
        for probe in sorted(search.pool.values(), key=lambda each: each.draft.size)[:_MOST_MOVED]:
            for place, (name, _) in enumerate(probe.draft.lines):
                for more in (0, 1, -1) if name != "patient" else ():
                    search.see(probe.draft.with_field(place, "date", f"{int(days.value) + more} days ago"))

    def _at_limits(self, search: Search, definitions: list[Definition]) -> None:
        """Whatever can be moved to a limit: not all that stands there rests on the parameter."""
        for definition in definitions:
            for limit in self._limits(definition) or definition.limits:
                for side in (AT, PAST):
                    item = Item(LIMITS, (definition.name, limit, side))
                    asking = [each for each in search.pool.values() if definition.name in each.run.states]
                    for probe in sorted(asking, key=lambda each: each.draft.size)[:_MOST_MOVED]:
                        for draft in at_limit(self.bench, probe, definition, item, ()):
                            search.see(draft)

    def _beside_it(self) -> list[Definition]:
        """Facts that have the parameter without naming it as a limit: what stands at their limits may rest on it."""
        facts = closure((*asked(self.rule), self.bench.pack.compiled.plan.phase))
        having = {fact.name for fact in facts if any(each.name == self.name for each in fact.parameters)}
        return [each for each in self.bench.limits if each.name in having]

    def _limits(self, definition: Definition) -> tuple[str, ...]:
        return tuple(each for each in definition.limits if each.rpartition(" ")[2] == self.name)

    def _noticed(self, probe: Probe) -> tuple[str, ...] | None:
        """Facts that are otherwise without the setting, none when the rule ends otherwise; None when nothing is."""
        node = fields(probe.draft.option("parameters"))
        if text(node.get(self.name)) != self.value or probe.run.decision is None:
            return None
        kept = {key: value for key, value in node.values.items() if key != self.name}
        plain = probe.draft.without_option("parameters")
        other = self.bench.probe(plain.with_option("parameters", mapping(kept)) if kept else plain)
        if other is None:  # the order of several parameters forbids the others alone
            other = self.bench.probe(plain)
        if other is None:
            return None
        mine, theirs = probe.run.observed, other.run.observed
        if (mine.ending, mine.says, mine.indicator) != (theirs.ending, theirs.says, theirs.indicator):
            return ()
        states = other.run.states
        facts = tuple(
            fact.name
            for fact in (*asked(self.rule), self.bench.pack.compiled.plan.phase)
            if fact.name in probe.run.states and probe.run.states[fact.name] != states.get(fact.name)
        )
        return facts or None

    def _with_other(self, probe: Probe, definitions: list[Definition], facts: tuple[str, ...]) -> AtBound:
        """With a draft on the other side of the bound, which ends otherwise, and differs in one field of one line."""
        for definition in definitions:
            for limit in self._limits(definition):
                for side in (AT, PAST):
                    item = Item(LIMITS, (definition.name, limit, side))
                    if item in probe.reached:
                        continue
                    for draft in at_limit(self.bench, probe, definition, item, ()):
                        other = self.bench.probe(draft)
                        changed = _changed(probe.draft, draft)
                        if other is None or changed is None or item not in other.reached:
                            continue
                        if _outcome(other, facts) != _outcome(probe, facts):
                            return AtBound(probe, other, *changed, facts)
        return AtBound(probe, None, facts=facts)


def _outcome(probe: Probe, facts: tuple[str, ...]) -> tuple[object, ...]:
    seen = probe.run.observed
    return (seen.ending, seen.says, seen.indicator, *(probe.run.states.get(each) for each in facts))


def _changed(one: Draft, other: Draft) -> tuple[int, str] | None:
    """The line and the field in which alone two drafts differ; None when they differ in more."""
    if one.options != other.options or len(one.lines) != len(other.lines):
        return None
    found: list[tuple[int, str]] = []
    for place, ((name, mine), (_, theirs)) in enumerate(zip(one.lines, other.lines, strict=True)):
        for key in dict.fromkeys((*mine.values, *theirs.values)):
            if _field(mine, key) != _field(theirs, key):
                found.append((place, key))
        if name == "patient" and found:
            return None
    return found[0] if len(found) == 1 else None


def _field(body: Fields, key: str) -> object:
    node = body.get(key)
    return words_of(node) if node is not None else None
