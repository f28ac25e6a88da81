"""``isotretinoin-cds check``: read, compile, prove and lint the content, and print everything that is found."""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from cds.authoring.consequences import causes
from cds.authoring.diagnostics_github import render_github
from cds.authoring.diagnostics_json import render_json
from cds.authoring.diagnostics_sarif import render_sarif
from cds.authoring.diagnostics_text import render_text
from cds.authoring.test_names import check_tests
from cds.authoring.test_pack import PACK_TESTS
from cds.authoring.test_suite import ENDING, read_forms
from cds.cards.suggest import check_suggestions
from cds.clock import today_in
from cds.content import ContentRoot, find_content, read_content
from cds.errors import ContentError, StartError
from cds.facts.kinds import KINDS
from cds.language.checks.silence import read_silences, report_unused, sort_out
from cds.language.checks.subject import Subject
from cds.language.checks.table import run_lints
from cds.language.checks.unused_name import used_by
from cds.language.defaults import PATH as DEFAULTS
from cds.language.defaults import default_profile
from cds.language.load import Files, Library, compile_plan, read_library
from cds.language.node import Fields
from cds.language.pack import Compiled, compile_pack
from cds.language.prove import Proofs
from cds.language.report import Report
from cds.values.diagnostic import Diagnostic, Severity

CLEAN, FINDINGS, COULD_NOT_RUN = 0, 1, 2

Render = Callable[[Iterable[Diagnostic]], str]
FORMATS: dict[str, Render] = {
    "text": render_text,
    "json": render_json,
    "sarif": render_sarif,
    "github": render_github,
}
SHOWING_SILENCED: tuple[Render, ...] = (render_json, render_sarif)
"""Forms that say of a finding that it is silenced, and why; the others only count."""


@dataclass(frozen=True)
class Examined:
    """What an examination of content found, in the order of files and lines, and what it looked at.

    ``silenced`` are findings that their files let stand, with the reasons; they are not among ``diagnostics``.
    ``doubtful`` are the facts that profiles mark so: the day of the review, the fact, and the profiles.
    """

    diagnostics: tuple[Diagnostic, ...]
    plans: tuple[str, ...]
    doubtful: tuple[tuple[str, str, tuple[str, ...]], ...]
    silenced: tuple[Diagnostic, ...] = ()


def run_check(args: argparse.Namespace) -> int:
    """Check the content as the command line asks.

    Returns:
        0 when nothing was found, 1 when anything was (a warning too), 2 when the check could not run.
    """
    rules = tuple(Path(each) for each in getattr(args, "rules", None) or ())
    paths = tuple(Path(each) for each in getattr(args, "paths", None) or ())
    render = FORMATS[getattr(args, "format", None) or "text"]
    today = getattr(args, "today", None) or today_in("UTC")()
    try:
        root = find_content(rules)
        if getattr(args, "stdin", False) or [str(path) for path in paths] == ["-"]:
            name = content_name_of_text(getattr(args, "name", None), root, rules)
            files = {**read_content(root, rules), name: sys.stdin.buffer.read()}
            names: tuple[str, ...] = (name,)
        else:
            names = tuple(content_name(path, root, rules) for path in paths)
            files = read_content(root, rules)
        with _no_collection():
            examined = examine(_looked_at(files, names), today, getattr(args, "profile", None) or "")
    except (StartError, OSError) as problem:
        print(f"check: {problem}", file=sys.stderr)
        return COULD_NOT_RUN
    shown = [each for each in examined.diagnostics if not names or _under(each.at.file, names)]
    silenced = [each for each in examined.silenced if not names or _under(each.at.file, names)]
    written = render([*shown, *silenced] if render in SHOWING_SILENCED else shown)
    if written:
        print(written)
    hidden = [each for each in examined.diagnostics if each not in shown and each.severity is Severity.ERROR]
    if hidden:
        print(f"check: {_counted(len(hidden), 'error')} elsewhere; until then not all was looked at", file=sys.stderr)
    if written and render is render_text:
        print(f"\n{_counted(len(shown), 'finding')}{_also_silenced(silenced)}")
    elif render is render_text and not hidden:
        print(f"No findings{_also_silenced(silenced)}: {', '.join(examined.plans)}.")
        _list_doubtful(examined)
    return FINDINGS if shown or hidden else CLEAN


def examine(files: Files, today: date, profile: str = "") -> Examined:
    """Everything that is wrong with content, or that an author should look at.

    Args:
        files: the content by path.
        today: the day on which reviews are due or not.
        profile: check only this one, in the packs that have it; empty for every profile.

    Raises:
        StartError: when no pack has the profile.
    """
    report = Report()
    roots: dict[str, Fields] = {}
    library = read_library(files, KINDS, report, roots)
    wanted = _plans(library, profile, report)
    read = report.found
    proofs = Proofs(report)
    plans = {(pack, name): compile_plan(library, pack, name, report, proofs=proofs) for pack, name in wanted}
    invalid: list[Diagnostic] = []
    usual = _usual_profile(files, report)
    if report.errors == 0:
        linted: set[str] = set()
        every = dict(plans)
        everywhere = {pack: tuple(_everywhere(library, pack, every)) for pack in library.packs}
        used = {pack: used_by(everywhere[pack], files) for pack, files in library.packs.items()}
        for (pack, _), compiled in plans.items():
            if compiled is not None:
                others = frozenset().union(*(names for name, names in used.items() if name != pack))
                subject = Subject(
                    compiled, everywhere[pack], library.packs[pack], library, roots, today, proofs, others
                )
                run_lints(subject, report, again=pack in linted)
                linted.add(pack)
                invalid += _invalid_suggestions(compiled)
        check_tests(files, library, usual, every, report)
    else:
        read_forms(files, report)
    written = (*_written(library), *roots.values())
    silences = read_silences(written, report)
    sorted_out = sort_out((*report.found, *invalid), silences, written)
    if not profile and report.errors == 0:  # a silence may be needed under one profile only
        report_unused(silences, sorted_out, written, report)
    unused = tuple(each for each in report.found if each.id == "unused-silence")
    found = sorted({*sorted_out.standing, *unused}, key=lambda each: (each.at, each.id, each.what))
    names = tuple(f"{pack} under {name}" for pack, name in wanted)
    doubtful = _doubtful(each for each in plans.values() if each is not None)
    return Examined(causes(read, found), names, doubtful, sorted_out.silenced)


def _written(library: Library) -> Iterator[Fields]:
    """The parsed files of all packs."""
    for pack in library.packs.values():
        yield from (pack.pack, pack.data, *pack.facts, *pack.rules, *pack.profiles.values())


def _usual_profile(files: Files, report: Report) -> str:
    """The profile under which tests run that name none; empty where the content names none either."""
    if DEFAULTS not in files:
        return ""
    try:
        return default_profile(files)
    except ContentError as error:
        for each in error.diagnostics:
            report.error(each.id, each.at, each.what, each.meaning, each.remedy)
        return ""


def _doubtful(compiled: Iterable[Compiled]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Facts that profiles mark as doubtful, the earliest review first, each with the profiles that do."""
    marked: dict[tuple[str, str], dict[str, None]] = {}
    for each in compiled:
        for doubt in each.plan.profile.doubtful:
            marked.setdefault((doubt.review, doubt.fact), {})[each.plan.profile.name] = None
    return tuple((review, fact, tuple(profiles)) for (review, fact), profiles in sorted(marked.items()))


def _list_doubtful(examined: Examined) -> None:
    """Print the doubtful facts: a list to work through, and no findings until a review is overdue."""
    if examined.doubtful:
        print("\nDoubtful facts, with the day by which each is to be reviewed:")
    for review, fact, profiles in examined.doubtful:
        print(f"  {review}  {fact} ({', '.join(profiles)})")


def _everywhere(library: Library, pack: str, plans: dict[tuple[str, str], Compiled | None]) -> Iterator[Compiled]:
    """A pack under each of its profiles; one that was not asked for is compiled here, whatever is wrong with it."""
    for name in library.packs[pack].profiles:
        if (pack, name) not in plans:
            plans[pack, name] = compile_pack(library.packs[pack], library.shared, name, Report())
        compiled = plans[pack, name]
        if compiled is not None:
            yield compiled


def content_name(path: Path, root: ContentRoot, rules: Sequence[Path]) -> str:
    """The name under which content knows a file or a folder on disk.

    Raises:
        StartError: when there is nothing there, or when it is no content.
    """
    if not path.exists():
        raise StartError(f"{path}: there is no such file or folder")
    absolute = path.resolve()
    for folder in (each.resolve() for each in rules):
        if absolute.is_relative_to(folder):
            return f"rules/{absolute.relative_to(folder).as_posix()}".removesuffix("/.")
    if absolute.is_relative_to(root.path.resolve()):
        return absolute.relative_to(root.path.resolve()).as_posix()
    raise StartError(f"{path} is no content; rules are read from {root.path}")


@contextmanager
def _no_collection() -> Iterator[None]:
    """No looking for garbage meanwhile: a check makes hundreds of thousands of objects and needs nearly all of them."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _looked_at(files: Files, names: Sequence[str]) -> Files:
    """The files without those tests that stand beside none of the files named; an editor asks for one at a time."""
    if not names or not all(name.endswith(".yaml") for name in names):
        return files
    beside = {name.removesuffix(ENDING).removesuffix(".yaml") + ENDING for name in names}
    return {
        path: body
        for path, body in files.items()
        if not path.endswith(ENDING) or path in beside or path.endswith(f"/{PACK_TESTS}")
    }


def content_name_of_text(name: str | None, root: ContentRoot, rules: Sequence[Path]) -> str:
    """The name under which content knows a text that an editor has not saved; its file need not be there yet.

    Raises:
        StartError: when no name was given, or it is not that of a content file.
    """
    if not name:
        raise StartError("name the file that the text is of, with --name PATH")
    path = Path(name)
    if path.suffix not in (".yaml", ".json"):
        raise StartError(f"{name} is no content; files of content end in .yaml or .json")
    here = path if path.parent.is_dir() else root.path / path
    return f"{content_name(here.parent, root, rules)}/{here.name}"


def _under(file: str, names: Iterable[str]) -> bool:
    return any(name in (".", file) or file.startswith(f"{name}/") for name in names)


def _plans(library: Library, profile: str, report: Report) -> list[tuple[str, str]]:
    every = [(pack, name) for pack, files in library.packs.items() for name in files.profiles]
    if not profile:
        return every
    chosen = [(pack, name) for pack, name in every if name == profile]
    if not chosen and report.errors == 0:
        known = ", ".join(sorted({name for _, name in every})) or "none"
        raise StartError(f"no pack has a profile {profile}; known: {known}")
    return chosen


def _invalid_suggestions(compiled: Compiled) -> tuple[Diagnostic, ...]:
    try:
        check_suggestions(compiled.plan, lambda resource: _problem(json.dumps(resource)))
    except ContentError as error:
        return error.diagnostics
    return ()


@cache
def _problem(resource: str) -> str:
    """What is wrong with a resource; most are the same under every profile."""
    from cds.cards.models import r4_problem  # noqa: PLC0415 - its import takes as long as a check, and not all content needs it

    return r4_problem(json.loads(resource))


def _also_silenced(silenced: Sequence[Diagnostic]) -> str:
    return f", {len(silenced)} silenced" if silenced else ""


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
