"""The smallest test that would notice a change, as far as it can be told from the change: ready to paste, or nearly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cds.authoring.mutate_change import Change
from cds.authoring.mutate_conditions import names_in
from cds.authoring.mutate_reach import BETWEEN
from cds.authoring.test_suite import ENDING, PackTests, written_facts
from cds.language.fact import Fact, closure
from cds.language.node import fields, text, texts

_OTHER_VALUE = re.compile(r"(?P<what>.+): (?P<was>.+) -> (?P<now>.+)\Z")
_OFFER = re.compile(r"case (?P<case>\d+) (?P<key>suggest|override): .+ dropped\Z")
_DAYS = re.compile(r"\d+ days?\Z")


class Hints:
    """Tells what a test must hold to notice a change.

    Args:
        pack: the pack.
    """

    def __init__(self, pack: PackTests) -> None:
        self._pack = pack
        self._written = dict(written_facts(pack.library, pack.name))
        facts = pack.library.packs[pack.name].facts
        several = [(file, key.value, fields(node)) for file in facts for key, node in fields(file.get("retrieves"))]
        self._retrieves = {name: body for _, name, body in several}
        self._tests = {name: f"{file.at.file.removesuffix('.yaml')}{ENDING}" for file, name, _ in several}
        rules = pack.compiled.plan.rules
        asked = (fact for rule in rules for fact in rule.facts)
        self._facts: Mapping[str, Fact] = {
            fact.name: fact for fact in closure((*asked, *pack.compiled.scope.all_facts()))
        }

    def of(self, change: Change) -> tuple[str, ...]:
        """Lines of a test, or a sentence that says what it must show."""
        offer = _OFFER.match(change.id)
        if offer is not None:
            return tuple(self._offer(change.owner, int(offer["case"]), offer["key"]))
        if change.kind in BETWEEN:
            return ("expect withheld_by: ID where the other finding holds as well",)
        rows = tuple(self._rows(change))
        if rows:
            return rows
        lines = tuple(self._lines(change))
        if lines:
            fact = next(iter(self._felt(change)), "")
            state = f"{{facts: {{{fact.rpartition('.')[2]}: …}}}}" if fact else "…"
            return ("- name: …", "  data:", *(f"    - {line}" for line in lines), f"  expect: {state}")
        return (f"a test whose outcome rests on this alone: {change.id}",)

    def _offer(self, owner: str, number: int, key: str) -> Iterator[str]:
        rule = next((each for each in self._pack.compiled.plan.rules if each.name == owner), None)
        case = next((each for each in rule.cases if each.number == number), None) if rule is not None else None
        if case is None or case.finding is None:
            return
        named = [each.name for each in (case.finding.suggest if key == "suggest" else case.finding.override)]
        yield f"in a test that expects {case.finding.id} by case {number}: {key}: [{', '.join(named)}]"

    def _rows(self, change: Change) -> Iterator[str]:
        """A row of the tests beside the facts, for a change of what a retrieve finds."""
        name = next(self._retrieves_of(change), "")
        if name not in self._retrieves:
            return
        row = ""
        if change.codes is not None:
            row = f"code: {self._first_code(change)}, finds: yes"
        elif change.kind == "status" and "only" in change.id:
            row = f"status: {texts(self._retrieves[name].get('status'))[-1].value}, finds: yes"
        elif change.kind == "status":
            row = "status: entered-in-error, finds: no"
        elif change.kind == "doubtful":
            finds = "unknown" if text(self._retrieves[name].get("doubtful")) == "unknown" else "no"
            row = f"status: none, finds: {finds}"
        if row:
            yield from (f"in {self._tests[name]}, under retrieves:", f"  {name}:", f"    - {{{row}}}")

    def _lines(self, change: Change) -> Iterator[str]:
        """Data lines that stand on both sides of the change."""
        several = list(self._retrieves_of(change))
        found = _OTHER_VALUE.match(change.id)
        if found is not None and _DAYS.match(found["was"]):
            day = max(found["was"], found["now"], key=lambda words: int(words.split()[0]))
            yield from (f"{name}: {{date: {day} ago}}" for name in several[:1])
        elif found is not None and found["was"][:1].isdigit():
            yield from (f"{name}: {{value: {found['was']}}}" for name in several[:1])

    def _felt(self, change: Change) -> Iterator[str]:
        """The facts that are changed, or that mention by name what is changed."""
        if change.subject in self._written:
            yield change.subject
        name = change.subject.rpartition(".")[2]
        retrieves = {each for each, body in self._retrieves.items() if name in names_in(body)}
        for fact, body in self._written.items():
            if fact != change.subject and names_in(body) & {name, *retrieves}:
                yield fact

    def _retrieves_of(self, change: Change) -> Iterator[str]:
        if change.subject in self._retrieves:
            yield change.subject
            return
        if change.codes is not None:
            yield from (name for name, body in self._retrieves.items() if change.subject in names_in(body))
        for name in self._felt(change):
            fact = self._facts.get(name)
            if fact is not None:
                yield from (each.name for below in closure((fact,)) for each in below.built.retrieves)

    def _first_code(self, change: Change) -> str:
        value_set = self._pack.library.shared.value_sets[change.subject]
        without = change.codes.without if change.codes is not None else ""
        lines = [line.short for line in value_set.codes.lines if line.short.startswith(without)]
        return lines[0] if lines else "none"
