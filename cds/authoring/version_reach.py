"""What a rule rests on, as it is written: its facts, and all that they name, down to value sets and data groups."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cds.language.load import Library
from cds.language.node import Fields, fields, plain, text
from cds.language.terminology import ValueSet

_WORDS = frozenset({"ask", "title", "called", "basis", "says"})
"""Keys whose text is read and never decides."""
_TEXTS = frozenset({"headline", "found", "why", "do", "silent", "not_checked"})
_SLOT = re.compile(r"\{\s*([a-z][a-z0-9_]*)")

Definitions = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Written:
    """A pack as it is written, ready to be compared.

    Attributes:
        rules: rule → its file.
        definitions: section (facts, retrieves, readings, drugs, value sets, groups) → name → what stands there.
        parameters: the shared ones.
    """

    pack: Mapping[str, Any]
    profiles: Mapping[str, Mapping[str, Any]]
    rules: Mapping[str, Mapping[str, Any]]
    definitions: Definitions
    parameters: Mapping[str, Any]
    groups: Mapping[str, Any]


@dataclass(frozen=True)
class Reach:
    """What a rule rests on.

    Attributes:
        logic: everything that decides, by section and name; equal logic, equal behaviour for equal parameters.
        parameters: its own and the shared ones that it names.
        groups: the data groups that it looks at.
    """

    logic: Definitions
    parameters: Mapping[str, Any]
    groups: frozenset[str]


def written(library: Library, name: str) -> Written:
    """A pack of a library as it is written."""
    content = library.packs[name]
    sections: dict[str, dict[str, Any]] = {"facts": {}, "retrieves": {}, "readings": {}}
    parameters: dict[str, Any] = {}
    for file in content.facts:
        for section, found in sections.items():
            found.update(_plain(fields(file.get(section))))
        parameters.update(_plain(fields(file.get("parameters"))))
    pack = plain(content.pack)
    groups = _plain(fields(content.data.get("groups")))
    definitions = {
        **sections,
        "drugs": pack.get("drugs", {}),
        "value sets": {each: _value_set(found) for each, found in library.shared.value_sets.items()},
    }
    return Written(
        pack,
        {each: plain(root) for each, root in content.profiles.items()},
        {text(root.get("rule")): plain(root) for root in content.rules},
        {section: {each: _deciding(body) for each, body in found.items()} for section, found in definitions.items()},
        parameters,
        groups,
    )


def reach(pack: Written, rule: str) -> Reach:
    """What a rule rests on, through every name that it mentions."""
    root = pack.rules[rule]
    said = {key: root[key] for key in ("cases", "facts", "applies") if key in root}
    return _reach(pack, said, root.get("facts", {}), root.get("parameters", {}))


def pack_reach(pack: Written) -> Reach:
    """What the phase of treatment rests on, and what recognises the drug: it counts for no single rule."""
    return _reach(pack, {key: pack.pack[key] for key in ("phase", "trigger", "drugs") if key in pack.pack}, {}, {})


def _reach(pack: Written, said: Any, own: Mapping[str, Any], parameters_of_its_own: Mapping[str, Any]) -> Reach:
    logic: dict[str, dict[str, Any]] = {"facts": {name: _deciding(body) for name, body in own.items()}}
    parameters = dict(parameters_of_its_own)
    groups: set[str] = set()
    seen: set[str] = set()
    waiting = list(_names(said))
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in pack.parameters and name not in parameters:
            parameters[name] = pack.parameters[name]
        if name in pack.groups:
            groups.add(name)
        for section, found in pack.definitions.items():
            if name in found and not (section == "facts" and name in own):
                logic.setdefault(section, {})[name] = found[name]
                waiting.extend(_names(found[name]))
    return Reach(logic, parameters, frozenset(groups))


def case_logic(case: Mapping[str, Any]) -> Mapping[str, Any]:
    """A case without its texts: when it holds, and what it ends in."""
    said = {name: value for name, value in case.items() if name not in _TEXTS}
    return {**said, **{name: True for name in ("silent", "not_checked") if name in case}}


def _names(body: Any) -> Iterator[str]:
    """Everything that may be a name: keys, whole words, and what stands in the slots of a text."""
    match body:
        case str():
            yield body
            yield from _SLOT.findall(body)
        case dict():
            for key, value in body.items():
                yield str(key)
                yield from _names(value)
        case list():
            for each in body:
                yield from _names(each)


def _deciding(body: Any) -> Any:
    return {name: value for name, value in body.items() if name not in _WORDS} if isinstance(body, dict) else body


def _value_set(found: ValueSet) -> dict[str, Any]:
    lines = sorted(
        (each.code.system, each.code.code, each.descendants, str(each.score), each.strength)
        for each in found.codes.lines
    )
    excluded = sorted((each.system, each.code) for each in found.codes.excluded)
    return {"codes": [list(each) for each in lines], "excluded": excluded, "scale": str(found.scale)}


def _plain(body: Fields) -> dict[str, Any]:
    return {key.value: plain(node) for key, node in body}
