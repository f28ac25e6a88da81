"""JSON in which no member stands twice: readers differ in which of the two they see, and an attacker may choose."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


class StrictJsonError(ValueError):
    """It is no JSON object of this kind."""


class NamedTwiceError(StrictJsonError):
    """A member stands twice in one object."""


def read_object(content: bytes) -> dict[str, Any]:
    """A JSON object in UTF-8, as RFC 8259 has it: no NaN, and no member twice in one object.

    Raises:
        StrictJsonError: when it is anything else.
    """
    try:
        found = json.loads(content.decode(), object_pairs_hook=_once, parse_constant=_refuse)
    except StrictJsonError:
        raise
    except (ValueError, RecursionError):
        raise StrictJsonError("no JSON") from None
    if not isinstance(found, dict):
        raise StrictJsonError("no object")
    return found


def _once(members: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise NamedTwiceError("a member stands twice")
    return found


def _refuse(name: str) -> None:
    raise StrictJsonError(f"{name} is no JSON")
