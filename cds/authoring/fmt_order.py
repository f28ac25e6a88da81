"""The order of keys: that of the schema of a file's kind; in a fact its question, its kind, and the kind's keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from cds.authoring.fmt_tree import Branch, Entry
from cds.facts.kinds import KINDS
from cds.language.load import Files

KIND_OF = {
    "rule": "rule",
    "tests_for": "test",
    "finds_for": "finds",
    "pack": "pack",
    "profile": "profile",
    "valueset": "valueset",
    "site": "site",
    "hook": "hook",
    "groups": "data",
    "units": "units",
    "systems": "systems",
    "parameters": "facts",
    "readings": "facts",
    "retrieves": "facts",
    "facts": "facts",
    "words": "words",
}
"""The key that only files of one kind have at their top → the kind; the first that is there counts."""

SECTIONS = {
    "rule": ("parameters", "facts", "cases", "history"),
    "facts": ("parameters", "readings", "retrieves", "facts"),
}
"""Kinds of file whose parts are set apart by a blank line."""


def kind_of(keys: Mapping[str, object] | set[str], path: str) -> str:
    """The kind of a file by the keys at its top; empty when it is none of ours."""
    if path.endswith("defaults.yaml"):
        return "defaults"
    return next((kind for key, kind in KIND_OF.items() if key in keys), "")


def schema_of(files: Files, kind: str) -> Mapping[str, Any]:
    """The authoring schema of a kind of file."""
    schema: Mapping[str, Any] = json.loads(files[f"rules/schema/{kind}.schema.json"])
    return schema


def put_in_order(root: Branch, schema: Mapping[str, Any], kind: str) -> None:
    """Put the keys of a file in order, each with the comments that belong to it."""
    _Orderer(schema).order(root, schema)
    if kind in ("rule", "facts"):
        _each_fact(root, _order_fact)


class _Orderer:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            found: Mapping[str, Any] = self.root
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            schema = found
        return schema

    def order(self, branch: Branch, schema: Mapping[str, Any]) -> None:
        schema = self.resolved(schema)
        known = schema.get("properties", {})
        if branch.mapping and known:
            _sort(branch, list(known))
        for entry in branch.entries:
            inner = known.get(entry.key.value) if entry.key is not None else schema.get("items")
            if inner is None and entry.key is not None:
                inner = schema.get("additionalProperties")
            if isinstance(entry.value, Branch) and isinstance(inner, Mapping):
                self.order(entry.value, inner)


def _each_fact(root: Branch, do: Callable[[Branch], None]) -> None:
    for section in root.entries:
        if section.key is not None and section.key.value == "facts" and isinstance(section.value, Branch):
            for fact in section.value.entries:
                if isinstance(fact.value, Branch) and fact.value.mapping:
                    do(fact.value)


def _order_fact(fact: Branch) -> None:
    kind = next((entry.key.value for entry in fact.entries if entry.key is not None and entry.key.value in KINDS), "")
    _sort(fact, ["ask", "title", kind, *(KINDS[kind].keys if kind else ())])


def _sort(branch: Branch, names: list[str]) -> None:
    place = {name: number for number, name in enumerate(names)}

    def of(entry: Entry) -> int:
        return place.get(entry.key.value, len(place)) if entry.key is not None else 0

    branch.entries.sort(key=of)
