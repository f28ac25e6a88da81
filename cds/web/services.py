"""Everything that is compiled once before the first call: plans, services, discovery, checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import orjson

from cds.cards.models import r4_problem
from cds.cards.suggest import check_suggestions
from cds.chart.address import same_base
from cds.errors import ContentError
from cds.facts.kinds import KINDS
from cds.language.hook import Hook
from cds.language.load import Files, Library, compile_plan, read_library
from cds.language.plan import Plan
from cds.language.report import Report
from cds.language.site import Site
from cds.language.site_client import Client
from cds.language.site_names import check_names
from cds.language.site_plan import ClientPlans, check_profiles, compile_site, orders_at, with_status
from cds.language.site_profile import check_draft, check_period
from cds.values.diagnostic import Position
from cds.wire.discovery import Service, discovery
from cds.wire.envelope import EnvelopeProblems, envelope_check
from cds.wire.response import response_validator
from cds.wire.schema import Check


@dataclass(frozen=True)
class CdsService:
    """One CDS service: a pack on a hook.

    Attributes:
        listed: how discovery describes it.
        problems: tells where a request departs from the schemas of hooks/.
    """

    listed: Service
    plan: Plan
    problems: EnvelopeProblems

    @property
    def hook(self) -> Hook:
        """The hook that it answers."""
        return self.listed.hook


@dataclass(frozen=True)
class Ready:
    """Content, compiled and proved: what a process serves.

    Attributes:
        plans: by name of the pack.
        services: by id, in the order of discovery.
        discovery: the body of ``GET /cds-services``.
        answer_problems: tells where an answer departs from the response schema.
        content_hash: of all content files, hexadecimal.
        client: whose plans these are, unless the call comes from another client; None for no particular client.
        clients: what each client of the site file gets.
        discoveries: the body of ``GET /cds-services`` for each of them, by name.
    """

    plans: Mapping[str, Plan]
    services: Mapping[str, CdsService]
    discovery: bytes
    answer_problems: Check
    content_hash: str
    client: Client | None = None
    clients: tuple[ClientPlans, ...] = field(default=(), repr=False)
    discoveries: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def for_call(self, service: CdsService, fhir_server: str) -> tuple[Plan, Client | None]:
        """The plan of a service for a call, and whose settings are in it: of the client with this FHIR server, if any.

        Without authentication the FHIR server is all that tells clients apart.
        """
        for each in self.clients:
            if each.client is not None and same_base(each.client.base, fhir_server):
                return each.plans[service.plan.name], each.client
        return service.plan, self.client

    def for_client(self, service: CdsService, client: Client) -> Plan:
        """The plan of a service for a client of the site file."""
        mine = (each for each in self.clients if each.client is not None and each.client.name == client.name)
        return next(mine).plans[service.plan.name]

    def discovery_of(self, client: Client | None) -> bytes:
        """What ``GET /cds-services`` tells a client; None for whoever calls an open service."""
        return self.discoveries[client.name] if client is not None else self.discovery

    def for_hook(self, hook: str) -> tuple[CdsService, ...]:
        """The services that answer a hook."""
        return tuple(each for each in self.services.values() if each.hook.name == hook)


def load_ready(files: Files, profile: str, today: date | None = None, *, drafts: bool = True) -> Ready:
    """Compile every pack that has the profile.

    Args:
        files: all content files by relative path.
        profile: name of the profile.
        today: the day on which the profile must be in force; None leaves that open.
        drafts: whether a profile may be a draft.

    Raises:
        ContentError: with everything that is wrong; nothing is served then.
    """
    report = Report()
    library = read_library(files, KINDS, report)
    plans = {name: with_status(plan) for name, plan in _plans(library, profile, report).items()}
    for name, plan in plans.items():
        at = library.packs[name].profiles[plan.profile.name].at
        if today is not None:
            check_period(plan.profile, today, at, report)
        if not drafts:
            check_draft(plan.profile, "", at, report)
    if report.errors or not plans:
        raise ContentError(report.found)
    return _ready(library, ClientPlans(None, plans), ())


def load_site(files: Files, site: Site, report: Report, today: date | None = None, client: str = "") -> Ready:
    """Compile what a site file asks for, as each of its clients gets it.

    Args:
        files: all content files by relative path.
        site: the site file.
        report: what was found while the site file was read.
        today: the day on which its profiles must be in force; None leaves that open.
        client: name of the client whose plans are the usual ones; empty for none.

    Raises:
        ContentError: with everything that is wrong with the site file or the content; nothing is served then.
    """
    library = read_library(files, KINDS, report)
    check_names(site, library, report)
    found = compile_site(library, site, report)
    check_profiles(found, site, today, report)
    if report.errors:
        raise ContentError(report.found)
    usual = next((each for each in found if each.client is not None and each.client == site.client(client)), found[0])
    return _ready(library, usual, found[1:], site)


def _ready(library: Library, usual: ClientPlans, clients: tuple[ClientPlans, ...], site: Site | None = None) -> Ready:
    plans = usual.plans
    for plan in (plan for each in (usual, *clients) for plan in each.plans.values()):
        check_suggestions(plan, r4_problem, orders_at(site) if site is not None else None)
    services = _all_services(plans, library)
    return Ready(
        plans=plans,
        services=services,
        discovery=_discovery(services),
        answer_problems=response_validator(library.schemas["response"]),
        content_hash=library.shared.content_hash,
        client=usual.client,
        clients=clients,
        discoveries={
            each.client.name: _discovery(_all_services(each.plans, library))
            for each in clients
            if each.client is not None
        },
    )


def _all_services(plans: Mapping[str, Plan], library: Library) -> dict[str, CdsService]:
    return {each.listed.id: each for plan in plans.values() for each in _services(plan, library)}


def _discovery(services: Mapping[str, CdsService]) -> bytes:
    return orjson.dumps(discovery(each.listed for each in services.values()))


def _plans(library: Library, profile: str, report: Report) -> dict[str, Plan]:
    """The packs of the library under a profile. A pack without it is of another country, if any pack has it."""
    having = [name for name, pack in library.packs.items() if profile in pack.profiles]
    compiled = {name: compile_plan(library, name, profile, report) for name in having or library.packs}
    if not compiled:
        report.error(
            "no-pack", Position("rules", 1, 1), "there is no pack in rules/", remedy="Give one by --rules DIR."
        )
    return {name: each.plan for name, each in compiled.items() if each is not None}


def _services(plan: Plan, library: Library) -> Iterable[CdsService]:
    for name in plan.hooks:
        hook = library.hooks[name]
        title, description = plan.service_titles.get(name, (plan.title, ""))
        asked = (plan.groups[group] for group in plan.needs[name] if group not in plan.never)
        needed = [group for group in asked if not group.optional]
        listed = Service(
            id=f"{plan.name}-{name}",
            hook=hook,
            title=title or plan.title,
            description=description or hook.title,
            usage_requirements=_requirements(group.title for group in needed),
            groups=tuple(needed),
        )
        context_schema = library.schemas.get(f"{name}.context", {})
        yield CdsService(listed, plan, envelope_check(library.schemas["request"], context_schema))


def _requirements(titles: Iterable[str]) -> str:
    named = ", ".join(dict.fromkeys(titles))
    return f"Needs {named}: as prefetch, or to be read from the FHIR server. What is missing is named on a card."
