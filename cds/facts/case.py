"""The case at hand: one chart, one day, one session's orders, and each fact and retrieve worked out at most once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from cds.chart.chart import Chart
from cds.facts.chartwork import Chartwork
from cds.facts.retrieved import Retrieved
from cds.language.fact import Fact
from cds.language.retrieve import Retrieve
from cds.values.known import Outcome
from cds.wire.call import Order


@dataclass
class Case:
    """One evaluation. Not shared between requests.

    Attributes:
        today: the day of the evaluation in the site's time zone.
        context: states that come from the call itself, by name, such as how the order was recognised.
        session: references of the orders being written, which are no part of the history.
        orders: the new orders of the drug.
        beside: the other drug orders of the session.
        by_group: the plan's retrieves that look for codes, by data group.
        has_new_order: whether the hook brings an order of the drug.
    """

    chart: Chart
    today: date
    zone: ZoneInfo
    context: Mapping[str, str] = field(default_factory=dict)
    session: frozenset[str] = frozenset()
    has_new_order: bool = True
    orders: tuple[Order, ...] = ()
    beside: tuple[Order, ...] = ()
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    found: dict[str, Retrieved] = field(default_factory=dict)
    worked_out: dict[str, Any] = field(default_factory=dict)
    by_group: Mapping[str, tuple[Retrieve, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chartwork = Chartwork(self.chart, self.today, self.zone, self.session, self.by_group)

    def outcome(self, fact: Fact) -> Outcome:
        """The outcome of a fact, evaluated when first asked for."""
        known = self.outcomes.get(fact.name)
        if known is None:
            known = fact.built.evaluate(self)
            self.outcomes[fact.name] = known
            self.facts[fact.name] = fact
        return known

    def state(self, fact: Fact) -> str:
        """The state of a fact."""
        return self.outcome(fact).state

    def retrieved(self, retrieve: Retrieve) -> Retrieved:
        """What a retrieve found, looked up when first asked for."""
        known = self.found.get(retrieve.name)
        if known is None:
            known = self.chartwork.run(retrieve)
            self.found[retrieve.name] = known
        return known
