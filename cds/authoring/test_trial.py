"""From a test as written to a trial that can be run: resources built, names looked up, plan compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cds.authoring.test_build import Builder
from cds.authoring.test_expect import Expect, read_expect
from cds.authoring.test_file import Line, Written, WrittenFile, lines_of, names_of
from cds.authoring.test_pack import Setup, TestedPack
from cds.authoring.test_patient import build_patient
from cds.authoring.test_request import Sent
from cds.language.hook import Hook
from cds.language.literals import read_day
from cds.language.node import Fields, Node, Text, fields, text
from cds.language.pack import Compiled
from cds.language.plan import Rule
from cds.language.report import Report, did_you_mean
from cds.values.diagnostic import Position

_PATIENT = "patient"
_USUAL_HOOK = "order-sign"


@dataclass(frozen=True)
class Trial:
    """One test, ready to be run.

    Attributes:
        rule: the rule under test, compiled as the test wants it.
        setup: under which the pack is compiled.
        todo: why it does not pass yet; empty for one that must pass.
    """

    at: Position
    name: str
    rule: Rule
    setup: Setup
    compiled: Compiled = field(repr=False)
    hook: Hook
    today: date
    sent: Sent = field(repr=False)
    expect: Expect
    todo: str = ""


@dataclass(frozen=True)
class Common:
    """What the tests of a pack have in common, from its ``pack.test.yaml``."""

    today: date | None
    given: tuple[Line, ...]
    defaults: Fields


def read_common(file: WrittenFile | None) -> Common:
    """The common part; empty for a pack without one."""
    if file is None:
        return Common(None, (), Fields(Position("", 0, 0)))
    return Common(read_day(file.today.value) if file.today is not None else None, file.given, file.defaults)


def read_trials(file: WrittenFile, common: Common, pack: TestedPack, prefix: str) -> tuple[Trial, ...]:
    """The trials of a test file; a test with anything wrong in it is reported and left out.

    Args:
        file: as written.
        common: what the tests of the pack have in common.
        pack: looks names up, and takes what is wrong.
        prefix: starts the patients' ids, so that no two tests of a run share a patient.
    """
    if day_of(file, common) is None:
        pack.report.error("no-today", file.subject.at, "the tests have no day", remedy="Write today: 2026-11-24.")
        return ()
    found = (read_trial(each, file, common, pack, f"{prefix}-{number}") for number, each in enumerate(file.tests, 1))
    return tuple(trial for trial in found if trial is not None)


def read_trial(written: Written, file: WrittenFile, common: Common, pack: TestedPack, patient: str) -> Trial | None:
    """The trial of one test; None after a message.

    Args:
        written: the test.
        file: in which it stands, or would stand.
        common: what the tests of the pack have in common.
        pack: looks names up, and takes what is wrong.
        patient: the id of its patient.
    """
    today = day_of(file, common)
    return _TrialReader(written, file, common, pack, today, patient).trial(file.subject) if today is not None else None


def day_of(file: WrittenFile, common: Common) -> date | None:
    """The day of a file's tests."""
    return read_day(file.today.value) if file.today is not None else common.today


class _TrialReader:
    def __init__(
        self, written: Written, file: WrittenFile, common: Common, pack: TestedPack, today: date, patient: str
    ) -> None:
        self.written = written
        self.file = file
        self.options = written.options
        self.common = common
        self.pack = pack
        self.report: Report = pack.report
        self.today = today
        self.patient = patient

    def trial(self, subject: Text) -> Trial | None:
        before = self.report.errors
        setup, compiled = self.compiled(subject)
        rule = self.pack.rule(subject, compiled.plan.rules) if compiled is not None else None
        hook = self.pack.hook(self.chosen("hook", _USUAL_HOOK))
        if compiled is None or rule is None or hook is None:
            return None
        self.check_hook(hook, compiled)
        expect = read_expect(self.written.expect, rule, compiled, self.report)
        sent = self.sent()
        if self.report.errors > before:
            return None
        written = self.written
        return Trial(written.at, written.name, rule, setup, compiled, hook, self.today, sent, expect, written.todo)

    def chosen(self, key: str, usual: str) -> Text:
        """An option of the test, else of the pack's tests, else what is usual."""
        for options in (self.options, self.common.defaults):
            node = options.get(key)
            if isinstance(node, Text):
                return node
        return Text(self.options.at, usual)

    def compiled(self, subject: Text) -> tuple[Setup, Compiled | None]:
        parameters = {key.value: node for key, node in fields(self.options.get("parameters")) if isinstance(node, Text)}
        written = tuple(sorted((name, node.value) for name, node in parameters.items()))
        usual = self.file.profile or Text(self.options.at, self.pack.profile)
        profile = self.options.get("profile") if "profile" in self.options else usual
        setup = Setup(text(profile), written, subject.value if written else "")
        if isinstance(profile, Text) and not self.pack.has_profile(profile):
            return setup, None
        return setup, self.pack.compiled(setup, parameters)

    def check_hook(self, hook: Hook, compiled: Compiled) -> None:
        if hook.name not in compiled.plan.hooks:
            at = self.chosen("hook", _USUAL_HOOK).at
            advice = did_you_mean(hook.name, compiled.plan.hooks)
            self.report.error("unknown-hook", at, f"the pack does not answer {hook.name}", remedy=advice)

    # -------------------------------------------------------------- the client

    def sent(self) -> Sent:
        lines = self.lines()
        builder = Builder(self.pack, self.today, self.patient, fields(self.common.defaults.get("lines")))
        places = fields(self.common.defaults.get(_PATIENT))
        about = tuple(line for line in lines if line.name.value == _PATIENT)
        patient = build_patient(about, places, self.patient, self.today, self.pack)
        resources: dict[str, list[Mapping[str, Any]]] = {}
        for name, group in self.pack.groups().items():
            if group.type == "Patient":
                resources[name] = [patient]
        for line in lines:
            built = builder.of_line(line) if line.name.value != _PATIENT else None
            if built is not None:
                resources.setdefault(built.group, []).append(built.resource)
        return Sent(
            patient=self.patient,
            as_role=self.chosen("user", "practitioner").value == "role",
            orders=(self.order(builder),),
            session=self.session(builder),
            resources={name: tuple(several) for name, several in resources.items()},
            not_supplied=self.groups("not_supplied"),
            failed=self.groups("failed"),
            truncated=self.groups("truncated"),
            offers=self.groups("offers"),
        )

    def lines(self) -> Sequence[Line]:
        alone = text(self.options.get("given")) == "none"
        return self.written.lines if alone else (*self.common.given, *self.written.lines)

    def order(self, builder: Builder) -> Mapping[str, Any]:
        usual, own = fields(self.common.defaults.get("order")), self.options.get("order")
        body = fields(own)
        if isinstance(own, Fields):  # a text alone must not come with the usual code
            kept = {
                name for name in usual.values if name not in ("code", "text") or not {"code", "text"} & {*body.values}
            }
            body = Fields(
                own.at,
                {**{name: usual.keys[name] for name in kept}, **body.keys},
                {**{name: usual.values[name] for name in kept}, **body.values},
            )
        else:
            body = usual
        at = body.at if body.values else self.options.at
        return builder.order(body, Text(at, "order"))

    def session(self, builder: Builder) -> tuple[Mapping[str, Any], ...]:
        """Other orders of the session: drafts, in no group of the chart."""
        built = (builder.of_line(line, status="draft") for line in lines_of(self.options.get("session")))
        return tuple(each.resource for each in built if each is not None)

    def groups(self, key: str) -> frozenset[str]:
        known = self.pack.groups()
        named = names_of(self._node(key))
        for each in named:
            if each.value not in known:
                advice = did_you_mean(each.value, known)
                what = f"no data group is called {each.value}"
                self.report.error("unknown-group", each.at, what, remedy=advice)
        return frozenset(each.value for each in named)

    def _node(self, key: str) -> Node | None:
        return self.options.get(key)
