"""For each thing that no test reaches: a test that reaches it, run before it is shown, or that none was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cds.authoring.cover_bounds import AtBound, BoundSearch, rests_on
from cds.authoring.cover_draft import Draft, mapping
from cds.authoring.cover_items import BOUNDS, LIMITS, STATES, Item, asked, reached, reached_limits
from cds.authoring.cover_search import Search
from cds.authoring.cover_try import Bench, Probe, empty_file
from cds.authoring.cover_write import Piece, expectation, new_file, pasted, table_piece, test_piece
from cds.authoring.fmt_format import format_file
from cds.authoring.loopback import LoopbackFhir
from cds.authoring.test_boundaries import AT, Definition, definitions
from cds.authoring.test_coverage import SHARED, Missed, PackCoverage, Without
from cds.authoring.test_evaluate import Result, run_trial
from cds.authoring.test_expect import FINDING
from cds.authoring.test_file import WrittenFile, read_test_file
from cds.authoring.test_suite import PackTests, RuleTests, written_facts
from cds.authoring.test_trial import Trial, read_trial
from cds.language.fact import closure
from cds.language.load import Files
from cds.language.node import Fields, Node, text
from cds.language.plan import Rule
from cds.language.report import Report
from cds.language.yaml import read_yaml
from cds.values.known import UNKNOWN

_MOST_RULES = 6
"""So many rules are looked at for something that rules share."""


@dataclass(frozen=True)
class Suggestion:
    """What to do about something that no test reaches.

    Attributes:
        missed: what that is.
        path: the file in which the test is to be pasted.
        piece: the test; None when none was found.
        above: name of a test that was suggested before and reaches this as well; empty for none.
        tried: how many drafts were tried.
    """

    missed: Missed
    path: str
    piece: Piece | None = None
    above: str = ""
    tried: int = 0


class Suggester:
    """Suggests tests for one pack.

    Args:
        pack: with its tests.
        files: all content files, for the test files as they are.
        server: a running FHIR server, on which each test is run before it is suggested.
    """

    def __init__(self, pack: PackTests, files: Files, server: LoopbackFhir) -> None:
        self._pack = pack
        self._files = dict(files)
        self._server = server
        self._limits = definitions(dict(written_facts(pack.library, pack.name)))
        self._without = Without(pack.names)
        self._given: dict[tuple[str, Item], str] = {}
        self._bench_of: dict[str, Bench] = {}
        self._agreed: dict[str, bool] = {}
        self._count = 0

    def suggest(self, found: PackCoverage) -> Iterator[Suggestion]:
        """A suggestion for each thing that is missed and can be declared nowhere else."""
        by_rule = {each.rule: each for each in self._pack.rules}
        for part in found.rules:
            if part.missed:
                yield from self._of(by_rule[part.name], part.missed)
        if found.shared is not None:
            for missed in found.shared.missed:
                yield self._shared(missed)

    def _of(self, tests: RuleTests, several: Sequence[Missed]) -> Iterator[Suggestion]:
        """What is missed of a rule: all but its bounds is looked for at once."""
        rule = self._rule(tests)
        if rule is None:
            return
        facts = {fact.name for fact in closure(asked(rule))}
        bench = self._bench(tests, [each for each in self._limits if each.name in facts])
        probes = Search(bench, rule, sound=self._agrees).find(each.item for each in several if each.item.kind != BOUNDS)
        for missed in several:
            if (rule.name, missed.item) in self._given:
                yield Suggestion(missed, tests.path, above=self._given[rule.name, missed.item])
            elif missed.item.kind == BOUNDS:
                yield self._bound(tests, rule, missed)
            else:
                probe = probes.get(missed.item)
                piece = self._test(tests, rule, missed, probe) if probe is not None else None
                yield Suggestion(missed, tests.path, piece, tried=bench.tried)

    def _shared(self, missed: Missed) -> Suggestion:
        """What rules share is looked for in the rules that come to it, those with the fewest facts first."""
        if (SHARED, missed.item) in self._given:
            return Suggestion(missed, self._pack.path, above=self._given[SHARED, missed.item])
        tried = 0
        concerned = self._concerned(missed.item)
        for deep in (False, True) if missed.item.kind == BOUNDS else (True,):
            for tests, rule in concerned[: _MOST_RULES if deep else None]:
                found = self._shared_in(tests, rule, missed, deep=deep)
                tried += found.tried
                if found.piece is not None:
                    return replace(found, tried=tried)
        return Suggestion(missed, self._pack.path, tried=tried)

    def _shared_in(self, tests: RuleTests, rule: Rule, missed: Missed, *, deep: bool) -> Suggestion:
        """In one rule."""
        if missed.item.kind == BOUNDS:
            return self._bound(tests, rule, missed, deep=deep)
        (definition,) = (each for each in self._limits if each.name == missed.item.key[0])
        bench = self._bench(tests, [definition])
        probe = next(self._at_limit(bench, rule, missed.item), None)
        piece = self._test(tests, rule, missed, probe) if probe is not None else None
        return Suggestion(missed, tests.path, piece, tried=bench.tried)

    def _at_limit(self, bench: Bench, rule: Rule, item: Item) -> Iterator[Probe]:
        """Drafts at a limit: as things are set, or where a site sets it to another bound, as one that is usually 0."""
        name = item.key[1].rpartition(" ")[2]
        parameter = self._pack.compiled.scope.parameters.get(name)
        ends = (parameter.highest, parameter.lowest) if parameter is not None else ()
        starts = [Draft(), *(Draft().with_option("parameters", mapping({name: str(each)})) for each in ends)]
        for start in starts:
            found = Search(bench, rule, start, self._agrees).find([item]).get(item)
            if found is not None:
                yield found

    def _concerned(self, item: Item) -> list[tuple[RuleTests, Rule]]:
        found = []
        for tests in self._pack.rules:
            rule = self._rule(tests)
            if rule is None:
                continue
            facts = closure(asked(rule))
            own = (
                item.kind == BOUNDS
                and rests_on(rule, self._pack.compiled.plan.phase, item.key[0])
                and item.key[0] not in rule.parameters
            )
            if own or (item.kind == LIMITS and any(fact.name == item.key[0] for fact in facts)):
                found.append((len(facts), tests, rule))
        found.sort(key=lambda each: each[0])
        return [(tests, rule) for _, tests, rule in found]

    def _bound(self, tests: RuleTests, rule: Rule, missed: Missed, *, deep: bool = True) -> Suggestion:
        facts = {fact.name for fact in closure((*asked(rule), self._pack.compiled.plan.phase))}
        bench = self._bench(tests, [each for each in self._limits if each.name in facts])
        several = BoundSearch(bench, rule, missed.item, deep=deep).find()
        pieces = (self._at_bound(tests, rule, missed, found) for found in several)
        piece = next((each for each in pieces if each is not None), None)
        return Suggestion(missed, tests.path, piece, tried=bench.tried)

    def _rule(self, tests: RuleTests) -> Rule | None:
        """A rule as its tests have it, or as the pack usually has it."""
        usual = next((rule for rule in self._pack.compiled.plan.rules if rule.name == tests.rule), None)
        return usual or next((trial.rule for trial in tests.trials), None)

    def _bench(self, tests: RuleTests, limits: Sequence[Definition]) -> Bench:
        bench = self._bench_of[tests.rule] = Bench(self._pack, self._file(tests), limits)
        return bench

    def _file(self, tests: RuleTests) -> WrittenFile:
        return tests.file if tests.file is not None else empty_file(tests.rule, tests.path)

    # ------------------------------------------------------------ as it is written

    def _test(self, tests: RuleTests, rule: Rule, missed: Missed, probe: Probe) -> Piece | None:
        expect = expectation(probe, _facts_of(missed.item, probe, rule))
        name = self._name(tests, _title(missed, probe))
        piece = test_piece(rule.name, name, probe.draft, expect, self._files)
        return piece if piece is not None and self._proved(tests, rule, missed.item, piece, name) else None

    def _at_bound(self, tests: RuleTests, rule: Rule, missed: Missed, found: AtBound) -> Piece | None:
        parameter, value = missed.item.key
        name = self._name(tests, f"where a site sets {parameter} to {value}")
        facts = {each: found.probe.run.states[each] for each in found.facts}
        own = expectation(found.probe, _short(facts))
        if found.other is not None:
            others = {each: found.other.run.states.get(each, UNKNOWN) for each in found.facts}
            rows: list[tuple[str, Node]] = [
                (_value(found.probe, found), own),
                (_value(found.other, found), expectation(found.other, _short(others))),
            ]
            if not any(each.kind == LIMITS and each.key[2] == AT for each in found.probe.reached):
                rows.reverse()  # what stands at the limit comes first
            if all(value for value, _ in rows):
                piece = table_piece(rule.name, name, found.probe.draft, found.place, found.key, rows, self._files)
                if piece is not None and self._proved(tests, rule, missed.item, piece, name):
                    return piece
        piece = test_piece(rule.name, name, found.probe.draft, own, self._files)
        return piece if piece is not None and self._proved(tests, rule, missed.item, piece, name) else None

    def _agrees(self, probe: Probe) -> bool:
        """Whether searches bring the same as prefetch: a test is run through both."""
        words = probe.draft.words
        if words not in self._agreed:
            self._count += 1
            patient = f"{self._pack.name}-tried-{self._count}"
            trial = self._bench_of[probe.trial.rule.name].trial(probe.draft, patient=patient)
            self._agreed[words] = trial is not None and not run_trial(trial, self._server).disagreement
        return self._agreed[words]

    def _name(self, tests: RuleTests, title: str) -> str:
        taken = {each.name for each in self._file(tests).tests}
        while title in taken or any(title == given for given in self._given.values()):
            title += ", again"
        return title

    def _proved(self, tests: RuleTests, rule: Rule, item: Item, piece: Piece, name: str) -> bool:
        """Whether the file, with the piece pasted into it, is canonical and sound, and the tests pass and reach it."""
        source = self._files.get(tests.path, new_file(rule.name).encode())
        changed = pasted(source.decode(), piece).encode()
        before, after = (format_file(tests.path, each, self._files) for each in (source, changed))
        trials = self._new_tests(tests.path, changed, name)
        if after.found or (after.differs and not before.differs) or not trials:
            return False
        results = [run_trial(trial, self._server) for trial in trials]
        found = {each for result in results for each in self._reached(result, item)}
        if item not in found or not all(result.holds for result in results):
            return False
        self._files[tests.path] = changed
        for each in found:
            self._given.setdefault((rule.name, each), name)
            self._given.setdefault((SHARED, each), name)
        return True

    def _new_tests(self, path: str, source: bytes, name: str) -> list[Trial]:
        """The tests of that name in a file as it would be; none when anything in them is wrong."""
        report = Report()
        root = read_yaml(path, source, report)
        if not isinstance(root, Fields):
            return []
        file = read_test_file(path, root, report)
        names = self._pack.names.afresh(report)
        found = []
        for written in file.tests:
            if written.name == name or written.name.startswith(f"{name}: "):
                self._count += 1
                patient = f"{self._pack.name}-suggested-{self._count}"
                found.append(read_trial(written, file, self._pack.common, names, patient))
        return [each for each in found if each is not None] if not report.errors else []

    def _reached(self, result: Result, item: Item) -> Iterator[Item]:
        trial, run = result.trial, result.runs[0]
        units = self._pack.library.shared.units
        yield from reached(run, trial.rule)
        yield from reached_limits(run, self._limits, trial.rule, trial.compiled, units)
        if item.kind == BOUNDS and item.key in trial.setup.parameters and self._without.matters(trial, item.key[0]):
            yield item


def _value(probe: Probe, found: AtBound) -> str:
    return text(probe.draft.lines[found.place][1].get(found.key))


def _short(facts: Mapping[str, str]) -> dict[str, str]:
    return {name.rpartition(".")[2]: state for name, state in facts.items()}


def _facts_of(item: Item, probe: Probe, rule: Rule) -> dict[str, str]:
    """The facts that an item is about, as the test sees them."""
    if item.kind in (STATES, LIMITS):
        name = item.key[0]
        return _short({name: probe.run.states[name]}) if name in probe.run.states else {}
    if item.kind == "rows":
        case = next(each for each in rule.cases if str(each.at) == item.key[0])
        when = case.when[int(item.key[1]) - 1]
        return _short({fact.name: probe.run.states[fact.name] for fact, _ in when}) if len(case.when) > 1 else {}
    return {}


def _title(missed: Missed, probe: Probe) -> str:
    """What a test is called that reaches an item."""
    item, seen = missed.item, probe.run.observed
    said = f"{seen.says} {seen.indicator}".strip(". ")
    ending = (
        said if seen.ending == FINDING else " ".join((seen.ending.replace("_", " "), *([f"({said})"] if said else [])))
    )
    match item.kind:
        case "cases":
            return f"ends in {ending}"
        case "rows":
            return f"ends in {ending}, by line {item.key[1]} of its when"
        case "phases":
            return f"in the phase {item.key[0]}"
        case "states":
            fact, state = item.key
            return f"{fact.rpartition('.')[2]} is {state}{_since(probe, fact) if state == UNKNOWN else ''}"
        case _:
            side, limit, fact = item.key[2], item.key[1], item.key[0]
            return f"{side} {limit} of {fact.rpartition('.')[2]}"


def _since(probe: Probe, fact: str) -> str:
    """Why a fact is unknown."""
    outcome = probe.run.patient.outcomes.get(fact) if probe.run.patient is not None else None
    why: Iterable[str] = dict.fromkeys(f"{each.reason} {each.group}".strip() for each in outcome.why) if outcome else ()
    said = ", ".join(why)
    return f", since {said}" if said else ""
