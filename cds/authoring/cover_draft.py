"""A test that is being tried out: data lines and options as plain words, and the same as it would stand in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cds.authoring.test_file import Line, Written, WrittenFile
from cds.language.node import Fields, Items, Node, Text, fields
from cds.values.diagnostic import Position

_OPTIONS = (
    "given",
    "hook",
    "profile",
    "user",
    "order",
    "session",
    "not_supplied",
    "failed",
    "truncated",
    "offers",
    "parameters",
)
_AT = Position("", 1, 1)


@dataclass(frozen=True)
class Draft:
    """Data and options of a test.

    Attributes:
        lines: retrieve (or ``patient``) with its fields.
        options: the other keys of a test that ask something.
    """

    lines: tuple[tuple[str, Fields], ...] = ()
    options: tuple[tuple[str, Node], ...] = ()

    @property
    def size(self) -> int:
        """How much there is to read."""
        return sum(2 + _size(body) for _, body in self.lines) + sum(2 + _size(node) for _, node in self.options)

    @property
    def words(self) -> str:
        """Tells it from others."""
        return repr(
            (
                tuple((name, words_of(body)) for name, body in self.lines),
                sorted((name, words_of(node)) for name, node in self.options),
            )
        )

    def with_line(self, name: str, body: Fields) -> Draft:
        """With one more line; the patient has but one."""
        if name == "patient":
            kept = tuple(each for each in self.lines if each[0] != name)
            return replace(self, lines=((name, body), *kept))
        return replace(self, lines=(*self.lines, (name, body)))

    def with_field(self, place: int, key: str, words: str) -> Draft:
        """With a field of a line set to other words."""
        name, body = self.lines[place]
        changed = set_field(body, key, Text(_AT, words))
        return replace(self, lines=(*self.lines[:place], (name, changed), *self.lines[place + 1 :]))

    def with_option(self, key: str, node: Node) -> Draft:
        """With an option set; parameters are added to those that are set already."""
        options = dict(self.options)
        if key == "parameters" and key in options:
            for name, value in fields(node):
                node = set_field(fields(options[key]), name.value, value)
        options[key] = node
        return replace(self, options=tuple(options.items()))

    def without_option(self, key: str) -> Draft:
        """Without an option."""
        return replace(self, options=tuple(each for each in self.options if each[0] != key))

    def shorter(self) -> Iterator[Draft]:
        """The same with one thing less."""
        for place in range(len(self.lines)):
            yield replace(self, lines=(*self.lines[:place], *self.lines[place + 1 :]))
        for key, _ in self.options:
            yield self.without_option(key)
        for place, (name, body) in enumerate(self.lines):
            for key in body.values:
                less = (name, without_field(body, key))
                yield replace(self, lines=(*self.lines[:place], less, *self.lines[place + 1 :]))

    def option(self, key: str) -> Node | None:
        """An option."""
        return dict(self.options).get(key)

    def written(self, file: WrittenFile, expect: Node) -> Written:
        """As a test of a file."""
        options = mapping(dict(self.options))
        alone = isinstance(self.option("given"), Text)
        lines = tuple(Line(Text(_AT, name), body) for name, body in self.lines)
        return Written(_AT, "", (*(() if alone else file.given), *lines), options, expect)


def draft_of(written: Written, file: WrittenFile) -> Draft:
    """A test as a draft, without what all tests of its file are given."""
    own = written.lines if "given" in written.options else written.lines[len(file.given) :]
    options = ((key.value, node) for key, node in written.options if key.value in _OPTIONS)
    return Draft(tuple((line.name.value, line.body) for line in own), tuple(options))


def mapping(values: Mapping[str, Node | str]) -> Fields:
    """A mapping of plain words."""
    return Fields(
        _AT,
        {key: Text(_AT, key) for key in values},
        {key: Text(_AT, value) if isinstance(value, str) else value for key, value in values.items()},
    )


def listed(*words: str) -> Items:
    """A list of plain words."""
    return Items(_AT, tuple(Text(_AT, each) for each in words))


def set_field(body: Fields, key: str, value: Node) -> Fields:
    """A mapping with one key set."""
    return Fields(body.at, {**body.keys, key: Text(_AT, key)}, {**body.values, key: value})


def without_field(body: Fields, key: str) -> Fields:
    """A mapping with one key less."""
    return Fields(
        body.at,
        {name: node for name, node in body.keys.items() if name != key},
        {name: node for name, node in body.values.items() if name != key},
    )


def words_of(node: Node) -> Any:
    """What tells a node from others, its place apart."""
    match node:
        case Text():
            return (node.value, node.quoted)
        case Items():
            return tuple(words_of(each) for each in node.items)
        case Fields():
            return tuple(sorted((key, words_of(value)) for key, value in node.values.items()))


def _size(node: Node) -> int:
    match node:
        case Text():
            return 1
        case Items():
            return sum(map(_size, node.items))
        case Fields():
            return sum(1 + _size(each) for each in node.values.values())
