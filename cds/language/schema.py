"""The gross structure of an authored file, checked by a JSON Schema whose errors are brought back to a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jsonschema_rs

from cds.language.json import read_json
from cds.language.node import Fields, Items, Node, Text, plain
from cds.language.report import Report, did_you_mean
from cds.values.diagnostic import Position

_COMMA = "Between braces a text with a comma needs quotes."
_COLON = "A key ends with a colon and a blank."
_CALLED = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping of keys",
}
_SIZES = {
    "minItems": ("item", "at least"),
    "maxItems": ("item", "at most"),
    "minProperties": ("key", "at least"),
    "maxProperties": ("key", "at most"),
    "minLength": ("character", "at least"),
    "maxLength": ("character", "at most"),
}
_SHOWN = 60


class Validator:
    """An authoring schema (draft-07, the draft that editors understand).

    Two libraries read it: a fast one says whether data are sound, which nearly all are; and of the rest, another one
    says what is wrong. Importing that one takes longer than looking at all content with the first.

    Raises:
        ValueError: when it is no schema.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._fast = jsonschema_rs.Draft7Validator(dict(schema), validate_formats=False, offline=True)

    def sound(self, data: Any) -> bool:
        """Whether data are as the schema wants them; False where only the other library can tell."""
        try:
            return self._fast.is_valid(data)
        except ValueError:  # a number that has no place in JSON, such as infinity
            return False

    def errors(self, data: Any) -> Iterator[Any]:
        """Everything in which data depart from the schema."""
        import jsonschema  # noqa: PLC0415 - its import takes long, and only broken files need it

        yield from jsonschema.Draft7Validator(self._schema).iter_errors(data)


def read_schema(path: str, content: bytes | None, report: Report) -> Validator:
    """The schema of a file, against which nothing is wrong when there is none, or it is broken and was reported."""
    at = Position(path, 1, 1)
    try:
        return Validator(json.loads(content) if content is not None else {})
    except (ValueError, TypeError, RecursionError):
        before = report.errors
        read_json(path, content or b"", report)
        if report.errors == before:
            what = "this is no JSON Schema, so files of this kind cannot be checked"
            report.error("schema", at, what, remedy="Take the schema that comes with the program.")
        return Validator({})


def check_structure(root: Node, rules: Validator, report: Report, data: Callable[[Node], Any] = plain) -> bool:
    """Report everything in which a file departs from its schema, each at its place; True when nothing does.

    ``data`` makes plain data of a node, by the language in which the file is written.
    """
    written = data(root)
    if rules.sound(written):
        return True
    sound = True
    for error in rules.errors(written):
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
                    f"{_shorter(name) or 'a key without a name'} is not a key of {where}",
                    "It would be ignored, and with it what you meant by it.",
                    _advice(name, known),
                )
    elif error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        report.error("missing-key", node.at, f"{where} lacks {', '.join(missing)}", remedy=advice)
    elif error.validator in ("type", "enum") and error.instance is None:
        report.error("no-value", node.at, f"{where} has no value", remedy=advice or "Write a value, or remove the key.")
    elif error.validator == "enum":
        options = [str(option) for option in error.validator_value]
        report.error(
            "not-an-option",
            node.at,
            f"{_shape(node)} cannot stand here",
            remedy=did_you_mean(str(error.instance), options),
        )
    elif error.validator in ("pattern", "propertyNames"):
        named = node.keys.get(error.instance) if isinstance(node, Fields) else None
        at = named.at if named is not None else node.at
        report.error("form", at, f"{_shorter(str(error.instance))!r} does not have the form of {where}", remedy=advice)
    elif error.validator == "type":
        brace = "A text that starts with { or [ needs quotes. " if isinstance(node, Fields | Items) else ""
        what = f"{where} is {_shape(node)}, where {_expected(error.validator_value)} is expected"
        report.error("structure", node.at, what, remedy=brace + advice)
    elif error.validator in _SIZES:
        noun, bound = _SIZES[error.validator]
        has, limit = _counted(len(error.instance), noun), _counted(error.validator_value, noun)
        report.error("structure", node.at, f"{where} has {has}, where {bound} {limit} can stand", remedy=advice)
    elif error.validator == "uniqueItems" and isinstance(node, Items):
        _report_twice(node, where, report)
    else:
        what = f"{_shape(node)} cannot stand in {where}"
        report.error("structure", node.at, what, remedy=advice or "The guide says what can.")


def _report_twice(node: Items, where: str, report: Report) -> None:
    seen: list[Any] = []
    for item in node:
        value = plain(item)
        if value in seen:
            remedy = "Keep one of them."
            report.error("structure", item.at, f"{_shape(item)} stands twice in {where}", remedy=remedy)
        seen.append(value)


def _advice(name: str, known: Mapping[str, Any]) -> str:
    if ":" in name:
        return _COLON
    return _COMMA if " " in name else did_you_mean(name, known)


def _counted(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _shorter(words: str) -> str:
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"


def _shape(node: Node) -> str:
    match node:
        case Fields():
            return "a mapping"
        case Items():
            return "a list"
        case Text():
            return repr(_shorter(node.value)) if node.value else "nothing"


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
