"""Other values in place of one that is written: a step beside it, half and double of it, another option."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cds.language.node import Fields, Node, Text, fields, text, texts
from cds.values.known import NO, YES

_AMOUNT = re.compile(r"(\d+(?:\.(\d+))?)(?: (.+))?\Z")
_OTHER = {YES: NO, NO: YES, "absent": "unknown", "unknown": "absent"}


def is_amount(words: str) -> bool:
    """Whether words are a number, with or without a unit: ``31 days``, ``300 mg/dL``, ``2``."""
    return _AMOUNT.match(words) is not None


def other_amounts(words: str) -> Iterator[str]:
    """The smallest step down and up, as precisely as the number is written; then half and double of it.

    An amount below zero is none, and a half or double that is a step away is left out.
    """
    found = _AMOUNT.match(words)
    if found is None:
        return
    places, unit = len(found[2] or ""), f" {found[3]}" if found[3] else ""
    number, step = float(found[1]), 10.0**-places
    several = [number - step, number + step, number / 2, number * 2]
    if not places:
        several[2] = float(int(several[2]))
    for each in dict.fromkeys(round(one, places) for one in several):
        if each >= 0 and each != number:
            yield f"{each:.{places}f}{_unit(unit, each)}"


def _unit(unit: str, number: float) -> str:
    """``1 day`` and ``2 days``; any other unit stays."""
    if unit in (" day", " days"):
        return " day" if number == 1 else " days"
    return unit


def other_word(words: str) -> str:
    """The opposite of a word that has one, such as *yes*; empty for any other."""
    return _OTHER.get(words, "")


def other_settings(body: Fields, value: Text) -> Iterator[str]:
    """What else a parameter could say in place of a value: another option, or another amount.

    Args:
        body: the parameter as it is written.
        value: its default, or what a profile says.
    """
    options = [each.value for each in texts(body.get("one_of"))]
    yield from (each for each in options if each != value.value)
    if not options:
        yield from other_amounts(value.value)


def with_default(body: Fields, words: str) -> Fields:
    """A parameter with another default, and with bounds that let it stand."""
    changed: dict[str, Node] = {**body.values}
    for key in ("default", *(bound for bound in ("min", "max") if _beyond(body, bound, words))):
        at = body.values[key].at
        changed[key] = Text(at, words)
    return Fields(body.at, body.keys, changed)


def with_bounds(body: Fields, words: str) -> Fields:
    """A parameter with bounds that let a profile's value stand."""
    changed = {**body.values, **{each: Text(body.at, words) for each in ("min", "max") if _beyond(body, each, words)}}
    return Fields(body.at, body.keys, changed)


def _beyond(body: Fields, bound: str, words: str) -> bool:
    limit, value = _AMOUNT.match(text(body.get(bound))), _AMOUNT.match(words)
    if limit is None or value is None or (limit[3] or "").rstrip("s") != (value[3] or "").rstrip("s"):
        return False
    return float(value[1]) < float(limit[1]) if bound == "min" else float(value[1]) > float(limit[1])


def parameter_bodies(root: Fields) -> Iterator[tuple[str, Fields]]:
    """The parameters of a file: name and what is written of each."""
    yield from ((key.value, fields(node)) for key, node in fields(root.get("parameters")))
