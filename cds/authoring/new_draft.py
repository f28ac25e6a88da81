"""What a new rule, pack or value set is made of: the scaffold, and the names of the content that it starts with."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from cds.authoring.new_files import Draft, filled, with_rule
from cds.errors import StartError
from cds.facts.kinds import KINDS
from cds.language.load import Files, Library, compile_plan, read_library
from cds.language.node import Text, fields, items, text
from cds.language.plan import Plan
from cds.language.report import Report, did_you_mean

_PLAIN_RETRIEVE = {"group", "called", "code_in", "status", "doubtful"}


def new_value_set(name: str, files: Files, root: Path, today: date) -> Draft:
    """A value set with one placeholder for a code.

    Raises:
        StartError: when there is one of the name, in either form.
    """
    for path in (f"rules/valuesets/{name}.yaml", f"rules/valuesets/{name}.json"):
        if path in files:
            raise StartError(f"{path}: there already; nothing was written")
    return Draft({f"valuesets/{name}.yaml": _value_set(name, _title(name), root, today)}, {})


def new_rule(name: str, pack: str, topic: str, files: Files, root: Path) -> Draft:
    """A rule and its tests in a pack, and its place at the end of the pack's list.

    Args:
        name: of the rule.
        pack: of the pack; empty where there is only one.
        topic: of the card; empty for the first of the pack.
        files: the content.
        root: where it lies.

    Raises:
        StartError: when a name is taken or unknown, or the content is broken.
    """
    library = _library(files)
    pack = _pack(pack, library)
    folder = _folder(library, pack)
    if f"{folder}/{name}.yaml" in files:
        raise StartError(f"{folder}/{name}.yaml: there already; nothing was written")
    plan = _plan(library, pack)
    topics = [each.code for each in plan.topics]
    if topic and topic not in topics:
        raise StartError(f"no topic of {pack} is called {topic}. {did_you_mean(topic, topics)}")
    retrieve, group = _retrieve(library, pack)
    tests = files.get(f"{folder}/pack.test.yaml", b"").decode()
    hook = next((each for each in plan.hooks if f"hook: {each}" in tests), plan.hooks[0])
    names = {
        **_names(name, folder.count("/")),
        "topic": topic or topics[0],
        "phases": ", ".join(plan.shows.get(hook, {"unknown": ()})),
        "evidence": next(iter(fields(library.packs[pack].pack.get("evidence")).values)),
        "retrieve": retrieve,
        "group": group,
        "finding": _finding(name, library, pack),
    }
    new = {f"{folder}/{name}{end}".removeprefix("rules/"): filled(root, f"rule{end}", names) for end in _ENDINGS}
    listed = with_rule(files[f"{folder}/pack.yaml"].decode("utf-8-sig"), name)
    if listed is None:
        raise StartError(f"{folder}/pack.yaml: add a list rules: with the line '  - {name}' first")
    return Draft(new, {f"{folder}/pack.yaml".removeprefix("rules/"): listed})


_ENDINGS = (".yaml", ".test.yaml")


def new_pack(name: str, files: Files, root: Path, today: date) -> Draft:
    """A pack of one rule, with a profile, data groups, and value sets of placeholders.

    Raises:
        StartError: when there is a pack of the name.
    """
    if any(path.startswith(f"rules/{name}/") for path in files):
        raise StartError(f"rules/{name}: there already; nothing was written")
    profile = f"{name}-draft"  # not that of the defaults: a draft is served only where a site names it
    names = {**_names(name, 1), "today": today.isoformat(), "profile": profile}
    rule = f"{name}-first-check"
    of_rule = {
        **_names(rule, 1),
        "topic": "checks",
        "phases": "initial, restart, unknown, continuation",
        "evidence": "first-source",
        "retrieve": "check_orders",
        "group": "orders",
        "finding": "CHECK-01",
    }
    new = {
        f"{name}/pack.yaml": filled(root, "pack/pack.yaml", names),
        f"{name}/data.yaml": filled(root, "pack/data.yaml", names),
        f"{name}/facts/shared.yaml": filled(root, "pack/facts.yaml", names),
        f"{name}/profiles/{profile}.yaml": filled(root, "pack/profile.yaml", names),
        f"{name}/pack.test.yaml": filled(root, "pack/pack.test.yaml", names),
        **{f"{name}/{rule}{end}": filled(root, f"rule{end}", of_rule) for end in _ENDINGS},
    }
    for each in (f"{name}-product", f"{name}-check"):
        new[f"valuesets/{each}.yaml"] = _value_set(each, _title(each), root, today)
    return Draft(new, {})


def _value_set(name: str, title: str, root: Path, today: date) -> str:
    names = {**_names(name, 1), "title": title, "today": today.isoformat(), "version": f"{today:%Y.%m}"}
    return filled(root, "valueset.yaml", names)


def _names(name: str, depth: int) -> dict[str, str]:
    up = "../" * depth
    return {
        "name": name,
        "title": _title(name),
        "plain": name.replace("-", " "),
        "to_schema": f"{up}schema",
        "to_deep_schema": f"../{up}schema",
    }


def _title(name: str) -> str:
    words = name.replace("-", " ")
    return words[0].upper() + words[1:]


def _library(files: Files) -> Library:
    report = Report()
    library = read_library(files, KINDS, report)
    if report.errors:
        raise StartError(f"the content has errors; mend them first: {report.found[0].at}: {report.found[0].what}")
    return library


def _pack(name: str, library: Library) -> str:
    if name in library.packs:
        return name
    if not name and len(library.packs) == 1:
        return next(iter(library.packs))
    if not name:
        raise StartError(f"name the pack with --pack: {', '.join(sorted(library.packs)) or 'there is none'}")
    raise StartError(f"no pack is called {name}. {did_you_mean(name, library.packs)}")


def _folder(library: Library, pack: str) -> str:
    return library.packs[pack].pack.at.file.removesuffix("/pack.yaml")


def _plan(library: Library, pack: str) -> Plan:
    report = Report()
    compiled = compile_plan(library, pack, next(iter(library.packs[pack].profiles), ""), report)
    if compiled is None or report.errors:
        raise StartError(f"{pack} has errors; mend them first: {report.found[0].at}: {report.found[0].what}")
    return compiled.plan


def _retrieve(library: Library, pack: str) -> tuple[str, str]:
    """A retrieve to start with, and its group: one that finds a record by its code alone."""
    groups = fields(library.packs[pack].data.get("groups"))
    for file in library.packs[pack].facts:
        for key, node in fields(file.get("retrieves")):
            body = fields(node)
            group = body.get("group")
            if set(body.values) <= _PLAIN_RETRIEVE and "code_in" in body and isinstance(group, Text):
                asked = fields(groups.get(group.value))
                if "search" in asked and text(asked.get("optional")) != "yes":
                    return key.value, group.value
    raise StartError(f"{pack} has no retrieve with group and code_in to start from; write one in its facts/ first")


def _finding(name: str, library: Library, pack: str) -> str:
    """An id that no finding of the pack has, in force or not."""
    cases = (fields(case) for rule in library.packs[pack].rules for case in items(rule.get("cases")))
    taken = {text(case.get("finding")) for case in cases}
    stem = re.sub("[^A-Z]", "", name.split("-", maxsplit=1)[0].upper()) or "RULE"
    return next(found for number in range(1, 100) if (found := f"{stem}-{number:02}") not in taken)
