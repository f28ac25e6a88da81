"""One change of the content: where it is made, what it is called, and the content with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from cds.language.node import Fields, Items, Node, Text
from cds.language.pack import PackFiles
from cds.language.terminology import ValueSet
from cds.values.codes import code_set
from cds.values.diagnostic import Position

Path = tuple[str | int, ...]
"""The way from the root of a file to a node: keys of mappings and places in lists."""


@dataclass(frozen=True)
class Edit:
    """Something else in the place of a node; None takes it away together with its key."""

    path: Path
    to: Node | None


@dataclass(frozen=True)
class CodesLeft:
    """What is left of a value set.

    Attributes:
        without: the code system, by its short name, whose lines go; empty for every line.
        descendants: whether lines still stand for the codes below them; that is then the whole change.
        exclusions: whether what is excluded stays so; that is then the whole change.
    """

    without: str = ""
    descendants: bool = True
    exclusions: bool = True


@dataclass(frozen=True)
class Change:
    """A change that some test should notice.

    Attributes:
        at: where it is made.
        owner: the rule, or the pack for what rules share; its test file lists the change when it may survive.
        id: what is changed and how, in words that stay the same while lines move; unique for its owner.
        kind: such as ``window``; changes are counted by it.
        edits: of the file that ``at`` names.
        codes: of the value set that ``at`` names, in place of edits.
        subject: the name that is changed: a fact by its full name, a retrieve, a parameter, a value set; empty for
            something of the rule itself.
        logic: whether the proof of rules can turn out otherwise.
    """

    at: Position
    owner: str
    id: str
    kind: str
    edits: tuple[Edit, ...] = field(default=(), repr=False)
    codes: CodesLeft | None = None
    subject: str = ""
    logic: bool = False


def with_change(files: PackFiles, change: Change) -> PackFiles:
    """The pack's files with a change; the same files when it is one of a value set."""
    if not change.edits:
        return files

    def root(each: Fields) -> Fields:
        if each.at.file != change.at.file:
            return each
        for edit in change.edits:
            each = _mapping(edited(each, edit.path, edit.to))
        return each

    return PackFiles(
        root(files.pack),
        files.data,
        tuple(root(each) for each in files.facts),
        tuple(root(each) for each in files.rules),
        {name: root(each) for name, each in files.profiles.items()},
    )


def _mapping(node: Node) -> Fields:
    if not isinstance(node, Fields):
        raise TypeError(f"{node.at}: the root of a file is a mapping")
    return node


def edited(node: Node, path: Path, to: Node | None) -> Node:
    """A node with something else, or nothing, at the end of a path.

    Raises:
        TypeError: the path leads nowhere.
    """
    step, rest = path[0], path[1:]
    if isinstance(node, Fields) and isinstance(step, str):
        inner = edited(node.values[step], rest, to) if rest else to
        if inner is None:
            kept = [name for name in node.values if name != step]
            return Fields(node.at, {each: node.keys[each] for each in kept}, {each: node.values[each] for each in kept})
        keys = {**node.keys, step: node.keys.get(step, Text(inner.at, step))}
        return Fields(node.at, keys, {**node.values, step: inner})
    if isinstance(node, Items) and isinstance(step, int):
        inner = edited(node.items[step], rest, to) if rest else to
        middle = () if inner is None else (inner,)
        return Items(node.at, (*node.items[:step], *middle, *node.items[step + 1 :]))
    raise TypeError(f"{node.at}: there is no {step} to change")


def with_codes_left(sets: Mapping[str, ValueSet], change: Change) -> Mapping[str, ValueSet]:
    """The value sets with a change; the same ones when it is one of a file's text."""
    if change.codes is None:
        return sets
    left, old = change.codes, sets[change.subject]
    lines = old.codes.lines
    if not left.descendants:
        lines = tuple(replace(line, descendants=False) for line in lines)
    elif left.exclusions:
        lines = tuple(line for line in lines if left.without and _system(line.short) != left.without)
    excluded = old.codes.excluded if left.exclusions else {}
    codes = code_set(old.codes.name, old.codes.title, lines, excluded)
    return {**sets, change.subject: replace(old, codes=codes)}


def _system(short: str) -> str:
    return short.partition(" ")[0]


def systems_of(value_set: ValueSet) -> Iterable[str]:
    """The short names of the code systems of a value set, in their order."""
    return dict.fromkeys(_system(line.short) for line in value_set.codes.lines)
