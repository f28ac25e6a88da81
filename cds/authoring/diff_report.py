"""What ``diff`` found, as JSON and as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cds.authoring.version_effects import GAINS, INDICATOR, LOSES, Effect
from cds.authoring.version_step import Change, Step, TooSmall


@dataclass(frozen=True)
class Compared:
    """Two versions of one pack.

    Attributes:
        declared: the versions of the pack.
        profiles: under which patients were asked.
        patients: how many recordings there were.
        rules: rule → what changed in it, for those that changed.
        versions: rule → its versions as declared.
        whole: what changed in the pack beside its rules.
        effects: which patients get something else.
        too_small: declared versions that say less than what changed.
    """

    pack: str
    declared: tuple[str, str]
    profiles: tuple[str, ...]
    patients: int
    rules: Mapping[str, tuple[Change, ...]]
    versions: Mapping[str, tuple[str, str]]
    whole: tuple[Change, ...]
    effects: tuple[Effect, ...]
    too_small: tuple[TooSmall, ...]


def as_json(found: Compared) -> dict[str, Any]:
    """The comparison, ready for JSON."""
    return {
        "pack": found.pack,
        "version": {"old": found.declared[0], "new": found.declared[1]},
        "profiles": list(found.profiles),
        "patients": found.patients,
        "packChanges": _changes(found.whole),
        "rules": [
            {
                "rule": rule,
                "version": {"old": found.versions[rule][0], "new": found.versions[rule][1]},
                "needs": _needed(changes),
                "changes": _changes(changes),
            }
            for rule, changes in found.rules.items()
        ],
        "effects": [
            {
                "rule": each.rule,
                "what": each.what,
                "finding": each.finding,
                "says": each.says,
                "file": each.file,
                "profile": each.profile,
            }
            for each in sorted(found.effects, key=lambda each: (each.rule, each.what, each.finding, each.file))
        ],
        "tooSmall": [
            {
                "subject": each.subject,
                "old": each.old,
                "new": each.new,
                "needs": each.needed.word,
                "smallest": each.sufficient,
            }
            for each in found.too_small
        ],
    }


def as_text(said: Mapping[str, Any]) -> str:
    """The comparison as plain text: patients first, then what changed, then what is wrong with versions."""
    version = said["version"]
    files = {each["file"] for each in said["effects"]}
    lines = [
        f"{said['pack']} {version['old']} to {version['new']}",
        f"{len(files)} of {said['patients']} patients get something else, under {', '.join(said['profiles'])}",
    ]
    for rule in dict.fromkeys(each["rule"] for each in said["effects"]):
        lines += ["", rule, *_effect_lines(each for each in said["effects"] if each["rule"] == rule)]
    changed = [(f"{each['rule']} ({_arrow(each['version'])})", each["changes"]) for each in said["rules"]]
    for title, changes in (*changed, ("the pack", said["packChanges"])):
        if changes:
            lines += ["", f"Changes in {title}", *(f"  {each['step']:<6} {each['what']}" for each in changes)]
    lines.append("")
    if not said["tooSmall"]:
        lines.append("The declared versions say enough.")
    lines += [
        f"{each['subject']}: version {each['new']} after {each['old']} is too small for a {each['needs']} change; "
        f"the smallest that says it is {each['smallest']}"
        for each in said["tooSmall"]
    ]
    return "\n".join(lines) + "\n"


def _effect_lines(found: Iterable[Mapping[str, Any]]) -> list[str]:
    by_effect: dict[str, list[str]] = {}
    for each in found:
        said = f"  {_VERBS[each['what']]} {each['finding']}" + (f" ({each['says']})" if each["says"] else "")
        by_effect.setdefault(said, []).append(f"{_patient(each['file'])} under {each['profile']}")
    return [line for said, patients in by_effect.items() for line in (f"{said}:", f"    {', '.join(patients)}")]


_VERBS = {GAINS: "gains", LOSES: "loses", INDICATOR: "another indicator,", "text": "another text,"}


def _patient(file: str) -> str:
    return file.removesuffix(".json").removesuffix(".request")


def _arrow(version: Mapping[str, str]) -> str:
    return version["old"] if version["old"] == version["new"] else f"{version['old']} to {version['new']}"


def _changes(changes: Iterable[Change]) -> list[dict[str, str]]:
    ordered = sorted(changes, key=lambda each: (-each.step, each.what))
    return [{"step": each.step.word, "what": each.what} for each in ordered]


def _needed(changes: Iterable[Change]) -> str:
    return max((each.step for each in changes), default=Step.NONE).word
