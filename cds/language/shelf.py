"""Compiles what a pack offers its rules by name: evidence, override reasons, suggestions, topics, groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cds.language.group import DataGroup
from cds.language.literals import read_code
from cds.language.node import Fields, Text, fields, text, texts
from cds.language.plan import Evidence, OverrideReason, SuggestionPlan, Topic
from cds.language.report import Report, did_you_mean
from cds.language.retrieve import Retrieve
from cds.language.terminology import System, ValueSet
from cds.values.codes import Code


def read_evidence(node: Fields) -> dict[str, Evidence]:
    """The evidence list: sources that rules name and cards show."""
    found = {}
    for key, value in node:
        body = fields(value)
        found[key.value] = Evidence(
            key.value,
            text(body.get("title")),
            text(body.get("section")),
            text(body.get("grade")),
            text(body.get("url")),
        )
    return found


def read_overrides(node: Fields, system: str) -> dict[str, OverrideReason]:
    """The override reasons, each a Coding of the pack's own system."""
    return {key.value: OverrideReason(key.value, system, key.value, text(value)) for key, value in node}


def read_topics(node: Fields) -> tuple[Topic, ...]:
    """The topics, in the order of cards."""
    return tuple(Topic(key.value, text(value)) for key, value in node)


def read_suggestions(node: Fields, systems: Mapping[str, System], report: Report) -> dict[str, SuggestionPlan]:
    """The named suggestions: a resource to create, as a template, or the order to delete."""
    found = {}
    for key, value in node:
        body = fields(value)
        action = "delete" if "delete" in body else "create"
        resource = _resource(body, systems, report) if action == "create" else {}
        found[key.value] = SuggestionPlan(
            key.value, text(body.get("label")), text(body.get("description")), action, resource
        )
    return found


def _resource(body: Fields, systems: Mapping[str, System], report: Report) -> dict[str, Any]:
    concept: dict[str, Any] = {}
    code_node = body.get("code")
    if isinstance(code_node, Text):
        found = read_code(code_node.value)
        system = systems.get(found[0]) if found else None
        if found is None or system is None:
            advice = did_you_mean(code_node.value.partition(" ")[0], systems)
            report.error("code-form", code_node.at, f"{code_node.value!r} is not SYSTEM CODE", remedy=advice)
        else:
            concept["coding"] = [{"system": system.url, "code": found[1], "display": text(body.get("display"))}]
    concept["text"] = text(body.get("text")) or text(body.get("label"))
    if text(body.get("create")) == "Task":
        return {
            "resourceType": "Task",
            "status": "draft",
            "intent": "proposal",
            "code": concept,
            "description": text(body.get("description")),
        }
    return {"resourceType": "ServiceRequest", "status": "draft", "intent": "order", "code": concept}


def read_groups(node: Fields) -> dict[str, DataGroup]:
    """The data groups, without their codes: those follow from the retrieves."""
    found = {}
    for key, value in node:
        body = fields(value)
        found[key.value] = DataGroup(
            name=key.value,
            title=text(body.get("title")),
            type=text(body.get("read")) or text(body.get("search")),
            parameter=text(body.get("by")) if "search" in body else "",
            token=text(body.get("id")),
            sort=text(body.get("newest_first")) and f"-{text(body.get('newest_first'))}",
            optional=text(body.get("optional")) == "yes",
            alternative_to=text(body.get("alternative_to")),
        )
    return found


def with_codes(
    groups: Mapping[str, DataGroup],
    node: Fields,
    retrieves: Iterable[Retrieve],
    value_sets: Mapping[str, ValueSet],
    report: Report,
) -> dict[str, DataGroup]:
    """The groups with the codes to filter by: those of every retrieve on the group, and of the panels named beside.

    So a search can return more than a rule needs, and never less.
    """
    found = dict(groups)
    for name, group in groups.items():
        key = node.keys[name]
        body = fields(node.values[name])
        if text(body.get("codes")) != "of the retrieves":
            continue
        lines = [line for each in retrieves if name in each.groups for line in (each.codes or ())]
        for set_name in texts(body.get("also")):
            value_set = value_sets.get(set_name.value)
            if value_set is None:
                advice = did_you_mean(set_name.value, value_sets)
                report.error("unknown-valueset", set_name.at, f"no value set is called {set_name.value}", remedy=advice)
            else:
                lines.extend(value_set.codes)
        if any(each.codes is None for each in retrieves if name in each.groups):
            report.error(
                "group-codes",
                key.at,
                f"{name} filters by code, and a retrieve on it names no codes",
                "What it looks for would never be fetched.",
                "Give the retrieve code_in, or take codes: away.",
            )
        wide = sorted({line.short for line in lines if line.descendants})
        if wide:
            report.error("group-codes", key.at, f"{name} filters by code, and {wide[0]} stands for its descendants too")
        found[name] = _coded(group, {line.short: line.code for line in reversed(lines)})
    return found


def _coded(group: DataGroup, codes: Mapping[str, Code]) -> DataGroup:
    ordered = tuple(codes[short] for short in sorted(codes))
    return DataGroup(
        group.name,
        group.title,
        group.type,
        group.parameter,
        group.token,
        ordered,
        group.sort,
        group.optional,
        group.alternative_to,
    )
