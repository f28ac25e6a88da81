"""``diff OLD NEW``: which patients get another card, and whether the declared versions say so."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cds.authoring.diff_report import Compared, as_json, as_text
from cds.authoring.version_compare import pack_changes, rule_changes
from cds.authoring.version_effects import Effect, behaviour, effects
from cds.authoring.version_reach import written
from cds.authoring.version_step import Change, Step, too_small
from cds.authoring.version_values import set_anew
from cds.cli_evaluate import BUDGET_MS
from cds.cli_recorded import Asked, Recording, outcomes, read_recordings
from cds.cli_replay import read_order
from cds.content import find_content, read_version
from cds.errors import ContentError, StartError
from cds.facts.kinds import KINDS
from cds.language.load import Files, Library, read_library
from cds.language.node import text
from cds.language.report import Report
from cds.settings import Settings
from cds.web.services import load_ready

_FIXTURES = ("vignettes", "conversations")


@dataclass(frozen=True)
class _Version:
    folder: Path
    files: Files
    library: Library


def run_diff(args: argparse.Namespace) -> int:
    """Compare two versions of the rules. Exit code: 1 when a declared version is too small."""
    old, new = _version(args.old), _version(args.new)
    recordings = _recordings(args.patients)
    order = read_order(args.order) if args.order is not None else None
    profiles = _profiles(old, new, args.profile)
    asked = Asked(order=order, today=args.today)
    found = tuple(each for profile in profiles for each in _effects(old, new, profile, recordings, asked))
    packs = sorted(old.library.packs.keys() & new.library.packs.keys())
    if not packs:
        raise StartError(f"{args.old} and {args.new} have no pack in common")
    compared = [_compared(name, old, new, found, _of(name, old, profiles), len(recordings)) for name in packs]
    said = [as_json(each) for each in compared]
    sys.stdout.write(
        json.dumps(said, indent=2, ensure_ascii=False) + "\n" if args.json else "\n".join(map(as_text, said))
    )
    return 1 if any(each.too_small for each in compared) else 0


def _version(folder: Path) -> _Version:
    if not folder.is_dir():
        raise StartError(f"{folder}: there is no such folder")
    files = read_version(folder)
    report = Report()
    library = read_library(files, KINDS, report)
    if report.errors:
        sys.stderr.write(f"in {folder}:\n")
        raise ContentError(report.found)
    return _Version(folder, files, library)


def _recordings(folder: Path | None) -> tuple[Recording, ...]:
    if folder is not None:
        return read_recordings(folder)
    fixtures = find_content().path / "fixtures"
    if not all((fixtures / name).is_dir() for name in _FIXTURES):
        raise StartError("the patients of the checkout are not here; name others with --patients DIR")
    return tuple(each for name in _FIXTURES for each in read_recordings(fixtures / name))


def _profiles(old: _Version, new: _Version, wanted: str | None) -> tuple[str, ...]:
    """The profiles under which both versions are asked: one that is wanted, or each that is active in both."""
    active = [
        {
            name
            for pack in each.library.packs.values()
            for name, root in pack.profiles.items()
            if wanted == name or (wanted is None and text(root.get("status")) == "active")
        }
        for each in (old, new)
    ]
    both = tuple(sorted(active[0] & active[1]))
    if not both:
        raise StartError(f"no profile{f' {wanted}' if wanted else ''} is in force in both versions")
    return both


def _of(pack: str, version: _Version, profiles: Sequence[str]) -> tuple[str, ...]:
    """The profiles that are of a pack; each profile is of one."""
    return tuple(each for each in profiles if each in version.library.packs[pack].profiles)


def _effects(
    old: _Version, new: _Version, profile: str, recordings: Sequence[Recording], asked: Asked
) -> Iterator[Effect]:
    settings = Settings(open=True, profile=profile, budget_ms=BUDGET_MS)
    ready = []
    for each in (old, new):
        try:
            ready.append(load_ready(each.files, profile))
        except ContentError:
            sys.stderr.write(f"in {each.folder}:\n")
            raise
    both = zip(*(outcomes(recordings, each, settings, asked) for each in ready), strict=True)
    for before, after in both:
        if before.answer is not None and after.answer is not None:
            yield from effects(before.recording.file, profile, before.answer, after.answer)


def _compared(
    name: str,
    old: _Version,
    new: _Version,
    found: tuple[Effect, ...],
    profiles: tuple[str, ...],
    patients: int,
) -> Compared:
    before, after = written(old.library, name), written(new.library, name)
    found = tuple(each for each in found if each.profile in profiles)
    rules: dict[str, tuple[Change, ...]] = {}
    versions: dict[str, tuple[str, str]] = {}
    for rule in before.rules:
        if rule not in after.rules:
            continue
        static = rule_changes(before, after, rule)
        mine = tuple(each for each in found if each.rule == rule)
        rules[rule] = (*static, *behaviour(mine, set_anew(before, after, rule, profiles)))
        versions[rule] = _declared(before.rules[rule], after.rules[rule])
    of_pack = pack_changes(before, after)
    if not of_pack and _content(name, old) != _content(name, new):
        of_pack = (Change(Step.PATCH, "content files changed"),)
    whole = (
        *of_pack,
        *(Change(each.step, f"{rule}: {each.what}") for rule, several in rules.items() for each in several),
    )
    declared = _declared(before.pack, after.pack)
    small = [too_small(f"rule {rule}", *versions[rule], changes) for rule, changes in rules.items()]
    small.append(too_small(f"pack {name}", *declared, whole))
    return Compared(
        pack=name,
        declared=declared,
        profiles=profiles,
        patients=patients,
        rules={rule: changes for rule, changes in rules.items() if changes},
        versions=versions,
        whole=of_pack,
        effects=found,
        too_small=tuple(each for each in small if each is not None),
    )


def _content(pack: str, version: _Version) -> dict[str, bytes]:
    """What a pack serves: its files, not its tests, which change nothing, nor files of other packs."""
    others = tuple(f"rules/{each}/" for each in version.library.packs if each != pack)
    return {
        name: body
        for name, body in version.files.items()
        if not name.endswith(".test.yaml") and not name.startswith(others)
    }


def _declared(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, str]:
    return str(before.get("version", "")), str(after.get("version", ""))
