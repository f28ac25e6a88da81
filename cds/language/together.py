"""Findings of one pack that can be shown to the same patient at once, proved over the states of their facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from cds.language.fact import Fact
from cds.language.node import Fields, Node, Text, fields, items, text, texts
from cds.language.plan import OFF, SEVERITIES, Case, Finding, Plan, Rule
from cds.language.prove import Proofs, States, holds, shown
from cds.language.scope import Condition

Place = tuple[Rule, Case]
"""A case with its rule."""


def prove_together(plan: Plan, pack: Fields, rules: Sequence[Fields], proofs: Proofs) -> None:
    """Report findings of a pack that take each other away, or that its authors say must never meet and do.

    Args:
        plan: the pack, compiled.
        pack, rules: its files, for the places of messages.
        proofs: what was worked out for other forms of the pack; its report takes the errors.
    """
    _Proof(plan, pack, {text(root.get("rule")): root for root in rules}, proofs).run()


class _Proof:
    def __init__(self, plan: Plan, pack: Fields, rules: Mapping[str, Fields], proofs: Proofs) -> None:
        self.plan = plan
        self.pack = pack
        self.rules = rules
        self.proofs = proofs
        self.report = proofs.report
        self.places: dict[str, list[Place]] = {}
        for rule in plan.rules:
            for case in rule.cases:
                if case.finding is not None and rule.mode != OFF:
                    self.places.setdefault(case.finding.id, []).append((rule, case))

    def run(self) -> None:
        self.no_circles()
        self.nothing_graver_replaced()
        self.nothing_graver_withheld()
        self.never_together()
        self.told_or_not_checked()

    # ---------------------------------------------------------------- replaces

    def no_circles(self) -> None:
        """Of findings that replace each other in a circle, all would vanish."""
        told: set[frozenset[str]] = set()
        for circle in self.circles():
            ids = [_finding(each).id for each in circle]
            if frozenset(ids) in told:
                continue
            for states in self.meetings(circle):
                told.add(frozenset(ids))
                self.report.error(
                    "replaces-circle",
                    self.written(circle[0], "replaces").at,
                    f"{' replaces '.join([*ids, ids[0]])}, and all hold when {shown(states)}",
                    "Each takes the other away, and the prescriber would see none of them.",
                    "Let only one of them replace the other.",
                )
                break

    def circles(self) -> Iterator[list[Place]]:
        """Chains of cases, each of a rule of its own, whose last replaces the first."""
        waiting = [[place] for places in self.places.values() for place in places]
        while waiting:
            chain = waiting.pop()
            for id in _finding(chain[-1]).replaces:
                for place in self.places.get(id, ()):
                    if place == chain[0]:
                        yield chain
                    elif place[0].name not in {rule.name for rule, _ in chain}:
                        waiting.append([*chain, place])

    def nothing_graver_replaced(self) -> None:
        for place in (each for places in self.places.values() for each in places):
            for id in _finding(place).replaces:
                for other in self.places.get(id, ()):
                    if other[0] is place[0] or _least(_finding(place)) <= _gravest(_finding(other)):
                        continue
                    for states in self.meetings([place, other]):
                        self.hidden(_finding(place).id, id, self.written(place, "replaces"), states)
                        break

    def nothing_graver_withheld(self) -> None:
        """A finding may be withheld beside graver ones only; beside its own indicator it would withhold itself."""
        for key, node in fields(self.pack.get("withhold")):
            graves = [_gravest(_finding(place)) for place in self.places.get(key.value, ())]
            for indicator in texts(fields(node).get("beside")):
                if graves and indicator.value in SEVERITIES and SEVERITIES.index(indicator.value) >= min(graves):
                    self.report.error(
                        "hides-graver",
                        indicator.at,
                        f"{key.value} can be {SEVERITIES[min(graves)]}, and is withheld beside {indicator.value}",
                        "It would be taken away by something no graver than itself, or by itself.",
                        "Withhold a finding only beside graver ones.",
                    )

    def hidden(self, id: str, other: str, node: Node, states: States) -> None:
        self.report.error(
            "hides-graver",
            node.at,
            f"{id} replaces {other}, which can be graver, when {shown(states)}",
            "The prescriber would see the lesser of the two.",
            f"Take {other} out of replaces, or make {id} as grave.",
        )

    # ---------------------------------------------------------- never together

    def never_together(self) -> None:
        for node in items(self.pack.get("never_together")):
            names = texts(node)
            missing = [each for each in names if each.value not in self.places]
            if not missing:
                for one, other in ((a, b) for number, a in enumerate(names) for b in names[number + 1 :]):
                    self.keep_apart(one, other)

    def keep_apart(self, one: Text, other: Text) -> None:
        for place, second in product(self.places[one.value], self.places[other.value]):
            if place[0] is second[0] or self.one_goes(place, second):
                continue
            for states in self.meetings([place, second]):
                self.report.error(
                    "never-together",
                    other.at,
                    f"{one.value} (line {place[1].at.line} of {place[0].name}) and {other.value} (line "
                    f"{second[1].at.line} of {second[0].name}) are both shown when {shown(states)}",
                    "The prescriber would read two findings that contradict each other.",
                    "Narrow a case of one, or let one replace the other.",
                )
                return

    def one_goes(self, place: Place, other: Place) -> bool:
        one, two = _finding(place), _finding(other)
        return one.id in two.replaces or two.id in one.replaces

    # ------------------------------------------------------------- not checked

    def told_or_not_checked(self) -> None:
        """What one rule names as not checked, another that uses the same words must not speak about."""
        for rule, other in product(self.plan.rules, repeat=2):
            if rule is other:
                continue
            names = {case.not_checked for case in other.cases if case.not_checked}
            for case in (each for each in rule.cases if each.not_checked in names):
                self.keep_silent((rule, case), [(other, each) for each in other.cases if each.finding is not None])

    def keep_silent(self, place: Place, speaking: Sequence[Place]) -> None:
        name = place[1].not_checked
        for other in speaking:
            for states in self.meetings([place, other]):
                self.report.error(
                    "told-and-not-checked",
                    self.written(place, "not_checked").at,
                    f"{name} is not checked by {place[0].name}, and checked by {other[0].name} with "
                    f"{_finding(other).id}, when {shown(states)}",
                    "A card would say that it could not be checked, beside one that says what was found.",
                    "Call the two by different names.",
                )
                return

    # ------------------------------------------------------------------ states

    def meetings(self, places: Sequence[Place]) -> Iterator[States]:
        """Combinations of states in which all of some cases hold, in a phase and on a hook that shows all of them."""
        phases = self.phases(places)
        if not phases:
            return
        for conditions in product(*(case.when for _, case in places)):
            joined: Condition = tuple(part for each in conditions for part in each)
            asks_phase = any(_rests_on(fact, self.plan.phase) for fact, _ in joined)
            # A phase that nothing else rests on goes with any states: left out, more logic can be taken apart.
            condition = ((self.plan.phase, phases), *joined) if asks_phase else joined
            space = self.proofs.space_of(replace(places[0][0], cases=(Case(places[0][1].at, (condition,)),)))
            if space is None:
                self.too_many(places)
                return
            beside = {} if asks_phase else {self.plan.phase.name: min(phases)}
            yield from ({**beside, **states} for states in space.combinations if holds(condition, states))

    def phases(self, places: Sequence[Place]) -> frozenset[str]:
        applying = frozenset.intersection(*(rule.phases for rule, _ in places))
        return frozenset(
            phase
            for hook in self.plan.shows.values()
            for phase, visible in hook.items()
            if phase in applying and all(_may_be_in(each, visible) for each in places)
        )

    def too_many(self, places: Sequence[Place]) -> None:
        self.report.error(
            "too-many-combinations",
            places[-1][1].at,
            f"{' and '.join(_finding(each).id for each in places)} ask for facts with too many combinations together",
            "Nobody could show that they never meet.",
            "Name an intermediate fact that sums several of them up.",
        )

    def written(self, place: Place, key: str) -> Node:
        rule, case = place
        body = fields(items(self.rules[rule.name].get("cases"))[case.number - 1])
        return body.values.get(key, body)


def _finding(place: Place) -> Finding:
    finding = place[1].finding
    if finding is None:
        raise ValueError(f"{place[1].at} ends in no finding")
    return finding


def _rests_on(fact: Fact, other: Fact) -> bool:
    """Whether the state of a fact follows, by logic alone, from that of another."""
    return fact is other or (fact.built.combine is not None and any(_rests_on(each, other) for each in fact.needs))


def _may_be_in(place: Place, visible: frozenset[str]) -> bool:
    """Whether a finding, or that it was not checked, may be shown where these indicators and findings are."""
    rule, case = place
    finding = case.finding
    if finding is None:
        return rule.may_show(visible)
    return any(each in visible or f"{finding.id} {each}" in visible for each in _indicators(finding))


def _indicators(finding: Finding) -> tuple[str, ...]:
    return tuple(each for each in finding.indicators if each in SEVERITIES) or (finding.indicator,)


def _gravest(finding: Finding) -> int:
    """The place of the gravest indicator that it can have; 0 is critical."""
    return min(SEVERITIES.index(each) for each in _indicators(finding))


def _least(finding: Finding) -> int:
    return max(SEVERITIES.index(each) for each in _indicators(finding))
