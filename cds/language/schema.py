"""The gross structure of an authored file, checked by a JSON Schema whose errors are brought back to a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jsonschema
from jsonschema.protocols import Validator

from cds.language.node import Fields, Items, Node, Text, plain
from cds.language.report import Report, did_you_mean

_COMMA = "Between braces a text with a comma needs quotes."
_CALLED = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping of keys",
}


__all__ = ["Validator", "check_structure", "validator"]


def validator(schema: Mapping[str, Any]) -> Validator:
    """A validator for an authoring schema (draft-07, the draft that editors understand), itself checked first."""
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def check_structure(root: Node, rules: Validator, report: Report, data: Callable[[Node], Any] = plain) -> bool:
    """Report everything in which a file departs from its schema, each at its place; True when nothing does.

    ``data`` makes plain data of a node, by the language in which the file is written.
    """
    sound = True
    for error in rules.iter_errors(data(root)):
        sound = False
        _report(error, root, report)
    return sound


def _report(error: Any, root: Node, report: Report) -> None:
    node = _find(root, error.absolute_path)
    where = ".".join(str(step) for step in error.absolute_path) or "the file"
    advice = error.schema.get("description", "") if isinstance(error.schema, Mapping) else ""
    if error.validator == "additionalProperties" and isinstance(node, Fields):
        known = error.schema.get("properties", {})
        for name, key in node.keys.items():
            if name not in known:
                report.error(
                    "unknown-key",
                    key.at,
                    f"{name} is not a key of {where}",
                    "It would be ignored, and with it what you meant by it.",
                    _COMMA if " " in name else did_you_mean(name, known),
                )
    elif error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        report.error("missing-key", node.at, f"{where} lacks {', '.join(missing)}", remedy=advice)
    elif error.validator == "type" and error.instance is None:
        report.error("no-value", node.at, f"{where} has no value", remedy=advice or "Write a value, or remove the key.")
    elif error.validator == "enum":
        options = [str(option) for option in error.validator_value]
        report.error(
            "not-an-option",
            node.at,
            f"{error.instance} cannot stand here",
            remedy=did_you_mean(str(error.instance), options),
        )
    elif error.validator in ("pattern", "propertyNames"):
        named = node.keys.get(error.instance) if isinstance(node, Fields) else None
        at = named.at if named is not None else node.at
        report.error("form", at, f"{error.instance!r} does not have the form of {where}", remedy=advice)
    elif error.validator == "type":
        brace = "A text that starts with { or [ needs quotes. " if isinstance(node, Fields | Items) else ""
        what = f"{where} is {_shape(node)}, where {_expected(error.validator_value)} is expected"
        report.error("structure", node.at, what, remedy=brace + advice)
    else:
        report.error("structure", node.at, f"{where}: {error.message}", remedy=advice)


def _shape(node: Node) -> str:
    match node:
        case Fields():
            return "a mapping"
        case Items():
            return "a list"
        case Text():
            return f"{node.value!r}"


def _expected(types: str | list[str]) -> str:
    return " or ".join(_CALLED[each] for each in ([types] if isinstance(types, str) else types))


def _find(root: Node, path: Any) -> Node:
    node = root
    for step in path:
        if isinstance(node, Fields) and isinstance(step, str) and step in node.values:
            node = node.values[step]
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
    return node
