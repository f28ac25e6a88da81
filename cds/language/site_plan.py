"""Compiles packs under a site file: parameters first, then modes, data groups, codes and actions of each client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cds.language.group import DataGroup
from cds.language.load import Library, compile_plan
from cds.language.node import fields, text
from cds.language.pack import needed_groups
from cds.language.plan import MODES, SHOW, Case, Plan, Rule, SuggestionPlan
from cds.language.report import Report
from cds.language.site import Site
from cds.language.site_client import Client
from cds.language.site_codes import with_site_codes
from cds.language.site_dates import dated_groups
from cds.language.site_decided import Chosen, Decided
from cds.language.site_losses import check_losses
from cds.language.site_profile import check_draft, check_period
from cds.language.terminology import System
from cds.values.diagnostic import Position

CEILINGS = {"draft": "shadow", "retired": "off"}
"""The most that a rule's status allows; other statuses allow that it is shown."""


@dataclass(frozen=True)
class ClientPlans:
    """The plans by pack that one client gets; ``client`` is None for callers that the site does not name."""

    client: Client | None
    plans: Mapping[str, Plan]


def compile_site(library: Library, site: Site, report: Report) -> tuple[ClientPlans, ...]:
    """The packs of a site as each client gets them: first for callers that it does not name, then client by client.

    The result counts only if no error was reported.
    """
    library = with_site_codes(library, site, report)
    known = _known(site.packs, library)
    own = {name: _compiled(library, name, site, each, (site.decided,), report) for name, each in known.items()}
    found = [ClientPlans(None, _served(own, site, None, report))]
    for client in site.clients:
        plans = own
        if client.decided.changes_values or client.profiles:
            decided = (site.decided, client.decided)
            chosen = known | _known({name: each for name, each in client.profiles.items() if name in known}, library)
            plans = {name: _compiled(library, name, site, each, decided, report) for name, each in chosen.items()}
        found.append(ClientPlans(client, _served(plans, site, client, report)))
    return tuple(found)


def check_profiles(found: Iterable[ClientPlans], site: Site, today: date | None, report: Report) -> None:
    """Report profiles that may not answer: of the site, and of clients that have their own.

    Args:
        found: what was compiled.
        site: the site file.
        today: the day on which they must be in force; None leaves that open.
        report: takes what is wrong.
    """
    for each in found:
        choices = site.packs if each.client is None else each.client.profiles
        for name, plan in each.plans.items():
            chosen = choices.get(name)
            if chosen is None:
                continue
            check_draft(plan.profile, chosen.reviewer, chosen.profile.at, report)
            if today is not None:
                check_period(plan.profile, today, chosen.profile.at, report)


def with_status(plan: Plan) -> Plan:
    """The plan of a service that has no site file: the status of a rule alone limits it."""
    return _with_needs(replace(plan, rules=tuple(_in_mode(rule, plan.name, ()) for rule in plan.rules)))


def orders_at(site: Site) -> dict[str, Position]:
    """Where the site codes suggestions, by their names."""
    return {key.value: key.at for key, _ in site.orders}


def _known(chosen: Mapping[str, Chosen], library: Library) -> dict[str, Chosen]:
    """The choices of packs and profiles that are there."""
    there = {name: each for name, each in chosen.items() if name in library.packs}
    return {name: each for name, each in there.items() if each.profile.value in library.packs[name].profiles}


def _compiled(
    library: Library, pack: str, site: Site, chosen: Chosen, decided: Sequence[Decided], report: Report
) -> Plan | None:
    layers = [each.layer(pack) for each in decided]
    compiled = compile_plan(library, pack, chosen.profile.value, report, layers)
    if compiled is None:
        return None
    codings = _codings(site, library.shared.systems)
    return replace(compiled.plan, site=site.name, rules=tuple(_coded(rule, codings) for rule in compiled.plan.rules))


def _served(plans: Mapping[str, Plan | None], site: Site, client: Client | None, report: Report) -> dict[str, Plan]:
    found = {}
    for name, plan in plans.items():
        if plan is None:
            continue
        decided = (site.decided, client.decided) if client is not None else (site.decided,)
        rules = tuple(_in_mode(rule, name, decided) for rule in plan.rules)
        found[name] = _with_needs(replace(plan, rules=rules))
        if client is not None:
            found[name] = _for_client(found[name], client)
            check_losses(found[name], client, report)
        if report.errors == 0:  # else a name that stands for nothing would be told twice
            _check_in_force(found[name], decided, report)
    return found


def _in_mode(rule: Rule, pack: str, decided: Sequence[Decided]) -> Rule:
    """The rule in the lower of what its status allows and what the site, or the client in its place, decided."""
    chosen, why = SHOW, ""
    for each in decided:
        setting = each.rules.get(f"{pack}/{rule.name}")
        if setting is not None and setting.mode:
            chosen, why = setting.mode, f"{setting.because} ({each.by})"
    ceiling = CEILINGS.get(rule.status, SHOW)
    if chosen in MODES and MODES.index(chosen) <= MODES.index(ceiling):
        return replace(rule, mode=chosen, mode_why=why)
    return replace(rule, mode=ceiling, mode_why=f"its status is {rule.status}")


def _with_needs(plan: Plan) -> Plan:
    needs = {
        hook: needed_groups(plan.rules, plan.phase, plan.notes, plan.shows.get(hook, {}), plan.groups)
        for hook in plan.hooks
    }
    return replace(plan, needs=needs)


def _for_client(plan: Plan, client: Client) -> Plan:
    offered = {each.value for each in client.offers}
    groups = {name: _offered(group, offered) for name, group in plan.groups.items()}
    lost = {
        key.value.partition("/")[2]: text(node) for key, node in client.lost if key.value.startswith(f"{plan.name}/")
    }
    plan = replace(
        plan,
        client=client.name,
        groups=groups,
        never={key.value: text(node) for key, node in client.never if key.value in groups},
        actions=client.actions,
        rules=tuple(replace(rule, lost_because=lost.get(rule.name, "")) for rule in plan.rules),
    )
    return replace(plan, groups=dated_groups(plan)) if client.relative_dates else plan


def _offered(group: DataGroup, offered: Iterable[str]) -> DataGroup:
    return replace(group, optional=False) if group.name in offered else group


def _check_in_force(plan: Plan, decided: Sequence[Decided], report: Report) -> None:
    there = {f"{plan.name}/{rule.name}" for rule in plan.rules}
    for each in decided:
        for name, setting in each.rules.items():
            if name.startswith(f"{plan.name}/") and name not in there:
                said = f"{name} is not in force under profile {plan.profile.name}"
                report.warning("not-in-force", setting.name.at, said, remedy="Remove the setting.")


def _codings(site: Site, systems: Mapping[str, System]) -> dict[str, dict[str, str]]:
    """The site's own code for each suggestion that it codes."""
    found = {}
    for key, node in site.orders:
        body = fields(node)
        system = text(body.get("system"))
        if system in systems:
            system = systems[system].url
        said = {"system": system, "code": text(body.get("code")), "display": text(body.get("display"))}
        found[key.value] = {name: value for name, value in said.items() if value}
    return found


def _coded(rule: Rule, codings: Mapping[str, Mapping[str, str]]) -> Rule:
    return replace(rule, cases=tuple(_case(case, codings) for case in rule.cases)) if codings else rule


def _case(case: Case, codings: Mapping[str, Mapping[str, str]]) -> Case:
    if case.finding is None or not any(each.name in codings for each in case.finding.suggest):
        return case
    suggest = tuple(_suggestion(each, codings) for each in case.finding.suggest)
    return replace(case, finding=replace(case.finding, suggest=suggest))


def _suggestion(plan: SuggestionPlan, codings: Mapping[str, Mapping[str, str]]) -> SuggestionPlan:
    if plan.name not in codings or not plan.resource:
        return plan
    concept: dict[str, Any] = {**plan.resource.get("code", {}), "coding": [dict(codings[plan.name])]}
    return replace(plan, resource={**plan.resource, "code": concept})
