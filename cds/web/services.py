"""Everything that is compiled once before the first call: plans, services, discovery, checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson

from cds.cards.models import r4_problem
from cds.cards.suggest import check_suggestions
from cds.errors import ContentError
from cds.facts.kinds import KINDS
from cds.language.hook import Hook
from cds.language.load import Files, Library, compile_plan, read_library
from cds.language.plan import Plan
from cds.language.report import Report
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
    """

    plans: Mapping[str, Plan]
    services: Mapping[str, CdsService]
    discovery: bytes
    answer_problems: Check
    content_hash: str

    def for_hook(self, hook: str) -> tuple[CdsService, ...]:
        """The services that answer a hook."""
        return tuple(each for each in self.services.values() if each.hook.name == hook)


def load_ready(files: Files, profile: str) -> Ready:
    """Compile every pack that has the profile.

    Args:
        files: all content files by relative path.
        profile: name of the profile.

    Raises:
        ContentError: with everything that is wrong; nothing is served then.
    """
    report = Report()
    library = read_library(files, KINDS, report)
    plans = _plans(library, profile, report)
    if report.errors or not plans:
        raise ContentError(report.found)
    for plan in plans.values():
        check_suggestions(plan, r4_problem)
    services = {each.listed.id: each for plan in plans.values() for each in _services(plan, library)}
    return Ready(
        plans=plans,
        services=services,
        discovery=orjson.dumps(discovery(each.listed for each in services.values())),
        answer_problems=response_validator(library.schemas["response"]),
        content_hash=library.shared.content_hash,
    )


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
        needed = [plan.groups[group] for group in plan.needs[name] if not plan.groups[group].optional]
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
