"""The discovery document: which services there are, and which data they want (CDS Hooks 2.0, *Discovery*)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cds.language.group import DataGroup
from cds.language.hook import Hook

_SEGMENT = re.compile(r"[A-Za-z0-9\-._]{1,128}")


@dataclass(frozen=True, slots=True)
class Service:
    """One CDS service: a pack on a hook.

    Attributes:
        id: path segment of the service's URL (D-8).
        hook: the hook that it answers.
        title, description: for those who configure an EHR.
        usage_requirements: which data must be at hand, in words (D-7); may be empty.
        groups: the data groups that are asked for as prefetch, each under its name.

    Raises:
        ValueError: when id or description is empty, or the id does not fit a URL (D-4, D-8).
    """

    id: str
    hook: Hook
    title: str
    description: str
    usage_requirements: str = ""
    groups: tuple[DataGroup, ...] = ()

    def __post_init__(self) -> None:
        if _SEGMENT.fullmatch(self.id) is None:
            raise ValueError(f"a service id is letters, digits, '-', '.' and '_', not {self.id!r}")
        if not self.description.strip():
            raise ValueError(f"service {self.id} has no description")


def discovery(services: Iterable[Service], version: str = "") -> dict[str, Any]:
    """The body of ``GET /cds-services``.

    Args:
        services: the services, in the order in which they are listed.
        version: release of the CDS Hooks specification, such as ``2.0.1``, added to each entry; empty leaves it out,
            for strict readers of 2.0 do not know it (D-11, D-12, D-15).

    Raises:
        ValueError: when two services share id and hook (D-10).
    """
    listed = tuple(services)
    if len({(each.id, each.hook.name) for each in listed}) < len(listed):
        raise ValueError("two services share an id and a hook")
    return {"services": [_entry(each, version) for each in listed]}


def _entry(service: Service, version: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": service.id,
        "hook": service.hook.name,
        "title": service.title,
        "description": service.description,
        "usageRequirements": service.usage_requirements,
        "prefetch": {group.name: group.template for group in service.groups},
        "version": version,
    }
    return {name: value for name, value in entry.items() if value}
