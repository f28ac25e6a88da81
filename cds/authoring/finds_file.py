"""Tests of retrieves, which stand beside the facts: one resource a row, and whether the retrieve finds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cds.authoring.test_build import Builder
from cds.authoring.test_file import Line
from cds.authoring.test_pack import TestedPack
from cds.authoring.test_patient import build_patient
from cds.authoring.test_request import Sent
from cds.authoring.test_trial import Common
from cds.language.group import DataGroup
from cds.language.hook import Hook
from cds.language.literals import read_day
from cds.language.node import Fields, Node, Text, fields, items, plain, text
from cds.language.pack import Compiled
from cds.language.report import did_you_mean
from cds.values.diagnostic import Position

_OF_ROW = frozenset({"finds", "because"})
_ROLE = "userPractitionerRoleId"


@dataclass(frozen=True)
class FindTrial:
    """One row, ready to be run.

    Attributes:
        name: the retrieve with the row, in the words of the file.
        groups: the data groups that are asked for.
        finds: ``yes``, ``no``, or ``unknown`` for a resource that may fit and cannot be judged.
    """

    at: Position
    name: str
    retrieve: str
    groups: tuple[str, ...]
    compiled: Compiled = field(repr=False)
    hook: Hook
    today: date
    sent: Sent = field(repr=False)
    finds: str


@dataclass(frozen=True)
class FindTests:
    """The tests of the retrieves of one file of facts.

    Attributes:
        path: of the test file.
        facts: the name of the file of facts, without its ending.
    """

    path: str
    facts: str
    trials: tuple[FindTrial, ...]


def read_finds(root: Fields, path: str, facts: Fields, common: Common, pack: TestedPack, hook: Hook) -> FindTests:
    """Read a file of such tests, whose structure was found sound; names that are none are reported.

    Args:
        root: the file.
        path: its path among the content files.
        facts: the file of facts beside which it stands.
        common: what the tests of the pack have in common.
        pack: looks names up, and takes what is wrong.
        hook: on which the retrieves are asked.
    """
    named = text(root.get("finds_for"))
    day = root.get("today")
    today = read_day(day.value) if isinstance(day, Text) else common.today
    if today is None:
        pack.report.error("no-today", root.at, "the tests have no day", remedy="Write today: 2026-11-24.")
        return FindTests(path, named, ())
    known = {key.value: fields(node) for key, node in fields(facts.get("retrieves"))}
    trials: list[FindTrial] = []
    for key, node in fields(root.get("retrieves")):
        if key.value not in known:
            advice = did_you_mean(key.value, known)
            what = f"{facts.at.file} has no retrieve {key.value}"
            pack.report.error("unknown-retrieve", key.at, what, remedy=advice)
            continue
        trials += _Rows(key, common, pack, hook, today, f"{pack.name}-{named}-{key.value}").trials(items(node))
    return FindTests(path, named, tuple(trials))


class _Rows:
    """Reads the rows of one retrieve."""

    def __init__(self, retrieve: Text, common: Common, pack: TestedPack, hook: Hook, today: date, patient: str) -> None:
        self.name = retrieve
        self.common = common
        self.pack = pack
        self.hook = hook
        self.today = today
        self.patient = patient

    def trials(self, rows: Sequence[Node]) -> Iterator[FindTrial]:
        seen: dict[str, Position] = {}
        for number, row in enumerate(rows, 1):
            body = fields(row)
            asked = _without(body, _OF_ROW)
            words = _in_words(asked)
            same = seen.setdefault(words, body.at)
            if same is not body.at:
                what, remedy = "the same row stands here twice", f"The other stands on line {same.line}. Keep one."
                self.pack.report.error("same-test", body.at, what, remedy=remedy)
                continue
            found = self.trial(body, asked, f"{self.patient.replace('_', '-')}-{number}")
            if found is not None:
                yield found

    def trial(self, body: Fields, asked: Fields, patient: str) -> FindTrial | None:
        compiled = self.pack.base()
        retrieve = self.pack.retrieve(self.name)
        before = self.pack.report.errors
        builder = Builder(self.pack, self.today, patient, fields(self.common.defaults.get("lines")))
        built = builder.of_line(Line(Text(body.at, self.name.value), asked))
        if compiled is None or retrieve is None or built is None or self.pack.report.errors > before:
            return None
        groups = self.pack.groups()
        about = build_patient((), fields(self.common.defaults.get("patient")), patient, self.today, self.pack)
        order = fields(self.common.defaults.get("order"))
        sent = Sent(
            patient=patient,
            as_role=groups[built.group].token == _ROLE,
            orders=(builder.order(order, Text(order.at, "order")),),
            session=(),
            resources={**_patients(groups, about), built.group: (built.resource,)},
        )
        name = f"{self.name.value} {_in_words(asked)}".rstrip()
        finds = text(body.get("finds"))
        return FindTrial(body.at, name, self.name.value, retrieve.groups, compiled, self.hook, self.today, sent, finds)


def _patients(groups: Mapping[str, DataGroup], patient: Mapping[str, Any]) -> dict[str, tuple[Mapping[str, Any], ...]]:
    return {name: (patient,) for name, group in groups.items() if group.type == "Patient"}


def _without(body: Fields, keys: frozenset[str]) -> Fields:
    kept = [name for name in body.values if name not in keys]
    return Fields(body.at, {name: body.keys[name] for name in kept}, {name: body.values[name] for name in kept})


def _in_words(body: Fields) -> str:
    return ", ".join(f"{key.value} {plain(node)}" for key, node in body)
