"""Which tests can notice a change: those that asked, on the unchanged content, for a fact in which it can be felt."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from cds.authoring.mutate_change import Change
from cds.authoring.mutate_conditions import names_in
from cds.authoring.test_suite import PackTests, written_facts
from cds.language.fact import closure
from cds.language.node import Fields, fields, text
from cds.language.pack import PackFiles
from cds.language.plan import Rule

BETWEEN = ("replaces", "beside", "withhold")
"""Kinds of change to what findings do to each other: only a test that names the other finding can notice one."""


@dataclass(frozen=True)
class Felt:
    """Where a change can be felt.

    Attributes:
        facts: by their full names.
        rules: whose own words, cases or phases it touches.
        retrieves: what they find may be otherwise.
        everywhere: it may change whether the pack answers at all.
    """

    facts: frozenset[str]
    rules: frozenset[str]
    retrieves: frozenset[str] = frozenset()
    everywhere: bool = False

    def by(self, rule: str, asked: Collection[str]) -> bool:
        """Whether a test of a rule that asked for these facts can notice it."""
        return self.everywhere or rule in self.rules or not self.facts.isdisjoint(asked)


class Reach:
    """Follows names through a pack as it is written: what is called by a name may change with it.

    Args:
        pack: the pack.
    """

    def __init__(self, pack: PackTests) -> None:
        files = pack.library.packs[pack.name]
        self._facts = {name: names_in(body) for name, body in written_facts(pack.library, pack.name)}
        self._between = _between(files, ("retrieves", "readings"))
        self._of_drug = _between(files, ("retrieves",), "drug")
        self._rules = {
            text(rule.get("rule")): names_in(rule.get("cases")) | names_in(rule.get("applies")) for rule in files.rules
        }
        self._drugs = names_in(files.pack.get("drugs")) | names_in(files.pack.get("trigger"))
        self._closures = {rule.name: _closure(rule) for rule in pack.compiled.plan.rules}

    def felt(self, change: Change) -> Felt:
        """Where a change can be felt."""
        if change.kind in BETWEEN:
            return Felt(frozenset(), frozenset(), everywhere=True)
        if not change.subject:
            return Felt(frozenset(), frozenset((change.owner,)))
        owner, _, name = change.subject.rpartition(".")
        names = self._spread(name)
        facts = frozenset(
            each
            for each, mentioned in self._facts.items()
            if (each == change.subject or names & mentioned) and _sees(each, owner)
        )
        rules = frozenset(each for each, said in self._rules.items() if names & said and owner in ("", each))
        of_drug = bool(names & self._drugs)
        retrieves = names | (self._of_drug.keys() if of_drug else set())
        return Felt(facts | {change.subject}, rules, retrieves, everywhere=of_drug)

    def to_prove(self, change: Change, rules: Iterable[Rule]) -> tuple[Rule, ...]:
        """The rules whose proof can turn out otherwise."""
        if not change.logic:
            return ()
        if not change.subject:
            return tuple(rule for rule in rules if rule.name == change.owner)
        return tuple(rule for rule in rules if change.subject in self._closures.get(rule.name, {change.subject}))

    def _spread(self, name: str) -> frozenset[str]:
        """A name with those of the retrieves and readings that are made of it."""
        found, new = {name}, {name}
        while new:
            new = {each for each, mentioned in self._between.items() if mentioned & new} - found
            found |= new
        return frozenset(found)


def _sees(fact: str, owner: str) -> bool:
    """Whether a fact can see a name of a rule: its own facts only; what rules share is seen by all."""
    return not owner or fact.startswith(f"{owner}.")


def _between(files: PackFiles, sections: Iterable[str], having: str = "") -> Mapping[str, frozenset[str]]:
    """What is named by each entry of some sections, of those alone that have a key."""
    several: list[Fields] = [fields(file.get(section)) for file in files.facts for section in sections]
    return {key.value: names_in(node) for body in several for key, node in body if not having or having in fields(node)}


def _closure(rule: Rule) -> frozenset[str]:
    asked = tuple({fact.name: fact for case in rule.cases for when in case.when for fact, _ in when}.values())
    return frozenset(fact.name for fact in closure(asked))
