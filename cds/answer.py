"""The whole flow on one page: request → context → chart → facts → findings → cards.

No input or output of its own: the web, ``evaluate``, ``explain``, the rule tests and the benchmark call `answer`, and
pass in what touches the world.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from cds.cards.merge import Frame, make_cards
from cds.cards.repeats import Memo, Memory, Repeats
from cds.cards.text import Writer
from cds.chart.chart import Arrival, Chart
from cds.facts.case import Case
from cds.facts.context import IDENTIFIED_BY
from cds.facts.identify import identify
from cds.facts.phase import WITHOUT_ORDER
from cds.facts.trigger import Triggered, triggered
from cds.findings.decide import Decisions, decide, nothing_remembered
from cds.language.group import DataGroup
from cds.language.plan import Plan
from cds.wire.call import Call, Medication, Order
from cds.wire.response import Card


class Step(StrEnum):
    """The steps of a call, in their order; the first two and the last are the caller's."""

    READ = "read"
    DECODE = "decode"
    IDENTIFY = "identify"
    GATHER = "gather"
    DECIDE = "decide"
    CARDS = "cards"
    RENDER = "render"


Passed = Callable[[Step], None]


def _nobody(_: Step) -> None:
    """Nobody takes the time."""


@dataclass(frozen=True)
class Edge:
    """What an answer needs from the world.

    Attributes:
        today: the calendar day in the site's time zone.
        gather: brings the data groups named, from prefetch or by search.
        read_drug: reads the Medication that an order refers to; None when it cannot be had.
        frame: where the pages are that cards link to, and how new ids are made.
        memory: what need not be shown again; None where the site wants nothing remembered.
        passed: is told each step when it is over. A step may come twice.
    """

    today: date
    zone: ZoneInfo
    gather: Callable[[Call, Sequence[DataGroup]], Chart]
    read_drug: Callable[[Call, Order], Medication | None]
    frame: Frame
    memory: Memory | None = None
    passed: Passed = _nobody


@dataclass(frozen=True)
class Answer:
    """All that came of one call: cards, rule page and explanation are renderings of it.

    Attributes:
        trigger: the orders that were evaluated; when there are none the rest is empty.
        patient: the facts as far as they were asked for.
        memos: what the site wants remembered of it.
    """

    plan: Plan
    hook: str
    today: date
    trigger: Triggered
    cards: tuple[Card, ...] = ()
    chart: Chart | None = None
    patient: Case | None = None
    decisions: Decisions | None = None
    writer: Writer | None = None
    memos: tuple[Memo, ...] = ()


def answer(call: Call, plan: Plan, edge: Edge) -> Answer:
    """Answer a call under a plan. An order for another drug ends at the trigger, and its prefetch is never parsed.

    A hook without orders first asks the history alone for the phase of treatment, and ends there for everyone who
    neither takes the drug nor has just stopped it.
    """
    orders = tuple(_with_drug(call, order, plan, edge) for order in call.context.orders)
    trigger = triggered(orders, plan, call.hook)
    edge.passed(Step.IDENTIFY)
    shows = plan.shows[call.hook]
    if not trigger.orders and (orders or not shows.keys() & WITHOUT_ORDER):
        return Answer(plan, call.hook, edge.today, trigger)
    session = frozenset(order.reference for order in (*orders, *call.context.background))
    told = {IDENTIFIED_BY: trigger.by}
    arrivals: dict[str, Arrival] = {}
    if not trigger.orders:
        arrivals.update(_gathered(call, plan, plan.phase_needs, edge))
        edge.passed(Step.GATHER)
        history = Case(Chart(arrivals), edge.today, edge.zone, told, session, has_new_order=False, by_group=plan.coded)
        shown = shows.get(history.state(plan.phase))
        edge.passed(Step.DECIDE)
        if not shown:
            return Answer(plan, call.hook, edge.today, trigger, (), history.chart, history)
    arrivals.update(_gathered(call, plan, [name for name in plan.needs[call.hook] if name not in arrivals], edge))
    edge.passed(Step.GATHER)
    patient = Case(
        Chart(arrivals),
        edge.today,
        edge.zone,
        told,
        session,
        bool(trigger.orders),
        trigger.orders,
        _beside(orders, call, trigger),
        by_group=plan.coded,
    )
    writer = Writer(patient, plan.words, plan.groups)
    repeats = Repeats(edge.memory, call, plan, writer) if edge.memory is not None and trigger.orders else None
    decisions = decide(plan, patient, call.hook, repeats.recall if repeats is not None else nothing_remembered)
    edge.passed(Step.DECIDE)
    context = replace(call.context, orders=trigger.orders)
    cards = make_cards(plan, decisions, context, writer, edge.frame)
    memos = repeats.memos(decisions, cards) if repeats is not None else ()
    edge.passed(Step.CARDS)
    return Answer(plan, call.hook, edge.today, trigger, cards, patient.chart, patient, decisions, writer, memos)


def _beside(orders: Sequence[Order], call: Call, trigger: Triggered) -> tuple[Order, ...]:
    return (*(order for order in orders if order not in trigger.orders), *call.context.background)


def _gathered(call: Call, plan: Plan, names: Sequence[str], edge: Edge) -> Mapping[str, Arrival]:
    return edge.gather(call, [plan.groups[name] for name in names]).arrivals


def _with_drug(call: Call, order: Order, plan: Plan, edge: Edge) -> Order:
    """The order, its Medication read where nothing else tells the drug and no words hint at the plan's."""
    named = order.medication
    if not named.unread or named.codings or named.ingredients or identify(named, plan.drug) is not None:
        return order
    read = edge.read_drug(call, order)
    return replace(order, medication=read) if read is not None else order
