"""What the lints look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from cds.language.fact import Fact, closure
from cds.language.load import Library
from cds.language.node import Fields, fields, items, text
from cds.language.pack import Compiled, PackFiles
from cds.language.plan import Case, Finding, Plan, Rule
from cds.language.prove import Proofs
from cds.language.template import Template


@dataclass(frozen=True)
class Subject:
    """A pack compiled under one profile, with the files that it came from.

    Attributes:
        compiled: the plan, its scope, and the names that were asked for while it was compiled.
        everywhere: the pack compiled under each of its profiles; what one of them uses is not unused.
        files: the pack's parsed files.
        library: everything that packs share.
        roots: the files of value sets and units, parsed, by path.
        today: the day on which reviews are due or not.
        proofs: the spaces of rules, which the proofs have looked at already.
        used_by_others: what the other packs name, under any of their profiles.
    """

    compiled: Compiled
    everywhere: tuple[Compiled, ...]
    files: PackFiles
    library: Library
    roots: Mapping[str, Fields]
    today: date
    proofs: Proofs
    used_by_others: frozenset[str] = frozenset()

    def cases(self) -> Iterator[tuple[Rule, Fields, Case]]:
        """Every case of every rule in force, with the node that it was written as."""
        written = {text(root.get("rule")): root for root in self.files.rules}
        for rule in self.compiled.plan.rules:
            for node, case in zip(items(written[rule.name].get("cases")), rule.cases, strict=True):
                yield rule, fields(node), case

    def findings(self) -> Iterator[tuple[Rule, Fields, Case, Finding]]:
        """Every case that ends in a finding."""
        for rule, node, case in self.cases():
            if case.finding is not None:
                yield rule, node, case, case.finding


def reachable(plan: Plan) -> tuple[Fact, ...]:
    """The facts that a decision, a note or a text of a plan can ask for, with all that they need."""
    asked = [plan.phase, *(fact for rule in plan.rules for case in rule.cases for fact in facts_of(case))]
    for note in plan.notes:
        asked += [*(fact for fact, _ in note.when), *(slot.fact for slot in note.say.slots)]
    return closure(tuple(asked))


def facts_of(case: Case) -> tuple[Fact, ...]:
    """The facts that a case asks for, in its conditions and in its texts."""
    asked = [fact for when in case.when for fact, _ in when]
    if case.finding is not None:
        asked += [slot.fact for slot in case.finding.slots]
    return tuple(asked)


def texts_of(finding: Finding) -> dict[str, Template]:
    """The texts of a finding by the key under which each is written."""
    return {"headline": finding.headline, "found": finding.found, "why": finding.why, "do": finding.do}
