"""Tries changes: compiles the content with each, and runs the tests that can notice it until one does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from multiprocessing import get_context

from cds.authoring.finds_file import FindTrial
from cds.authoring.finds_run import found_with, prefetched
from cds.authoring.mutate_change import Change, with_change, with_codes_left
from cds.authoring.mutate_reach import BETWEEN, Felt, Reach
from cds.authoring.test_evaluate import judge, narrowed, request_of
from cds.authoring.test_pack import Setup, with_parameters
from cds.authoring.test_suite import PackTests
from cds.authoring.test_trial import Trial
from cds.errors import StartError
from cds.facts.case import Case as Patient
from cds.language.node import Text
from cds.language.pack import Compiled, compile_pack
from cds.language.prove import prove
from cds.language.report import Report
from cds.values.diagnostic import Position

_AT_ONCE = 8


class Fate(StrEnum):
    """What became of a change."""

    NOTICED = "noticed"
    REFUSED = "refused"
    SURVIVED = "survived"


@dataclass(frozen=True)
class Tried:
    """A change that was tried.

    Attributes:
        by: the test that noticed it, or what the loader said.
        ran: how many tests were run.
    """

    change: Change
    fate: Fate
    by: str = ""
    ran: int = 0


@dataclass(frozen=True)
class _Ready:
    """A trial with its request, and its patient on the unchanged content; None when the order was not recognised."""

    trial: Trial
    body: bytes = field(repr=False)
    patient: Patient | None = field(repr=False)

    @property
    def asked(self) -> Collection[str]:
        """The facts that it asks for."""
        return self.patient.outcomes if self.patient is not None else ()

    def may_notice(self, compiled: Compiled, felt: Felt) -> bool:
        """Whether any fact that it asks for turns out otherwise under a changed plan: else nothing else can.

        Asking a few facts of a chart that is read already takes a hundredth of what a whole evaluation takes.
        """
        patient = self.patient
        if patient is None or felt.everywhere or self.trial.rule.name in felt.rules:
            return True
        rule = next((each for each in compiled.plan.rules if each.name == self.trial.rule.name), None)
        facts = {fact.name: fact for fact in (*(rule.facts if rule else ()), *compiled.scope.all_facts())}
        afresh = replace(patient, outcomes={}, facts={}, found={}, worked_out={}, by_group=compiled.plan.coded)
        for name in felt.facts.intersection(patient.outcomes):
            fact = facts.get(name)
            if fact is None or fact.built.detail is not None or afresh.outcome(fact) != patient.outcomes[name]:
                return True
        return False


def try_changes(pack: PackTests, changes: Sequence[Change], jobs: int) -> Iterator[Tried]:
    """Try changes one at a time, in their order, in several processes.

    Args:
        pack: the pack with its tests, all of which must pass.
        changes: what is tried.
        jobs: how many processes.

    Raises:
        StartError: a test fails on the unchanged content, so that its failing would tell nothing.
    """
    trier = _Trier(pack, changes)
    if jobs == 1:
        yield from map(trier.tried, changes)
        return
    # Forked, for each process to have the tests without reading everything again; nothing runs beside it here.
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork"), initializer=_begin, initargs=(trier,)) as pool:
        yield from pool.map(_tried, changes, chunksize=_AT_ONCE)


_trier: _Trier


def _begin(trier: _Trier) -> None:
    global _trier  # noqa: PLW0603 - what a process of the pool works with is given to it once, when it starts
    _trier = trier


def _tried(change: Change) -> Tried:
    return _trier.tried(change)


class _Trier:
    def __init__(self, pack: PackTests, changes: Iterable[Change]) -> None:
        self.pack = pack
        self.files = pack.library.packs[pack.name]
        self.base = Setup(pack.compiled.plan.profile.name)
        self.reach = Reach(pack)
        owners = {change.owner for change in changes}
        self.ready = tuple(
            _readied(trial)
            for tests in pack.rules
            for trial in tests.trials
            if not trial.todo and (pack.name in owners or tests.rule in owners or trial.expect.withheld_by)
        )
        self.finds = tuple(
            _ready_to_find(trial) for tests in pack.finds for trial in tests.trials if pack.name in owners
        )

    def tried(self, change: Change) -> Tried:
        """Compile with a change, and run what can notice it."""
        plans = _Plans(self, change)
        of_profile = next((name for name, root in self.files.profiles.items() if root.at.file == change.at.file), "")
        changed = plans.of(Setup(of_profile) if of_profile else self.base)
        if changed is None:
            return Tried(change, Fate.REFUSED, plans.refusal)
        ran, felt = 0, self.reach.felt(change)
        for find, sent in self.finds if not of_profile else ():
            if find.retrieve not in felt.retrieves:
                continue
            ran += 1
            if found_with(find, changed, sent) != find.finds:
                return Tried(change, Fate.NOTICED, f"{find.at} {find.name}", ran)
        for ready in self.in_order(change, of_profile, felt):
            compiled = plans.of(ready.trial.setup)
            if compiled is None:
                return Tried(change, Fate.REFUSED, plans.refusal, ran)
            if not ready.may_notice(compiled, felt):
                continue
            ran += 1
            if not _holds(ready, compiled):
                return Tried(change, Fate.NOTICED, f"{ready.trial.at} {ready.trial.name}", ran)
        return Tried(change, Fate.SURVIVED, "", ran)

    def in_order(self, change: Change, of_profile: str, felt: Felt) -> list[_Ready]:
        """The trials that can notice a change, those of the usual plan first, since other plans are compiled for it."""
        several = [
            each
            for each in self.ready
            if (not of_profile or each.trial.setup.profile == of_profile)
            and (
                bool(each.trial.expect.withheld_by)
                if change.kind in BETWEEN
                else felt.by(each.trial.rule.name, each.asked)
            )
        ]
        return sorted(several, key=lambda each: each.trial.setup != self.base)


class _Plans:
    """The plans of one change, each compiled when a trial first wants it."""

    def __init__(self, trier: _Trier, change: Change) -> None:
        self.trier = trier
        self.change = change
        self.files = with_change(trier.files, change)
        shared = trier.pack.library.shared
        self.shared = replace(shared, value_sets=with_codes_left(shared.value_sets, change))
        self.refusal = ""
        self._found: dict[Setup, Compiled | None] = {}

    def of(self, setup: Setup) -> Compiled | None:
        """The plan under a setup; None when the loader refuses it, and ``refusal`` says why."""
        if setup not in self._found:
            self._found[setup] = self._compile(setup)
        return self._found[setup]

    def _compile(self, setup: Setup) -> Compiled | None:
        report = Report()
        at = Position("", 0, 0)
        files = self.files
        if setup.parameters:
            files = with_parameters(files, setup, {name: Text(at, words) for name, words in setup.parameters})
        compiled = compile_pack(files, self.shared, setup.profile, report)
        if compiled is not None and not report.errors:
            for rule in self.trier.reach.to_prove(self.change, compiled.plan.rules):
                prove(rule, report)
        if compiled is None or report.errors:
            first = report.found[0]
            self.refusal = f"{first.id}: {first.what}"
            return None
        return compiled


def _readied(trial: Trial) -> _Ready:
    body = request_of(trial)
    result = judge(narrowed(trial, trial.compiled), body)
    if not result.holds:
        raise StartError(f"{trial.at}: {trial.name} fails without any change; run isotretinoin-cds test")
    return _Ready(trial, body, result.runs[0].patient)


def _ready_to_find(trial: FindTrial) -> tuple[FindTrial, bytes]:
    body = prefetched(trial)
    if found_with(trial, trial.compiled, body) != trial.finds:
        raise StartError(f"{trial.at}: {trial.name} fails without any change; run isotretinoin-cds test")
    return trial, body


def _holds(ready: _Ready, compiled: Compiled) -> bool:
    trial = ready.trial
    if all(rule.name != trial.rule.name for rule in compiled.plan.rules):
        return False
    return judge(narrowed(trial, compiled), ready.body).holds


def sampled(changes: Iterable[Change], one_in: int) -> tuple[Change, ...]:
    """Every so many-th change, the same ones each time."""
    return tuple(change for number, change in enumerate(changes) if number % one_in == 0)
