"""JSON Schema on the wire: compiled once by jsonschema-rs, problems told without the values that caused them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import jsonschema_rs

Check = Callable[[Mapping[str, Any]], tuple[str, ...]]
"""Tells every problem of an object as ``path: what is wrong``; nothing when it is valid."""

_MOST = 20


def schema_check(schema: Mapping[str, Any], at: str = "") -> Check:
    """Compile a schema of ``hooks/schemas`` into a check; ``at`` is put before the path of each problem.

    Raises:
        ValueError: when the schema is not a valid one.
    """
    compiled = jsonschema_rs.validator_for(dict(schema), mask="the value", offline=True)

    def check(given: Mapping[str, Any]) -> tuple[str, ...]:
        try:
            if compiled.is_valid(given):
                return ()
            errors = islice(compiled.iter_errors(given), _MOST)
            return tuple(f"{_path(at, error.instance_path)}: {error.message}" for error in errors)
        except ValueError:  # over 255 levels, or keys that JSON does not have
            return (f"{_path(at, [])}: nested too deep, or not JSON, and not checked",)

    return check


def _path(at: str, steps: list[str | int]) -> str:
    text = at
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text or "the body"
