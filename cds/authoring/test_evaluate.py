"""Runs a trial twice, through prefetch and through searches on a real FHIR server, and judges both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from cds.answer import Answer, Edge, answer
from cds.authoring.loopback import LoopbackFhir
from cds.authoring.test_expect import (
    FINDING,
    NOT_APPLICABLE,
    NOT_CHECKED,
    SILENT,
    Difference,
    Observed,
    differences,
)
from cds.authoring.test_request import Sent, with_prefetch, with_server
from cds.authoring.test_trial import Trial
from cds.cards.merge import Frame
from cds.cards.text import Writer
from cds.chart.breaker import Breaker
from cds.chart.chart import Chart
from cds.chart.fhir import loopback_only, open_reader
from cds.chart.gather import gather
from cds.clock import monotonic
from cds.errors import RequestError
from cds.facts.case import Case as Patient
from cds.findings.decide import Decision, reasons
from cds.findings.explain import explanation
from cds.language.group import DataGroup
from cds.language.pack import Compiled
from cds.language.template import Template
from cds.wire.call import Call
from cds.wire.request import read_call

_UTC = ZoneInfo("UTC")
_BUDGET_S = 20.0  # a loaded machine must not make a test fail
_FRAME = Frame("https://cds.example.org", lambda: str(uuid5(NAMESPACE_URL, "test")))


@dataclass(frozen=True)
class Run:
    """One evaluation of a trial.

    Attributes:
        by: ``prefetch`` or ``searches``.
        decision: of the rule under test; None when the order was not recognised.
    """

    by: str
    answer: Answer = field(repr=False)
    decision: Decision | None = field(repr=False)
    observed: Observed
    states: Mapping[str, str] = field(repr=False)

    @property
    def patient(self) -> Patient | None:
        """The facts as far as they were asked for."""
        return self.answer.patient


@dataclass(frozen=True)
class Result:
    """What became of a trial.

    Attributes:
        wrong: everything that is not as expected.
        disagreement: in what the run by searches differs from the one by prefetch.
        runs: the evaluations.
    """

    trial: Trial
    wrong: tuple[Difference, ...]
    disagreement: tuple[Difference, ...]
    runs: tuple[Run, ...] = field(repr=False)

    @property
    def holds(self) -> bool:
        """Whether everything is as the test expects, todo or not."""
        return not self.wrong and not self.disagreement

    @property
    def passed(self) -> bool:
        """Whether the trial counts as passed: a test with a todo must fail."""
        return self.holds is not bool(self.trial.todo)


def run_trial(trial: Trial, server: LoopbackFhir) -> Result:
    """Run a trial.

    Args:
        trial: the test.
        server: a running FHIR server, which is given the test's resources.
    """
    result = judge(trial, request_of(trial))
    if not trial.sent.searchable:
        return result
    for resource in trial.sent.all:
        server.store.add(resource)
    second = _run("searches", with_server(trial.sent, trial.hook, server.base), trial)
    (first,) = result.runs
    return replace(result, disagreement=_disagreement(first, second), runs=(first, second))


def request_of(trial: Trial) -> bytes:
    """The request of a client that answers every prefetch template."""
    plan = trial.compiled.plan
    groups = trial.sent.offered(plan.groups[name] for name in plan.needs[trial.hook.name])
    return with_prefetch(trial.sent, trial.hook, groups)


def judge(trial: Trial, body: bytes) -> Result:
    """Evaluate a request with prefetch once, and judge what came of it."""
    first = _run("prefetch", body, trial)
    states = {fact.name: _state(first, fact.name, trial) for _, fact, _ in trial.expect.facts}
    return Result(trial, differences(trial.expect, first.observed, states), (), (first,))


def narrowed(trial: Trial, compiled: Compiled) -> Trial:
    """A trial under another plan, with nothing but its own rule unless it looks at other findings as well."""
    rule = next(each for each in compiled.plan.rules if each.name == trial.rule.name)
    plan = compiled.plan if trial.expect.withheld_by else replace(compiled.plan, rules=(rule,), notes=())
    facts = {fact.name: fact for fact in (*rule.facts, *compiled.scope.all_facts())}
    named = tuple((name, facts.get(fact.name, fact), state) for name, fact, state in trial.expect.facts)
    return replace(trial, rule=rule, compiled=replace(compiled, plan=plan), expect=replace(trial.expect, facts=named))


def _run(by: str, body: bytes, trial: Trial) -> Run:
    try:
        call = read_call(body, trial.hook)
    except RequestError as error:  # the order is written so that it cannot be read
        raise AssertionError(f"{trial.at}: {error}") from error
    plan = trial.compiled.plan
    found = answer(call, plan, edge_of(trial.sent, trial.today))
    all_of_them = found.decisions.all if found.decisions is not None else ()
    decision = next((each for each in all_of_them if each.rule.name == trial.rule.name), None)
    if decision is None or found.patient is None:
        return Run(by, found, None, Observed(NOT_APPLICABLE, "the order is not one of this pack's drug"), {})
    observed = _observed(decision, found.patient, found.writer)
    for _, fact, _ in trial.expect.facts:
        found.patient.state(fact)
    states = {name: outcome.state for name, outcome in found.patient.outcomes.items()}
    return Run(by, found, decision, observed, states)


def edge_of(sent: Sent, today: date) -> Edge:
    """The world of a test: its day, and a client that sends what it has or lets its FHIR server be read."""
    return Edge(today, _UTC, _gathering(sent), lambda _call, _order: None, _FRAME)


def _gathering(sent: Sent) -> Any:
    def gathered(call: Call, groups: Sequence[DataGroup]) -> Chart:
        # A breaker of its own: the port may have been that of another server, which failed a moment ago.
        reader = open_reader(call, loopback_only, breaker=Breaker())
        return gather(call, sent.offered(groups), _UTC, reader, _BUDGET_S, monotonic)

    return gathered


def _observed(decision: Decision, patient: Patient, writer: Writer | None) -> Observed:
    case = decision.case
    if case is None:
        return Observed(NOT_APPLICABLE)
    if case.silent:
        return Observed(SILENT, case.silent)
    if case.not_checked:
        why = tuple(dict.fromkeys(str(each.reason) for each in reasons(case, patient)))
        return Observed(NOT_CHECKED, case.not_checked, reasons=why)
    finding = case.finding
    if finding is None or writer is None:
        return Observed(NOT_APPLICABLE)

    def line(template: Template) -> str:
        return writer.line(template)

    return Observed(
        FINDING,
        finding.id,
        finding.indicator,
        line(finding.headline),
        line(finding.found),
        line(finding.why),
        line(finding.do),
        suggest=tuple(each.name for each in finding.suggest),
        override=tuple(each.name for each in finding.override),
        withheld_by=decision.because_of,
    )


def _state(run: Run, name: str, trial: Trial) -> str:
    return run.states.get(name, f"not asked: {trial.rule.name} is {run.observed.ending}")


def _disagreement(first: Run, second: Run) -> tuple[Difference, ...]:
    """In what two evaluations of the same patient differ: in anything that is shown, or in the state of any fact."""
    found = [
        Difference(name, getattr(first.observed, name), getattr(second.observed, name))
        for name in ("ending", "says", "indicator", "headline", "found", "why", "do")
        if getattr(first.observed, name) != getattr(second.observed, name)
    ]
    for name in sorted(first.states):
        one, other = first.states.get(name), second.states.get(name)
        if one is not None and other is not None and one != other:
            found.append(Difference(f"fact {name}", one, other))
    return tuple(found)


def explained(run: Run) -> Mapping[str, Any]:
    """The explanation of the rule under test; empty when it was not evaluated."""
    made = run.answer
    if run.decision is None or made.patient is None or made.decisions is None:
        return {}
    rules = explanation(made.plan, made.patient, made.decisions)["rules"]
    found: Mapping[str, Any] = next(each for each in rules if each["rule"] == run.decision.rule.name)
    return found
