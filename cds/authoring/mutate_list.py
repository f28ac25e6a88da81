"""Every change of a pack, in the order of its files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cds.authoring.mutate_cases import rule_changes
from cds.authoring.mutate_change import Change, CodesLeft, Edit, systems_of
from cds.authoring.mutate_conditions import Found, names_in
from cds.authoring.mutate_facts import fact_changes
from cds.authoring.mutate_retrieves import reading_changes, retrieve_changes
from cds.authoring.mutate_values import other_settings, parameter_bodies, with_bounds, with_default
from cds.facts.status import CLINICAL
from cds.language.load import Library
from cds.language.node import Fields, Items, Text, fields, text, texts
from cds.language.pack import PackFiles
from cds.language.terminology import ValueSet
from cds.values.codes import CodeSet, code_set

_MISTAKEN = "entered-in-error"


def changes_of(library: Library, pack: str) -> tuple[Change, ...]:
    """The changes of a pack: of its rules, of what they share, of its profiles, and of the value sets that it uses."""
    files = library.packs[pack]
    found: list[Change] = []
    for rule in files.rules:
        name = text(rule.get("rule"))
        found.extend(_of_parameters(rule, name, f"{name}."))
        found.extend(_of_facts(rule, name, f"{name}."))
        found.extend(rule_changes(rule))
    statuses = _statuses(files)
    for file in files.facts:
        found.extend(_of_parameters(file, pack, ""))
        found.extend(_of_facts(file, pack, ""))
        for key, node in fields(file.get("retrieves")):
            several = retrieve_changes(key.value, fields(node), statuses)
            found.extend(_of_pack(each, pack, ("retrieves", key.value), key.value) for each in several)
        for key, node in fields(file.get("readings")):
            several = reading_changes(key.value, fields(node))
            found.extend(_of_pack(each, pack, ("readings", key.value), key.value) for each in several)
    found.extend(_of_withhold(files.pack, pack))
    for profile in files.profiles.values():
        found.extend(_of_profile(profile, files, pack))
    used = names_in(Items(files.pack.at, (files.pack, *files.facts, *files.rules)))
    found.extend(_of_codes((each for each in library.shared.value_sets.values() if each.name in used), pack))
    return tuple(found)


def _of_pack(found: Found, pack: str, path: tuple[str, ...], subject: str, logic: bool = False) -> Change:
    edits = tuple(Edit((*path, *each.path), each.to) for each in found.edits)
    return Change(found.at, pack, found.id, found.kind, edits, subject=subject, logic=logic)


def _of_facts(root: Fields, owner: str, prefix: str) -> Iterator[Change]:
    for key, node in fields(root.get("facts")):
        for found, logic in fact_changes(key.value, fields(node)):
            yield _of_pack(found, owner, ("facts", key.value), f"{prefix}{key.value}", logic)


def _of_parameters(root: Fields, owner: str, prefix: str) -> Iterator[Change]:
    for name, body in parameter_bodies(root):
        default = body.get("default")
        for other in other_settings(body, default) if isinstance(default, Text) else ():
            id, edit = f"{name}: {text(default)} -> {other}", Edit(("parameters", name), with_default(body, other))
            yield Change(body.values["default"].at, owner, id, "parameter", (edit,), subject=f"{prefix}{name}")


def _of_withhold(root: Fields, pack: str) -> Iterator[Change]:
    for key, node in fields(root.get("withhold")):
        edit = Edit(("withhold", key.value), None)
        yield Change(node.at, pack, f"withhold {key.value} dropped", "withhold", (edit,), subject=key.value)


def _of_profile(profile: Fields, files: PackFiles, pack: str) -> Iterator[Change]:
    """Another value for each parameter that a profile sets, within the parameter's bounds."""
    name = text(profile.get("profile"))
    shared = {each: body for file in files.facts for each, body in parameter_bodies(file)}
    for key, node in fields(profile.get("parameters")):
        yield from _of_profile_value(name, "", key, node, shared.get(key.value), ("parameters",), pack)
    for owner, values in fields(profile.get("rules")):
        rule = next((each for each in files.rules if text(each.get("rule")) == owner.value), None)
        own = dict(parameter_bodies(rule)) if rule is not None else {}
        for key, node in fields(values):
            yield from _of_profile_value(
                name, f"{owner.value}.", key, node, own.get(key.value), ("rules", owner.value), pack
            )


def _of_profile_value(
    profile: str, prefix: str, key: Text, node: object, body: Fields | None, path: tuple[str, ...], pack: str
) -> Iterator[Change]:
    if body is None or not isinstance(node, Text):
        return
    for other in other_settings(body, node):
        if with_bounds(body, other) != body:
            continue  # a site could not set it either, and the loader says so
        id, edit = (
            f"{profile} {prefix}{key.value}: {node.value} -> {other}",
            Edit((*path, key.value), Text(node.at, other)),
        )
        yield Change(node.at, pack, id, "profile", (edit,), subject=f"{prefix}{key.value}")


def _of_codes(sets: Iterable[ValueSet], pack: str) -> Iterator[Change]:
    """A value set without its codes, without those of one system, without the codes below, and with those excluded."""
    for each in sets:
        name, systems = each.name, tuple(systems_of(each))
        left = [(f"{name} without its codes", CodesLeft())]
        if len(systems) > 1:
            left += [(f"{name} without {system}", CodesLeft(without=system)) for system in systems]
        if any(line.descendants for line in each.codes.lines):
            left.append((f"{name} without the codes below", CodesLeft(descendants=False)))
        if _excludes(each.codes):
            left.append((f"{name} with what is excluded", CodesLeft(exclusions=False)))
        for id, codes in left:
            yield Change(each.at, pack, id, "codes", codes=codes, subject=name)


def _excludes(codes: CodeSet) -> bool:
    """Whether the set would hold anything that it excludes; a near miss is often named for the reader alone."""
    every = code_set(codes.name, codes.title, codes.lines)
    return any(every.find(each) is not None for each in codes.excluded)


def _statuses(files: PackFiles) -> dict[str, tuple[str, ...]]:
    """Every status that a resource of a data group may have and some retrieve tells from others, by group.

    A mistaken problem or allergy is told by its verification, which no retrieve names.
    """
    found: dict[str, dict[str, None]] = {}
    for file in files.facts:
        for _, node in fields(file.get("retrieves")):
            for group in texts(fields(node).get("group")):
                named = (each.value for each in texts(fields(node).get("status")))
                found.setdefault(group.value, {}).update(dict.fromkeys(named))
    for name, several in found.items():
        if text(fields(fields(files.data.get("groups")).get(name)).get("search")) not in CLINICAL:
            several[_MISTAKEN] = None
    return {name: tuple(several) for name, several in found.items()}
