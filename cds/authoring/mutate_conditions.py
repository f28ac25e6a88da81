"""Changes of a condition: a yes to a no, one state or one fact less."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cds.authoring.mutate_change import Edit, Path
from cds.language.node import Fields, Items, Node, Text, fields, text, texts
from cds.values.diagnostic import Position
from cds.values.known import NO, YES


@dataclass(frozen=True)
class Found:
    """A change that is possible: where, its id within its owner, its kind, and the edits below the node looked at."""

    at: Position
    id: str
    kind: str
    edits: tuple[Edit, ...]


def condition_changes(node: Node, name: str, path: Path) -> Iterator[Found]:
    """The changes of a condition, or of a list of them.

    Args:
        node: a fact's name, a mapping of facts to states, or a list of either.
        name: how ids begin.
        path: of the node.
    """
    match node:
        case Items():
            for place, each in enumerate(node.items):
                yield from condition_changes(each, f"{name} {place + 1}", (*path, place))
        case Fields():
            yield from _of_mapping(node, name, path)
        case Text():
            no = Fields(node.at, {node.value: node}, {node.value: Text(node.at, NO)})
            yield Found(node.at, f"{name} {node.value}: yes -> no", "state", (Edit(path, no),))


def _of_mapping(node: Fields, name: str, path: Path) -> Iterator[Found]:
    for key, states in node:
        inner = (*path, key.value)
        named = texts(states)
        if isinstance(states, Text) and states.value in (YES, NO):
            other = NO if states.value == YES else YES
            id = f"{name} {key.value}: {states.value} -> {other}"
            yield Found(states.at, id, "state", (Edit(inner, Text(states.at, other)),))
        elif len(named) > 1:
            for place, each in enumerate(named):
                edit = Edit((*inner, place), None)
                yield Found(each.at, f"{name} {key.value}: {each.value} dropped", "state", (edit,))
        if len(node.values) > 1:
            yield Found(key.at, f"{name} {key.value} dropped", "condition", (Edit(inner, None),))


def names_in(node: Node | None) -> frozenset[str]:
    """Every word that stands alone in a node, and every name of a slot in its texts."""
    match node:
        case Text():
            words = {node.value}
            if "{" in node.value:
                words |= {each.split("}")[0].split("|")[0].strip() for each in node.value.split("{")[1:]}
            return frozenset(words)
        case Items():
            return frozenset().union(*(names_in(each) for each in node.items))
        case Fields():
            inner = (names_in(each) for each in node.values.values())
            return frozenset(node.values).union(*inner)
        case None:
            return frozenset()


def outcome_of(entry: Node) -> str:
    """The name to which an entry of a ``first`` leads."""
    body = fields(entry)
    return text(body.get("then")) or text(body.get("otherwise"))
