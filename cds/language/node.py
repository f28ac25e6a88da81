"""A file as a tree of nodes, each with its position: what every later step reports against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from cds.values.diagnostic import Position


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar. ``value`` is the text as written; ``quoted`` tells that it stood in quotes or in a block."""

    at: Position
    value: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    at: Position
    items: tuple[Node, ...] = ()

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping with text keys, in the order of the file."""

    at: Position
    keys: Mapping[str, Text] = field(default_factory=dict)
    values: Mapping[str, Node] = field(default_factory=dict)

    def __iter__(self) -> Iterator[tuple[Text, Node]]:
        return ((self.keys[name], node) for name, node in self.values.items())

    def __contains__(self, name: object) -> bool:
        return name in self.values

    def get(self, name: str) -> Node | None:
        """The value under a key, or None when the key is not there."""
        return self.values.get(name)


Node = Text | Items | Fields
LONGEST_NUMBER = 40
"""Characters of a number; what is longer, or too large for one, is a text, and wrong wherever a number must stand."""

NONE = Fields(Position("", 0, 0))
"""A mapping that is not there."""


def plain(node: Node) -> Any:
    """The node as plain Python data, numbers resolved by the YAML 1.2 core schema; ``yes`` and ``no`` stay words."""
    match node:
        case Text():
            return node.value if node.quoted else _scalar(node.value)
        case Items():
            return [plain(item) for item in node.items]
        case Fields():
            return {name: plain(value) for name, value in node.values.items()}


def _scalar(text: str) -> Any:
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text.lstrip("+-")[:1].isdigit() and "_" not in text and len(text) <= LONGEST_NUMBER:
        for read in (int, float):
            try:
                number = read(text)
            except ValueError:
                continue
            return number if isfinite(number) else text
    return text


def text(node: Node | None, default: str = "") -> str:
    """The words of a scalar; the default when there is none."""
    return node.value if isinstance(node, Text) else default


def texts(node: Node | None) -> tuple[Text, ...]:
    """The scalars of a list, or the one scalar that stands in place of a list."""
    match node:
        case Text():
            return (node,)
        case Items():
            return tuple(item for item in node.items if isinstance(item, Text))
        case _:
            return ()


def items(node: Node | None) -> tuple[Node, ...]:
    """The nodes of a list; a single node stands for a list of one, and none for an empty list."""
    if isinstance(node, Items):
        return node.items
    return (node,) if node is not None else ()


def fields(node: Node | None) -> Fields:
    """A mapping, or an empty one where there is none."""
    if isinstance(node, Fields):
        return node
    return Fields(node.at) if node is not None else NONE
