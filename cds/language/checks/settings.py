"""Facts compiled anew with other values of parameters, without the rest of the pack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from cds.language.checks.subject import Subject, reachable
from cds.language.fact import Fact, closure
from cds.language.node import Fields, Node, Text, fields, text
from cds.language.parameters import Parameter, Setting
from cds.language.plan import Rule
from cds.language.report import Report
from cds.language.scope import Scope
from cds.values.diagnostic import Diagnostic

Settings = Mapping[str, Setting]
"""Values by the full name of a parameter: ``rule.name`` for a rule's own."""


@dataclass(frozen=True)
class Bound:
    """One end of what a parameter may be set to: its full name, ``min`` or ``max``, the value, and where it stands."""

    name: str
    end: str
    value: Setting
    node: Node


class Workbench:
    """Compiles facts of a pack under settings of its parameters."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.scope = subject.compiled.scope
        self.rules = {rule.name: rule for rule in subject.compiled.plan.rules}
        self.roots = {text(root.get("rule")): root for root in subject.files.rules}
        self.shared = _merged(subject.files.facts, "facts")
        self.bodies = dict(self._bodies())

    def facts(self) -> tuple[Fact, ...]:
        """The facts that a decision, a note or a text can ask for."""
        return reachable(self.subject.compiled.plan)

    def parameters_of(self, fact: Fact) -> dict[str, Parameter]:
        """The parameters in a fact and in those that it needs, by full name."""
        found = {}
        for each in closure((fact,)):
            rule = self.rules.get(each.name.rpartition(".")[0])
            for parameter in each.parameters:
                own = rule is not None and rule.parameters.get(parameter.name) is parameter
                found[f"{rule.name}.{parameter.name}" if rule and own else parameter.name] = parameter
        return found

    def bounds_of(self, name: str, parameter: Parameter) -> Iterator[Bound]:
        """Its min and its max, where it has them."""
        body = self.bodies.get(name)
        for end, value in (("min", parameter.lowest), ("max", parameter.highest)):
            node = body.get(end) if body is not None else None
            if value is not None and node is not None:
                yield Bound(name, end, value, node)

    def compiled(self, fact: Fact, settings: Settings) -> tuple[Fact | None, tuple[Diagnostic, ...]]:
        """A fact under settings, with what is wrong with it there."""
        report = Report()
        names = replace(self.scope.names, report=report, used=set(), asked=[])
        scope = Scope(names, self.shared, _set(self.scope.parameters, settings, ""))
        owner = self.rules.get(fact.name.rpartition(".")[0])
        if owner is not None:
            scope = self._of_rule(owner, scope, settings)
        name = fact.name.rpartition(".")[2]
        return scope.find_fact(name, Text(fact.at, name)), report.found

    def definition(self, fact: Fact) -> Fields:
        """A fact as it is written."""
        owner, _, name = fact.name.rpartition(".")
        facts = fields(self.roots[owner].get("facts")) if owner in self.roots else self.shared
        return fields(facts.get(name))

    def _of_rule(self, rule: Rule, outer: Scope, settings: Settings) -> Scope:
        definitions = fields(self.roots[rule.name].get("facts"))
        prefix = f"{rule.name}."
        return Scope(outer.names, definitions, _set(rule.parameters, settings, prefix), outer, prefix)

    def _bodies(self) -> Iterator[tuple[str, Fields]]:
        for file in self.subject.files.facts:
            yield from ((key.value, fields(node)) for key, node in fields(file.get("parameters")))
        for name, root in self.roots.items():
            yield from ((f"{name}.{key.value}", fields(node)) for key, node in fields(root.get("parameters")))


def _set(parameters: Mapping[str, Parameter], settings: Settings, prefix: str) -> dict[str, Parameter]:
    return {
        name: replace(each, value=settings[prefix + name]) if prefix + name in settings else each
        for name, each in parameters.items()
    }


def _merged(files: tuple[Fields, ...], section: str) -> Fields:
    parts = [fields(file.get(section)) for file in files]
    keys = {name: key for part in parts for name, key in part.keys.items()}
    values = {name: node for part in parts for name, node in part.values.items()}
    return Fields(parts[0].at if parts else files[0].at, keys, values) if parts else fields(None)
