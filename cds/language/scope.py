"""Names in force while a pack or a rule is compiled: facts, retrieves, parameters, value sets, drugs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cds.language.fact import Built, Fact, KindTable
from cds.language.literals import is_name, read_count, read_days, read_quantity
from cds.language.node import Fields, Node, Text, fields, items, text, texts
from cds.language.parameters import Parameter, Setting
from cds.language.report import Report, did_you_mean
from cds.language.retrieve import Drug, Reading, Retrieve
from cds.language.terminology import ValueSet
from cds.values.codes import CodeSet, union
from cds.values.known import UNKNOWN
from cds.values.quantity import Quantity, Scale, UnitTable

Condition = tuple[tuple[Fact, frozenset[str]], ...]
"""Facts with the states that they must be in, all of them."""


@dataclass
class Names:
    """What a pack has named so far, shared by all its rules."""

    report: Report
    kinds: KindTable
    units: UnitTable
    value_sets: Mapping[str, ValueSet]
    groups: Mapping[str, str]
    drugs: dict[str, Drug] = field(default_factory=dict)
    readings: dict[str, tuple[Reading, ...]] = field(default_factory=dict)
    retrieves: dict[str, Retrieve] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    asked: list[dict[str, Parameter]] = field(default_factory=list)
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def scales(self) -> dict[str, Scale | None]:
        """How quantities of each value set are converted; None for a value set without a unit."""
        return {name: value_set.scale for name, value_set in self.value_sets.items()}


class Scope:
    """Looks names up, compiling facts when they are first asked for; a rule's scope falls back on its pack's."""

    def __init__(
        self,
        names: Names,
        definitions: Fields,
        parameters: Mapping[str, Parameter],
        outer: Scope | None = None,
        prefix: str = "",
    ) -> None:
        self.names = names
        self.report = names.report
        self.parameters = parameters
        self.outer = outer
        self._prefix = prefix
        self._definitions = definitions
        self._facts: dict[str, Fact | None] = {}
        self._open: list[str] = []

    # ----------------------------------------------------------------- facts

    def fact(self, name: Text) -> Fact | None:
        """The fact of that name, or None after a message."""
        fact = self.find_fact(name.value, name)
        if fact is None and name.value not in self._known_facts():
            self.report.error(
                "unknown-fact",
                name.at,
                f"no fact is called {name.value}",
                "The case that asks for it could never be decided.",
                did_you_mean(name.value, self._known_facts()),
            )
        return fact

    def find_fact(self, name: str, at: Text) -> Fact | None:
        """The fact of that name, or None without a message when there is none."""
        self.names.used.add(f"fact {self._prefix if name in self._definitions else ''}{name}")
        if name in self._facts:
            return self._facts[name]
        if name not in self._definitions:
            return self.outer.find_fact(name, at) if self.outer is not None else None
        if name in self._open:
            self.report.error("circle", at.at, f"{name} asks for itself: {' → '.join([*self._open, name])}")
            return None
        self._open.append(name)
        self._facts[name] = self._compile(self._definitions.keys[name], fields(self._definitions.values[name]))
        self._open.pop()
        return self._facts[name]

    def all_facts(self) -> tuple[Fact, ...]:
        """Every fact that this scope itself defines, compiled."""
        found = (self.find_fact(key.value, key) for key, _ in self._definitions)
        return tuple(fact for fact in found if fact is not None)

    def _known_facts(self) -> set[str]:
        outer = self.outer._known_facts() if self.outer is not None else set()
        return outer | set(self._definitions.values)

    def _compile(self, name: Text, body: Fields) -> Fact | None:
        if not is_name(name.value):
            self.report.error("name", name.at, f"{name.value} is no name", remedy="Use a-z, 0-9 and _.")
        words = [key for key, _ in body if key.value in self.names.kinds]
        if len(words) > 1:  # a word such as at_least is a kind of its own, and a key of others
            words = [
                word for word in words if not any(word.value in self.names.kinds[other.value].keys for other in words)
            ]
        if len(words) != 1:
            kinds = ", ".join(key.value for key in words) or "none"
            advice = f"Write one of: {', '.join(sorted(self.names.kinds))}."
            self.report.error("kind", name.at, f"{name.value} must have one kind, and has {kinds}", remedy=advice)
            return None
        kind = self.names.kinds[words[0].value]
        for key, _ in body:
            if key.value not in (kind.name, "ask", "title") and key.value not in kind.keys:
                advice = did_you_mean(key.value, ["ask", "title", *kind.keys])
                self.report.error("kind-key", key.at, f"{kind.name} has no key {key.value}", remedy=advice)
        missing = [key for key in kind.required if key not in body]
        if missing:
            self.report.error("missing-key", words[0].at, f"{kind.name} needs {', '.join(missing)}")
            return None
        self.names.asked.append({})  # a fact that this one needs is compiled meanwhile, and has its own
        built: Built | None = kind.build(body, self)
        parameters = tuple(self.names.asked.pop().values())
        if built is None:
            return None
        title = text(body.get("title"))
        return Fact(self._prefix + name.value, text(body.get("ask")), kind.name, name.at, built, title, parameters)

    # ------------------------------------------------------------ conditions

    def condition(self, node: Node) -> Condition | None:
        """A fact's name (meaning yes), or a mapping of facts to the states that they must be in."""
        if isinstance(node, Text):
            fact = self.fact(node)
            if fact is None or not self._allows(fact, ("yes",), node):
                return None
            return ((fact, frozenset(("yes",))),)
        parts = []
        for key, value in fields(node):
            fact = self.fact(key)
            states = texts(value)
            if fact is not None and self._allows(fact, [each.value for each in states], states[0] if states else key):
                parts.append((fact, frozenset(each.value for each in states)))
        return tuple(parts) if parts and len(parts) == len(fields(node).values) else None

    def conditions(self, node: Node | None) -> tuple[Condition, ...]:
        """A list of conditions, or the one that stands in place of a list."""
        return tuple(found for item in items(node) if (found := self.condition(item)) is not None)

    def _allows(self, fact: Fact, states: tuple[str, ...] | list[str], at: Text) -> bool:
        allowed = (*fact.domain, UNKNOWN)
        wrong = [state for state in states if state not in allowed]
        for state in wrong:
            self.report.error(
                "unknown-state",
                at.at,
                f"{fact.name} is never {state}",
                "This would never match.",
                f"It is one of: {', '.join(allowed)}.",
            )
        return not wrong

    # -------------------------------------------------------------- the rest

    def word(self, name: str, plain: str) -> str:
        """Words of ``words.yaml`` for what a fact shows; without them a plain form that needs no language."""
        return self.names.words.get(name, plain)

    def retrieve(self, name: Node | None) -> Retrieve | None:
        """The retrieve of that name, or None after a message."""
        if not isinstance(name, Text):
            return None
        self.names.used.add(f"retrieve {name.value}")
        found = self.names.retrieves.get(name.value)
        if found is None:
            advice = did_you_mean(name.value, self.names.retrieves)
            self.report.error("unknown-retrieve", name.at, f"no retrieve is called {name.value}", remedy=advice)
        return found

    def retrieves(self, node: Node | None) -> tuple[Retrieve, ...]:
        """Several retrieves by name."""
        return tuple(found for name in texts(node) if (found := self.retrieve(name)) is not None)

    def value_set(self, name: Node | None) -> ValueSet | None:
        """The value set of that name, or None after a message."""
        if not isinstance(name, Text):
            return None
        self.names.used.add(f"valueset {name.value}")
        found = self.names.value_sets.get(name.value)
        if found is None:
            advice = did_you_mean(name.value, self.names.value_sets)
            self.report.error("unknown-valueset", name.at, f"no value set is called {name.value}", remedy=advice)
        return found

    def code_set(self, node: Node | None) -> CodeSet | None:
        """One set of codes from the value sets named; None when none is."""
        found = [each.codes for name in texts(node) if (each := self.value_set(name)) is not None]
        return union(found) if found else None

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, the rule's own before the pack's."""
        found = self.parameters.get(name)
        if found is not None:
            self.names.used.add(f"parameter {self._prefix}{name}")
            if self.names.asked:
                self.names.asked[-1][f"{self._prefix}{name}"] = found
            return found
        return self.outer.parameter(name) if self.outer is not None else None

    def days(self, node: Node | None) -> int | None:
        """A number of days, from a parameter or written as ``31 days``; None after a message."""
        found = self._setting(node, read_days)
        if isinstance(found, Quantity) and found.unit == "d":
            return int(found.value)
        self._no_setting(node, "a number of days", "Write 31 days, or the name of a parameter.")
        return None

    def count(self, node: Node | None) -> int | None:
        """A whole number, from a parameter or written out; None after a message."""
        found = self._setting(node, read_count)
        if isinstance(found, int):
            return found
        self._no_setting(node, "a whole number", "Write 2, or the name of a parameter.")
        return None

    def option(self, node: Node | None) -> str | None:
        """A word, from a parameter with options or written out."""
        found = self._setting(node, lambda word: word)
        return found if isinstance(found, str) else None

    def quantity(self, node: Node | None, unit: str) -> float | None:
        """A limit in a unit, from a parameter or written out; None after a message when the unit cannot be compared."""
        found = self._setting(node, read_quantity)
        if not isinstance(found, Quantity):
            self._no_setting(node, "a quantity", f"Write 300 {unit}, or the name of a parameter.")
            return None
        mine, theirs = self.names.units.find(found.unit), self.names.units.find(unit)
        if mine is None or theirs is None or mine.measures != theirs.measures:
            self.report.error(
                "unit",
                node.at if node is not None else self._definitions.at,
                f"{found} cannot be compared with values in {unit}",
                "A limit in another unit would be passed or missed by a factor.",
                f"Write it in {unit}.",
            )
            return None
        return found.value * mine.factor / theirs.factor

    def _setting(self, node: Node | None, read: Callable[[str], Setting | None]) -> Setting | None:
        if not isinstance(node, Text):
            return None
        found = self.parameter(node.value)
        return found.value if found is not None else read(node.value)

    def _no_setting(self, node: Node | None, what: str, remedy: str) -> None:
        at = node.at if node is not None else self._definitions.at
        known = did_you_mean(node.value, self._known_parameters()) if isinstance(node, Text) else ""
        self.report.error("setting", at, f"{what} is needed here", remedy=f"{remedy} {known}".rstrip())

    def _known_parameters(self) -> set[str]:
        return set(self.parameters) | (self.outer._known_parameters() if self.outer is not None else set())
