"""A file of content as a tree that keeps what the reader drops: comments, blank lines, quotes, and braces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

BLANK = ""


@dataclass
class Leaf:
    """A scalar. ``style`` is its quote, ``|`` or ``>`` of a block, or empty; ``raw`` is a block as written."""

    value: str
    style: str
    raw: str
    start: int
    end: int


@dataclass
class Beside:
    """A comment behind something on its line; ``gap`` are the blanks before it, ``column`` is where it starts."""

    words: str
    gap: int
    column: int


@dataclass
class Entry:
    """A key with its value, or an item of a list, which has no key.

    Attributes:
        before: comments and blank lines above it; a blank line is an empty text.
        head: the comment behind a key whose value starts on the next line.
        beside: the comment behind the value.
    """

    key: Leaf | None
    start: int
    column: int
    value: Node
    before: list[str] = field(default_factory=list)
    head: Beside | None = None
    beside: Beside | None = None


@dataclass
class Branch:
    """A mapping or a list. ``tail`` are the comments below its last entry; ``owner`` is the entry that has it."""

    mapping: bool
    flow: bool
    start: int
    end: int = 0
    lines: int = 1
    entries: list[Entry] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)
    owner: Entry | None = None

    @property
    def column(self) -> int:
        """Where its entries start."""
        return self.entries[0].column if self.entries else 0


Node = Leaf | Branch


@dataclass
class Document:
    """A whole file; ``header`` are the comments above its first key."""

    root: Branch
    header: list[str]


@dataclass(frozen=True)
class Comment:
    """A comment, or a blank line (without words), by its place in the text."""

    start: int
    column: int
    gap: int
    words: str
    own_line: bool


class Builder:
    """Builds the tree from parser events, and finds what lies between the scalars."""

    def __init__(self, words: str) -> None:
        self.words = words
        self.events: Iterator[Any] = iter(yaml.parse(words, Loader=yaml.CSafeLoader))
        self.scalars: list[tuple[int, int]] = []
        self.behind_signs: list[str] = []
        self.edge = 0
        self.entries: list[Entry] = []
        self.branch_of: dict[int, Branch] = {}

    def document(self) -> Branch:
        next(self.events)
        next(self.events)
        root = self.node(next(self.events))
        assert isinstance(root, Branch)  # noqa: S101 - the caller looked
        return root

    def node(self, event: Any) -> Node:
        start = event.start_mark.index
        if isinstance(event, yaml.ScalarEvent):
            return self.leaf(event)
        branch = Branch(isinstance(event, yaml.MappingStartEvent), bool(event.flow_style), start)
        ending = yaml.MappingEndEvent if branch.mapping else yaml.SequenceEndEvent
        self.edge = event.end_mark.index if branch.flow else self.edge
        following: Any
        while not isinstance(following := next(self.events), ending):
            branch.entries.append(self.entry(following, branch))
        close: Any = following.end_mark
        self.edge = close.index if branch.flow else self.edge
        branch.end = close.index
        branch.lines = close.line - event.start_mark.line + 1
        return branch

    def entry(self, event: Any, branch: Branch) -> Entry:
        start = event.start_mark.index
        if not branch.mapping and not branch.flow:
            start = self.dash(start)
        entry = Entry(None, start, start - self.line_start(start), Leaf("", "", "", start, start))
        self.entries.append(entry)
        self.branch_of[id(entry)] = branch
        if branch.mapping:
            entry.key = self.leaf(event)
            event = next(self.events)
        entry.value = self.node(event)
        if isinstance(entry.value, Branch):
            entry.value.owner = entry
        return entry

    def dash(self, start: int) -> int:
        """Where the dash of an item stands: the first one behind what came before it that is in no comment."""
        place = self.edge
        while place < start:
            sign = self.words[place]
            if sign == "#":
                place = self.line_end(place)
            elif sign == "-":
                self.edge = place + 1
                return place
            else:
                place += 1
        return start

    def leaf(self, event: Any) -> Leaf:
        start, end = event.start_mark.index, event.end_mark.index
        style = event.style or ""
        raw = self.words[start:end]
        if style in ("|", ">") and "+" not in raw.partition("\n")[0]:
            raw = raw.rstrip()
            end = start + len(raw)
        if style in ("|", ">") and (sign := raw.partition("\n")[0].find("#")) > 0:
            self.behind_signs.append(raw.partition("\n")[0][sign:].rstrip())
        leaf = Leaf(event.value, "" if style == "'" and start == end else style, raw, start, end)
        self.scalars.append((start, end))
        self.edge = end
        return leaf

    def line_start(self, place: int) -> int:
        return self.words.rfind("\n", 0, place) + 1

    def line_end(self, place: int) -> int:
        end = self.words.find("\n", place)
        return len(self.words) if end < 0 else end

    def remarks(self) -> Iterator[Comment]:
        """Comments and blank lines between the scalars, in their order."""
        place = 0
        for start, end in (*self.scalars, (len(self.words), len(self.words))):
            yield from self.between(place, start)
            place = max(place, end)

    def between(self, place: int, end: int) -> Iterator[Comment]:
        while place < end:
            sign = self.words[place]
            line = self.line_start(place)
            if sign == "#" and (place == line or self.words[place - 1] in " \t"):
                close = self.line_end(place)
                ahead = self.words[line:place]
                gap = len(ahead) - len(ahead.rstrip())
                yield Comment(place, place - line, gap, self.words[place:close].rstrip(), not ahead.strip())
                place = close
                continue
            if sign == "\n" and not self.words[line:place].strip():
                yield Comment(place, 0, 0, BLANK, own_line=True)
            place += 1
