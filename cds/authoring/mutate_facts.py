"""Changes of a fact: its limits and windows, its logic, what ends or counts, and the lists that it looks at."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from cds.authoring.mutate_change import Edit
from cds.authoring.mutate_conditions import Found, condition_changes, outcome_of
from cds.authoring.mutate_values import is_amount, other_amounts, other_word
from cds.language.node import Fields, Items, Node, Text, fields, text, texts

_LOGIC = ("all", "any", "not", "first", "several")
_WORDS = ("undated_counts", "first_day_counts", "if_unread", "and_new_orders")
_WINDOWS = ("dated_within", "since", "plus", "minus", "same_day", "lasting")
_LISTS = ("exists", "latest", "highest", "not_cancelled", "by", "current", "either", "in_session", "ordered", "phase")
_NOT_VALUES = ("ask", "title", "names", "unless", *_LOGIC)
_IF_UNREAD = {"stands": "unknown", "unknown": "stands"}
_SWAPPED = {"at_least": "above", "above": "at_least", "any": "all", "all": "any"}


def fact_changes(name: str, body: Fields) -> Iterator[tuple[Found, bool]]:
    """The changes of a fact, each with whether it is one of logic."""
    for found in (*_amounts(name, body), *_switches(name, body), *_lists(name, body), *_bands(name, body)):
        yield found, False
    for found in _logic(name, body):
        yield found, True


def _amounts(name: str, body: Fields) -> Iterator[Found]:
    for path, node in _written_amounts(body):
        kind = "window" if node.value.endswith(("day", "days")) else "limit"
        for other in other_amounts(node.value):
            id = f"{name} {' '.join(path)}: {node.value} -> {other}"
            yield Found(node.at, id, kind, (Edit(path, Text(node.at, other)),))


def _written_amounts(body: Fields) -> Iterator[tuple[tuple[str, ...], Text]]:
    """The numbers that stand in a fact, each with its way."""
    for key, node in body:
        several: list[tuple[tuple[str, ...], Node]] = [((key.value,), node)]
        if key.value == "band":
            several = [((key.value, part.value), held) for part, held in fields(node)]
        for path, value in several:
            if key.value not in _NOT_VALUES and isinstance(value, Text) and is_amount(value.value):
                yield path, value


def _switches(name: str, body: Fields) -> Iterator[Found]:
    for key, node in body:
        other = _IF_UNREAD.get(text(node), "") if key.value == "if_unread" else other_word(text(node))
        if key.value in _WORDS and other:
            id = f"{name} {key.value}: {text(node)} -> {other}"
            yield Found(node.at, id, "switch", (Edit((key.value,), Text(node.at, other)),))
        if key.value in _WINDOWS:
            yield Found(key.at, f"{name} {key.value} dropped", "window", (Edit((key.value,), None),))
    for one in ("at_least", "above"):
        value = body.get(one)
        if "of" in body and value is not None:
            edits = (Edit((one,), None), Edit((_SWAPPED[one],), value))
            yield Found(value.at, f"{name} {one} -> {_SWAPPED[one]}", "comparison", edits)


def _bands(name: str, body: Fields) -> Iterator[Found]:
    """A band begins beyond its limit in place of at it, or the other way round."""
    beyond = body.get("beyond")
    if "band" not in body or isinstance(beyond, Fields):
        return
    named = [each.value for each in texts(beyond)]
    for key, node in fields(body.get("band")):
        kept = [each for each in named if each != key.value]
        several = kept if key.value in named else [*named, key.value]
        list_of = Items(node.at, tuple(Text(node.at, each) for each in several)) if several else None
        words = "beyond -> at" if key.value in named else "at -> beyond"
        yield Found(node.at, f"{name} band {key.value}: {words}", "comparison", (Edit(("beyond",), list_of),))


def _lists(name: str, body: Fields) -> Iterator[Found]:
    for listed in _LISTS:
        several = texts(body.get(listed))
        for place, each in enumerate(several if len(several) > 1 else ()):
            yield Found(each.at, f"{name} {listed}: {each.value} dropped", "list", (Edit((listed, place), None),))
    unless = body.get("unless")
    for key, node in fields(unless):
        path = ("unless", key.value) if len(fields(unless).values) > 1 else ("unless",)
        yield Found(node.at, f"{name} unless {key.value} dropped", "filter", (Edit(path, None),))
    meanings = fields(body.get("names"))
    for key, node in meanings if len(meanings.values) > 1 else ():
        yield Found(node.at, f"{name} names {key.value} dropped", "list", (Edit(("names", key.value), None),))


def _logic(name: str, body: Fields) -> Iterator[Found]:
    for key in ("all", "any", "several"):
        node = body.get(key)
        if not isinstance(node, Items):
            continue
        yield from condition_changes(node, f"{name} {key}", (key,))
        if len(node.items) < 2:
            continue
        if key in _SWAPPED:
            edits = (Edit((key,), None), Edit((_SWAPPED[key],), node))
            yield Found(node.at, f"{name} {key} -> {_SWAPPED[key]}", "logic", edits)
        for place, each in enumerate(node.items):
            yield Found(each.at, f"{name} {key} {place + 1} dropped", "logic", (Edit((key, place), None),))
    negated = body.get("not")
    if negated is not None:
        edits = (Edit(("not",), None), Edit(("all",), Items(negated.at, (negated,))))
        yield Found(negated.at, f"{name} not removed", "logic", edits)
    if isinstance(first := body.get("first"), Items):
        yield from _first(name, first)


def _exclude_each_other(one: Node, other: Node) -> bool:
    """Whether two entries ask for different states of one fact: they never hold together, in whatever order."""
    first, second = fields(fields(one).get("if")), fields(fields(other).get("if"))
    shared = first.values.keys() & second.values.keys()
    return any(
        {each.value for each in texts(first.get(name))}.isdisjoint(each.value for each in texts(second.get(name)))
        for name in shared
    )


def _first(name: str, node: Items) -> Iterator[Found]:
    last = outcome_of(node.items[-1])
    for place, entry in enumerate(node.items[:-1]):
        condition, head = fields(entry).get("if"), f"{name} first {place + 1}"
        if condition is not None:
            yield from condition_changes(condition, f"{head} if", ("first", place, "if"))
        yield Found(entry.at, f"{head} dropped", "logic", (Edit(("first", place), None),))
        if outcome_of(entry) != last:
            path, to = ("first", place, "then"), Text(entry.at, last)
            yield Found(entry.at, f"{head} then: {outcome_of(entry)} -> {last}", "logic", (Edit(path, to),))
    for place, (one, other) in enumerate(pairwise(node.items[:-1])):
        if outcome_of(one) != outcome_of(other) and not _exclude_each_other(one, other):
            swapped: tuple[Node, ...] = (*node.items[:place], other, one, *node.items[place + 2 :])
            id = f"{name} first {place + 1} and {place + 2} swapped"
            yield Found(one.at, id, "logic", (Edit(("first",), Items(node.at, swapped)),))
