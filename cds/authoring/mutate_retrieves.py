"""Changes of a retrieve or of a reading: more or fewer resources count, or a doubtful one counts otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cds.authoring.mutate_change import Edit, Path
from cds.authoring.mutate_conditions import Found
from cds.authoring.mutate_values import is_amount, other_amounts, other_word
from cds.language.node import Fields, Items, Text, fields, text, texts

_LISTS = ("group", "code_in", "code_at", "date_at")
_FILTERS = ("setting", "unless")
_PLAIN = ("words", "ahead")


def retrieve_changes(name: str, body: Fields, statuses: Mapping[str, tuple[str, ...]]) -> Iterator[Found]:
    """The changes of a retrieve.

    Args:
        name: of the retrieve.
        body: as it is written.
        statuses: every status that any retrieve of a data group names, by group.
    """
    named = texts(body.get("status"))
    groups = texts(body.get("group"))
    if named:
        words = [each.value for each in named]
        known = dict.fromkeys(each for group in groups for each in statuses.get(group.value, ()))
        wider = [*words, *(each for each in known if each not in words)]
        if wider != words:
            yield Found(named[0].at, f"{name} any status", "status", (Edit(("status",), _list(body, wider)),))
        if len(named) > 1:
            id = f"{name} status: only {words[0]}"
            yield Found(named[0].at, id, "status", (Edit(("status",), Text(named[0].at, words[0])),))
    if other_word(text(body.get("doubtful"))):
        node, word = body.values["doubtful"], text(body.get("doubtful"))
        edit = Edit(("doubtful",), Text(node.at, other_word(word)))
        yield Found(node.at, f"{name} doubtful: {word} -> {other_word(word)}", "doubtful", (edit,))
    for listed in _LISTS:
        several = texts(body.get(listed))
        for place, each in enumerate(several if len(several) > 1 else ()):
            id = f"{name} {listed}: {each.value} dropped"
            yield Found(each.at, id, "list", (Edit((listed, place), None),))
    for plain in _PLAIN:
        if plain in body:
            yield Found(body.keys[plain].at, f"{name} {plain} dropped", "filter", (Edit((plain,), None),))
    for group in _FILTERS:
        yield from _filters(name, group, fields(body.get(group)))
    for key, node in fields(body.get("reads")):
        several = texts(node)
        for place, each in enumerate(several if len(several) > 1 else ()):
            edit = Edit(("reads", key.value, place), None)
            yield Found(each.at, f"{name} reads: {each.value} dropped", "list", (edit,))


def _filters(name: str, key: str, body: Fields) -> Iterator[Found]:
    for each, node in body:
        path: Path = (key, each.value) if len(body.values) > 1 else (key,)
        yield Found(node.at, f"{name} {key} {each.value} dropped", "filter", (Edit(path, None),))


def _list(body: Fields, words: list[str]) -> Items:
    at = body.values["status"].at
    return Items(at, tuple(Text(at, each) for each in words))


def reading_changes(name: str, body: Fields) -> Iterator[Found]:
    """The changes of what a reading takes an answer to mean: a way to say it less, or another limit."""
    for meaning, node in fields(body.get("meanings")):
        ways = fields(node)
        for key, value in ways:
            path, head = ("meanings", meaning.value, key.value), f"{name} {meaning.value} {key.value}"
            words = text(value)
            if is_amount(words):
                for other in other_amounts(words):
                    yield Found(value.at, f"{head}: {words} -> {other}", "limit", (Edit(path, Text(value.at, other)),))
            elif key.value != "says" and len(ways.values) > 1:
                yield Found(value.at, f"{head} dropped", "list", (Edit(path, None),))
