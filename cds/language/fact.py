"""A compiled fact, and how a fact kind tells the compiler what it accepts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cds.language.node import Fields
from cds.language.retrieve import Retrieve
from cds.values.diagnostic import Position
from cds.values.known import ABSENT, KNOWN, NO, YES, Outcome

if TYPE_CHECKING:
    from cds.language.parameters import Parameter
    from cds.language.scope import Scope

TRUTH = (YES, NO)
VALUE = (KNOWN, ABSENT)

Evaluate = Callable[[Any], Outcome]
"""Takes the case at hand (`cds.facts.case.Case`) and gives the fact's outcome for it."""

Combine = Callable[[Mapping[str, str]], str]
"""The state of a fact that is logic over others, as a function of their states by name; the prover uses it."""


@dataclass(frozen=True)
class Built:
    """What a fact kind makes of its keys.

    Attributes:
        domain: the states it can take, ``unknown`` not among them.
        evaluate: the work at request time.
        needs: the facts that it asks.
        retrieves: the resources that it looks at.
        combine: given for pure logic over ``needs``; None for facts that look at the chart.
        unit: UCUM unit of the quantity that it carries, if it carries one.
        detail: what kinds built upon this fact may want of it beyond its state.
        days_back: resources of an older date change nothing, nor do those that a search by date leaves out; None when
            any resource may.
    """

    domain: tuple[str, ...]
    evaluate: Evaluate
    needs: tuple[Fact, ...] = ()
    retrieves: tuple[Retrieve, ...] = ()
    combine: Combine | None = None
    unit: str = ""
    detail: Callable[[Any], Any] | None = None
    days_back: int | None = None


@dataclass(frozen=True, eq=False)
class Fact:
    """A fact with its question and the parameters that are in it, ready to be evaluated; identity is its own."""

    name: str
    ask: str
    kind: str
    at: Position
    built: Built = field(repr=False)
    title: str = ""
    parameters: tuple[Parameter, ...] = field(default=(), repr=False)

    @property
    def domain(self) -> tuple[str, ...]:
        """The states it can take, ``unknown`` not among them."""
        return self.built.domain

    @property
    def carries_value(self) -> bool:
        """Whether it carries a quantity, a day or words rather than a named state."""
        return self.built.domain == VALUE

    @property
    def needs(self) -> tuple[Fact, ...]:
        """The facts that it asks."""
        return self.built.needs


def closure(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """The facts and everything that they need, each once, needed ones first."""
    ordered: dict[str, Fact] = {}

    def visit(fact: Fact) -> None:
        if fact.name in ordered:
            return
        for needed in fact.needs:
            visit(needed)
        ordered[fact.name] = fact

    for fact in facts:
        visit(fact)
    return tuple(ordered.values())


@dataclass(frozen=True)
class Kind:
    """A fact kind: the keyword that an author writes, its further keys, and its compiler.

    Attributes:
        name: the keyword.
        does: one sentence for the authoring guide.
        keys: further keys → what each means.
        build: reads the keys; reports what is wrong and returns None then.
        required: further keys that must stand there.
    """

    name: str
    does: str
    build: Callable[[Fields, Scope], Built | None]
    keys: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()


KindTable = Mapping[str, Kind]
