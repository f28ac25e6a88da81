"""The smallest steps from one draft of a test to another: a data line more, an option more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cds.authoring.cover_draft import Draft, draft_of, listed, mapping, words_of
from cds.authoring.cover_items import asked
from cds.authoring.test_suite import PackTests, written_facts
from cds.language.fact import closure
from cds.language.node import Fields, Node, Text, fields, texts
from cds.language.plan import Rule
from cds.language.retrieve import Retrieve
from cds.values.diagnostic import Position

Step = Callable[[Draft], Draft]

_MOST_LIKE = 16  # lines of one retrieve that are taken over from tests
_DATES = ("2 days ago", "10 days ago", "40 days ago", "100 days ago", "400 days ago", "2 days ahead", "none", "2026")
_ABSENT = ("not_supplied", "failed", "truncated")
_AT = Position("", 1, 1)
_ODD_UNIT = "{odd}"


@dataclass(frozen=True)
class _Line:
    """A step that adds a line."""

    name: str
    body: Fields

    def __call__(self, draft: Draft) -> Draft:
        return draft.with_line(self.name, self.body)


@dataclass(frozen=True)
class _Option:
    """A step that sets an option."""

    key: str
    node: Node

    def __call__(self, draft: Draft) -> Draft:
        return draft.with_option(self.key, self.node)


def steps(pack: PackTests, rule: Rule) -> tuple[Step, ...]:
    """The steps that may make a difference to a rule, those with the fewest words first."""
    facts = closure((*asked(rule), pack.compiled.plan.phase))
    retrieves = {each.name: each for fact in facts for each in fact.built.retrieves}
    written = _written_lines(pack)
    lines = [
        _Line(name, body)
        for name, retrieve in retrieves.items()
        for body in _unlike((*written.get(name, ())[:_MOST_LIKE], *_lines(retrieve)))
    ]
    lines += [_Line("patient", body) for body in _patients(pack, written.get("patient", ()))]
    return (*sorted(lines, key=lambda each: Draft(((each.name, each.body),)).size), *_options(pack, rule, retrieves))


def _lines(retrieve: Retrieve) -> Iterator[Fields]:
    """Lines of a retrieve: as it wants them, of several days, and in every way in which they may be unreadable."""
    usual: dict[str, Node | str] = {}
    if retrieve.value == "quantity" and retrieve.scale is not None:
        usual = {"value": f"100 {retrieve.scale.unit}"}
    elif retrieve.value == "score":
        usual = {"value": "1"}
    if retrieve.coded:
        usual["text"] = "words of the chart"
    yield mapping(usual)
    for date in _DATES:
        yield mapping({**usual, "date": date})
    for status in (*sorted(retrieve.statuses), "entered-in-error"):
        yield mapping({**usual, "status": status})
    yield mapping({**usual, "code": "none"})
    yield mapping({**usual, "code": "none", "text": "words that say nothing"})
    yield mapping({**usual, "value": "none"})
    yield mapping({**usual, "elements": mapping({"status": listed("final")})})
    if "value" in usual:
        yield mapping({"value": f"100 {_ODD_UNIT}"})
        yield mapping({"value": "100"})
        yield mapping({**usual, "upper_limit": "100"})
    if retrieve.readings:
        yield mapping({**usual, "answer_text": "words that say nothing"})


def _written_lines(pack: PackTests) -> dict[str, tuple[Fields, ...]]:
    """The lines of all tests of the pack, by retrieve, the shortest first."""
    found: dict[str, dict[object, Fields]] = {}
    for tests in pack.rules:
        for test in tests.file.tests if tests.file is not None else ():
            for line in test.lines:
                found.setdefault(line.name.value, {}).setdefault(words_of(line.body), line.body)
    return {
        name: tuple(sorted(several.values(), key=lambda body: Draft(((name, body),)).size))
        for name, several in found.items()
    }


def _patients(pack: PackTests, written: Iterable[Fields]) -> Iterator[Fields]:
    """Patients: as tests have them, and with each code that a fact knows."""
    codes = [
        code.value
        for _, body in written_facts(pack.library, pack.name)
        if "patient_code" in body
        for _, several in fields(body.get("names"))
        for code in texts(several)
    ]
    places = fields(pack.common.defaults.get("patient")).values
    usual: dict[str, Node | str] = {}
    for line in pack.common.given:
        if line.name.value == "patient":
            usual.update(line.body.values)
    found = list(written)
    for field in places:
        found.append(mapping({**usual, field: "none"}))
        found += [mapping({**usual, field: code}) for code in codes]
    found.append(mapping({}))
    yield from _unlike(found)


def _options(pack: PackTests, rule: Rule, retrieves: dict[str, Retrieve]) -> Iterator[Step]:
    groups = pack.compiled.plan.groups
    reading = dict.fromkeys(group for each in retrieves.values() for group in each.groups)
    people = [name for name, group in groups.items() if group.type == "Patient"]
    for group in (*reading, *people):
        yield from (_Option(key, listed(group)) for key in _ABSENT)
        if groups[group].optional:
            yield _Option("offers", listed(group))
    yield from (_Option("hook", Text(_AT, name)) for name in pack.compiled.plan.hooks)
    yield _Option("user", Text(_AT, "role"))
    yield from (_Option("profile", Text(_AT, name)) for name in pack.library.packs[pack.name].profiles)
    yield from _settings(rule)
    seen: set[object] = set()
    for tests in pack.rules:
        for test in tests.file.tests if tests.file is not None and tests.rule == rule.name else ():
            for key in ("order", "session"):
                node = test.options.get(key)
                if node is not None and (words := (key, words_of(node))) not in seen:
                    seen.add(words)
                    yield _Option(key, node)
    yield from (_Option("order", mapping({"supply": words})) for words in ("none", "90 days"))


def _settings(rule: Rule) -> Iterator[Step]:
    """Parameters with options: each of them."""
    used = {each.name: each for fact in closure(asked(rule)) for each in fact.parameters}
    for parameter in used.values():
        for option in parameter.options:
            yield _Option("parameters", mapping({parameter.name: option}))


def macros(pack: PackTests, rule: Rule) -> Iterator[Step]:
    """All lines of a test of another rule that looks at the same data, in one step."""
    facts = closure((*asked(rule), pack.compiled.plan.phase))
    known = {each.name for fact in facts for each in fact.built.retrieves}
    seen: set[str] = set()
    for tests in pack.rules:
        if tests.file is None or tests.rule == rule.name:
            continue
        for draft in (draft_of(test, tests.file) for test in tests.file.tests):
            if len(draft.lines) > 1 and {name for name, _ in draft.lines} <= {*known, "patient"}:
                lines = Draft(draft.lines)
                if lines.words not in seen:
                    seen.add(lines.words)
                    yield _Several(lines)


@dataclass(frozen=True)
class _Several:
    """A step that adds lines."""

    lines: Draft

    def __call__(self, draft: Draft) -> Draft:
        for name, body in self.lines.lines:
            draft = draft.with_line(name, body)
        return draft


def _unlike(several: Iterable[Fields]) -> Iterator[Fields]:
    yield from {words_of(each): each for each in reversed(list(several))}.values()
