"""Writes a tree in the canonical layout: two blanks a level, one blank line at most, braces where they were."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cds.authoring.fmt_scalar import written
from cds.authoring.fmt_tree import BLANK, Beside, Branch, Document, Entry, Leaf

WIDTH = 120
STEP = 2


def write_document(document: Document, sections: Sequence[str] = ()) -> str:
    """The text of a file.

    Args:
        document: the tree, its keys in order.
        sections: keys at the top that a blank line sets apart.
    """
    for number, entry in enumerate(document.root.entries):
        if number and entry.key is not None and entry.key.value in sections and BLANK not in entry.before:
            entry.before.insert(0, BLANK)
    lines = [*_remarks(document.header, 0)]
    if document.root.entries:
        lines += _block(document.root, 0)
    else:
        lines += [_inline(document.root), *_remarks(document.root.tail, 0)]
    tidy: list[str] = []
    for line in lines:
        if line or (tidy and tidy[-1]):
            tidy.append(line)
    while tidy and not tidy[-1]:
        tidy.pop()
    return "\n".join(tidy) + "\n"


def _block(branch: Branch, indent: int) -> list[str]:
    lines: list[str] = []
    for number, entry in enumerate(branch.entries):
        before = entry.before
        if number == 0:
            before = before[next((place for place, each in enumerate(before) if each), len(before)) :]
        lines += _remarks(before, indent)
        lines += _entry(entry, indent)
    return lines + _remarks(branch.tail, indent)


def _remarks(remarks: Iterable[str], indent: int) -> list[str]:
    return [" " * indent + each if each else BLANK for each in remarks]


def _entry(entry: Entry, indent: int) -> list[str]:
    start = " " * indent + (f"{_scalar(entry.key, flow=False)}:" if entry.key is not None else "-")
    value = entry.value
    if isinstance(value, Leaf) and value.style in ("|", ">") and not any(map(str.isdigit, _header(value))):
        header, *body = value.raw.split("\n")
        return [_beside(f"{start} {header.rstrip()}", entry.beside), *_shifted(body, indent + STEP)]
    if isinstance(value, Leaf):
        words = _scalar(value, flow=False)
        return [_beside(f"{start} {words}" if words else start, entry.beside)]
    if _goes_inline(value, start):
        above = [each for each in (entry.head, *value.tail) if each is not None]
        remarks = [each.words if isinstance(each, Beside) else each for each in above]
        if remarks and entry.beside is None:
            *remarks, last = remarks
            entry.beside = Beside(last, 1, 0)
        line = _beside(f"{start} {_inline(value)}", entry.beside)
        return [*_remarks((each for each in remarks if each), indent), line]
    return _opened(entry, value, start, indent)


def _opened(entry: Entry, value: Branch, start: str, indent: int) -> list[str]:
    """A value that has lines of its own."""
    head = entry.head
    tail = list(value.tail)
    if entry.beside is not None:
        if head is None:
            head = entry.beside
        else:
            tail.append(entry.beside.words)
    below = _block(Branch(value.mapping, False, 0, entries=value.entries, tail=tail), indent + STEP)
    compact = entry.key is None and head is None and not any(value.entries[0].before)
    if compact:
        return [start + " " + below[0][indent + STEP :], *below[1:]]
    return [_beside(start, head), *below]


def _goes_inline(value: Branch, start: str) -> bool:
    if not value.entries:
        return True
    if not value.flow or _has_comments(value):
        return False
    return value.lines == 1 or len(f"{start} {_inline(value)}") <= WIDTH


def _has_comments(branch: Branch) -> bool:
    if any(branch.tail):
        return True
    return any(
        any(each.before)
        or each.head is not None
        or each.beside is not None
        or (isinstance(each.value, Branch) and _has_comments(each.value))
        for each in branch.entries
    )


def _inline(node: Leaf | Branch) -> str:
    if isinstance(node, Leaf):
        return _scalar(node, flow=True)
    parts = []
    for entry in node.entries:
        value = _inline(entry.value)
        parts.append(f"{_scalar(entry.key, flow=True)}: {value}" if entry.key is not None else value)
    return ("{" + ", ".join(parts) + "}") if node.mapping else ("[" + ", ".join(parts) + "]")


def _scalar(leaf: Leaf, *, flow: bool) -> str:
    return written(leaf.value, leaf.style, flow=flow)


def _header(leaf: Leaf) -> str:
    return leaf.raw.partition("\n")[0].partition("#")[0]


def _shifted(body: Sequence[str], indent: int) -> list[str]:
    """The lines of a block text at another depth."""
    first = next((line for line in body if line.strip()), "")
    depth = len(first) - len(first.lstrip(" "))
    return [" " * indent + line[depth:] if line.strip() else BLANK for line in body]


def _beside(line: str, comment: Beside | None) -> str:
    """A line with its comment: as far behind as it was, or in the column that it shares with its neighbours."""
    if comment is None:
        return line
    gap = comment.gap if comment.gap in (1, 2) else max(1, comment.column - len(line))
    return f"{line}{' ' * max(1, gap)}{comment.words}"
