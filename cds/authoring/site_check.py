"""``isotretinoin-cds check --site FILE``: a site file against the content, and what its clients lose."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cds.authoring.check import CLEAN, COULD_NOT_RUN, FINDINGS, FORMATS
from cds.authoring.diagnostics_text import render_text
from cds.cards.models import r4_problem
from cds.cards.suggest import check_suggestions
from cds.clock import today_in
from cds.content import find_content, read_content
from cds.errors import ContentError, StartError
from cds.facts.kinds import KINDS
from cds.language.load import Files, read_library
from cds.language.plan import SHOW, Plan
from cds.language.report import Report
from cds.language.site import SCHEMA, Site, read_site
from cds.language.site_losses import losses
from cds.language.site_names import check_names
from cds.language.site_plan import ClientPlans, check_profiles, compile_site, orders_at
from cds.settings import with_files
from cds.values.diagnostic import Diagnostic


@dataclass(frozen=True)
class SiteExamined:
    """What an examination of a site file found; the plans count only if nothing is an error."""

    diagnostics: tuple[Diagnostic, ...]
    clients: tuple[ClientPlans, ...]
    errors: int


def run_site_check(args: argparse.Namespace) -> int:
    """Check a site file as the command line asks.

    Returns:
        0 when nothing was found, 1 when anything was (a warning too), 2 when the check could not run.
    """
    render = FORMATS[getattr(args, "format", None) or "text"]
    rules = tuple(Path(each) for each in args.rules)
    path: Path = args.site
    try:
        files = read_content(find_content(rules), rules)
        examined = examine_site(str(path), path.read_bytes(), files, args.today)
    except (StartError, OSError) as problem:
        print(f"check: {problem}", file=sys.stderr)
        return COULD_NOT_RUN
    written = render(examined.diagnostics)
    if written:
        print(written)
    if render is render_text:
        if examined.errors == 0:
            print("\n".join(told(examined)))
        number = len(examined.diagnostics)
        print(f"\n{number} finding{'' if number == 1 else 's'}" if number else "\nNo findings.")
    return FINDINGS if examined.diagnostics else CLEAN


def examine_site(file: str, source: bytes, files: Files, today: date | None = None) -> SiteExamined:
    """Everything that is wrong with a site file, or that its author should look at.

    Args:
        file: its name in messages.
        source: its bytes.
        files: all content files by relative path.
        today: the day on which its profiles must be in force; None for today in its own time zone.
    """
    report = Report()
    site = read_site(file, source, files[SCHEMA], report)
    if site is None:
        return SiteExamined(report.found, (), report.errors)
    site = with_files(site, Path(file).parent, report)
    library = read_library(files, KINDS, report)
    check_names(site, library, report)
    found = compile_site(library, site, report)
    if not any(each.id == "unknown-timezone" for each in report.found):
        check_profiles(found, site, today or today_in(site.timezone)(), report)
    invalid: list[Diagnostic] = []
    if report.errors == 0:
        invalid = [each for plans in found for plan in plans.plans.values() for each in _invalid(plan, site)]
    diagnostics = (*report.found, *dict.fromkeys(invalid))
    return SiteExamined(diagnostics, found, report.errors + len(invalid))


def _invalid(plan: Plan, site: Site) -> tuple[Diagnostic, ...]:
    try:
        check_suggestions(plan, r4_problem, orders_at(site))
    except ContentError as error:
        return error.diagnostics
    return ()


def told(examined: SiteExamined) -> Iterator[str]:
    """What a reviewer wants to know of a sound site file: rules that are not shown, and rules that clients lose."""
    for each in examined.clients:
        who = f"client {each.client.name}" if each.client is not None else "any other caller"
        for plan in each.plans.values():
            yield f"{plan.name} for {who}, profile {plan.profile.name}:"
            lines = [*_hidden(plan), *_lost(plan)]
            yield from lines or ["  every rule is shown, and no data group is missing"]


def _hidden(plan: Plan) -> Iterator[str]:
    for rule in plan.rules:
        if rule.mode != SHOW:
            critical = ", safety-critical" if rule.safety_critical else ""
            yield f"  {rule.mode}: {rule.name}{critical}: {rule.mode_why}"


def _lost(plan: Plan) -> Iterator[str]:
    for group, why in plan.never.items():
        yield f"  never supplied: {group}: {why}"
    for each in losses(plan):
        without = " and ".join(each.groups)
        if not each.checks:
            yield f"  decides without {without}: {each.rule.name}"
            continue
        critical = f", safety-critical: {each.rule.lost_because}" if each.rule.safety_critical else ""
        yield f"  lost without {without}: {each.rule.name}: {', '.join(each.checks)}{critical}"
