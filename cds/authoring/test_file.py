"""Test files as they are written: data lines, options and expectations, with tables spread out to one test a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cds.language.node import Fields, Items, Node, Text, fields, items, plain, text, texts
from cds.language.report import Report, did_you_mean
from cds.values.diagnostic import Position

NONE = "none"
_NO_QUESTION = frozenset({"name", "data", "expect", "todo"})
_TABLE_ONLY = frozenset({"vary", "base", "rows"})


@dataclass(frozen=True)
class Line:
    """One line of data: the retrieve (or ``patient``), and what is written of it."""

    name: Text
    body: Fields


@dataclass(frozen=True)
class Written:
    """One test as written.

    Attributes:
        at: where it stands; a row of a table stands for itself.
        options: the test's or the table's own keys.
        expect: what it expects.
        todo: why it does not pass yet; empty for a test that must pass.
    """

    at: Position
    name: str
    lines: tuple[Line, ...]
    options: Fields
    expect: Node
    todo: str = ""


@dataclass(frozen=True)
class Declared:
    """Something that tests need not reach or notice, and why.

    Attributes:
        names: what it is, by the words with which the command names it.
    """

    at: Position
    names: str
    because: str


@dataclass(frozen=True)
class WrittenFile:
    """A test file.

    Attributes:
        path: its path among the content files.
        subject: the rule (or the pack) that it is for.
        today: the day of its tests, empty when the pack's is meant.
        profile: under which its tests run that name no other; None when the pack's is meant.
        defaults: of ``pack.test.yaml``, what its tests have in common.
        survivors: changes that no test need notice.
        unreachable: what no test can reach.
    """

    path: str
    subject: Text
    today: Text | None
    profile: Text | None
    given: tuple[Line, ...]
    tests: tuple[Written, ...]
    defaults: Fields
    survivors: tuple[Declared, ...] = ()
    unreachable: tuple[Declared, ...] = ()


def read_test_file(path: str, root: Fields, report: Report) -> WrittenFile:
    """Read a test file whose structure was found sound; names that occur twice are reported."""
    given = lines_of(root.get("given"))
    tests = [*_tests(root, given), *_rows(root, given, report)]
    seen: dict[str, Position] = {}
    asked: dict[str, Position] = {}
    for each in tests:
        same = asked.setdefault(_question(each), each.at)
        if same is not each.at:
            remedy = f"The other stands on line {same.line}. Keep one, with all that is expected."
            report.error("same-test", each.at, f"{each.name!r} asks of the same patient as another test", remedy=remedy)
        if each.name in seen:
            remedy = f"The other stands on line {seen[each.name].line}. Say what is different."
            report.error("test-twice", each.at, f"two tests are called {each.name!r}", remedy=remedy)
        seen[each.name] = each.at
    subject, today, profile = (root.get(key) for key in ("tests_for", "today", "profile"))
    return WrittenFile(
        path,
        subject if isinstance(subject, Text) else Text(root.at, ""),
        today if isinstance(today, Text) else None,
        profile if isinstance(profile, Text) else None,
        given,
        tuple(tests),
        fields(root.get("defaults")),
        tuple(_declared(root, "survivors", "change", report)),
        tuple(_declared(root, "unreachable", "what", report)),
    )


def _question(test: Written) -> str:
    """What a test asks: its data and its options, apart from its name and from what it expects."""
    options = {key.value: plain(node) for key, node in test.options if key.value not in _NO_QUESTION}
    lines = [(line.name.value, plain(line.body)) for line in test.lines]
    return repr((lines, sorted(options.items())))


def _declared(root: Fields, key: str, names: str, report: Report) -> Iterator[Declared]:
    seen: dict[str, Position] = {}
    for node in items(root.get(key)):
        body = fields(node)
        name = text(body.get(names))
        if name in seen:
            remedy = f"The other stands on line {seen[name].line}. Remove one."
            report.error("listed-twice", node.at, f"{name!r} is listed twice", remedy=remedy)
        seen[name] = node.at
        yield Declared(node.at, name, text(body.get("because")))


def lines_of(node: Node | None) -> tuple[Line, ...]:
    """The data lines of a list."""
    return tuple(Line(name, fields(body)) for item in items(node) for name, body in fields(item))


def _tests(root: Fields, given: tuple[Line, ...]) -> Iterator[Written]:
    for node in items(root.get("tests")):
        body = fields(node)
        yield Written(
            body.at,
            text(body.get("name")),
            (*_given(body, given), *lines_of(body.get("data"))),
            body,
            body.get("expect") or body,
            text(body.get("todo")),
        )


def _given(body: Fields, given: tuple[Line, ...]) -> tuple[Line, ...]:
    return () if text(body.get("given")) == NONE else given


def _rows(root: Fields, given: tuple[Line, ...], report: Report) -> Iterator[Written]:
    for node in items(root.get("tables")):
        table = fields(node)
        base = (*_given(table, given), *lines_of(table.get("base")))
        options = Fields(
            table.at,
            {name: key for name, key in table.keys.items() if name not in _TABLE_ONLY},
            {name: value for name, value in table.values.items() if name not in _TABLE_ONLY},
        )
        targets = [found for each in texts(table.get("vary")) if (found := _target(each, base, report))]
        for row in items(table.get("rows")):
            body = fields(row)
            value = body.get("is")
            if not isinstance(value, Text) or not targets:
                continue
            lines = base
            for name, field in targets:
                lines = _with(lines, name, field, value)
            because = text(body.get("because"))
            shown = f"{text(table.get('name'))}: {value.value}" + (f", {because}" if because else "")
            todo = text(body.get("todo")) or text(table.get("todo"))
            yield Written(body.at, shown, lines, options, body.get("expect") or body, todo)


def _target(vary: Text, lines: tuple[Line, ...], report: Report) -> tuple[str, str] | None:
    """The line and the field that ``retrieve.field`` names."""
    name, dot, field = vary.value.partition(".")
    known = [line.name.value for line in lines]
    if dot and field and name in known:
        return name, field
    advice = did_you_mean(name, known)
    report.error("vary", vary.at, f"{vary.value} names no field of a line of this table", remedy=advice)
    return None


def _with(lines: tuple[Line, ...], name: str, field: str, value: Text) -> tuple[Line, ...]:
    """The lines with a field set in the last line of that name, the one nearest to the table."""
    last = max(place for place, line in enumerate(lines) if line.name.value == name)
    line = lines[last]
    body = Fields(
        line.body.at,
        {**line.body.keys, field: Text(value.at, field)},
        {**line.body.values, field: value},
    )
    return (*lines[:last], Line(line.name, body), *lines[last + 1 :])


def names_of(node: Node | None) -> tuple[Text, ...]:
    """The names of a list that may be missing."""
    return texts(node) if isinstance(node, Items | Text) else ()
