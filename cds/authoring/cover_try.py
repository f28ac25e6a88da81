"""Tries drafts of tests out on one rule, and tells what each reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cds.authoring.cover_draft import Draft
from cds.authoring.cover_items import Item, reached, reached_limits
from cds.authoring.test_boundaries import Definition
from cds.authoring.test_evaluate import Run, judge, narrowed, request_of
from cds.authoring.test_file import WrittenFile
from cds.authoring.test_pack import TestedPack
from cds.authoring.test_suite import PackTests
from cds.authoring.test_trial import Common, Trial, read_trial
from cds.language.node import Fields, Text
from cds.language.report import Report
from cds.values.diagnostic import Position

_AT = Position("", 1, 1)
_NOTHING = Fields(_AT)


@dataclass(frozen=True)
class Probe:
    """A draft with what came of it."""

    draft: Draft
    trial: Trial = field(repr=False)
    run: Run = field(repr=False)
    reached: frozenset[Item] = field(repr=False)

    @property
    def phase(self) -> str:
        """The phase of treatment; empty when the order was not recognised."""
        decided = self.run.answer.decisions
        return decided.phase if decided is not None else ""

    @property
    def likeness(self) -> tuple[object, ...]:
        """Alike for drafts of which nothing that is looked at turns out otherwise."""
        return (self.phase, self.run.observed.ending, tuple(sorted(self.run.states.items())))


class Bench:
    """Tries drafts on one rule; what cannot be read as a test is no draft.

    Args:
        pack: with its tests.
        file: of the rule's tests, as it is or as it would be.
        limits: the facts whose limits are looked at.
    """

    def __init__(self, pack: PackTests, file: WrittenFile, limits: Sequence[Definition]) -> None:
        self.pack = pack
        self.file = file
        self.limits = limits
        self.report = Report()
        self.names: TestedPack = pack.names.afresh(self.report)
        self.common: Common = pack.common
        self.tried = 0
        self._known: dict[str, Probe | None] = {}

    def probe(self, draft: Draft) -> Probe | None:
        """What comes of a draft; None when it is no test of the rule."""
        words = draft.words
        if words not in self._known:
            self._known[words] = self._probe(draft)
        return self._known[words]

    def trial(self, draft: Draft, patient: str = "draft") -> Trial | None:
        """A draft as a test that can be run, and that expects nothing; ``report`` says why it is none."""
        self.report = self.names.report = Report()  # afresh: what is reported twice counts once
        trial = read_trial(draft.written(self.file, _NOTHING), self.file, self.common, self.names, patient)
        return trial if not self.report.errors else None

    def _probe(self, draft: Draft) -> Probe | None:
        self.tried += 1
        trial = self.trial(draft)
        if trial is None:
            return None
        try:
            run = judge(narrowed(trial, trial.compiled), request_of(trial)).runs[0]
        except AssertionError:  # an order that cannot be read
            return None
        units = self.pack.library.shared.units
        found = {*reached(run, trial.rule), *reached_limits(run, self.limits, trial.rule, trial.compiled, units)}
        return Probe(draft, trial, run, frozenset(found))


def empty_file(rule: str, path: str) -> WrittenFile:
    """The test file that a rule would have."""
    return WrittenFile(path, Text(_AT, rule), None, None, (), (), _NOTHING)
