"""From raw resources to the entries of one data group: this patient's, of the group's type, found by their codes.

Nothing here raises, whatever JSON comes: what cannot be read is recorded as broken, what is another patient's is
dropped and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cds.chart.chart import Entry
from cds.chart.page import Page
from cds.chart.subject import Whose, whose
from cds.language.group import DataGroup
from cds.values.codes import Code
from cds.values.known import Reason, Unknown
from cds.wire.call import Medication
from cds.wire.medication import codings, read_medication, words
from cds.wire.reference import instance, is_id, literal

DRUG_TYPES = frozenset(
    {
        "MedicationRequest",
        "MedicationOrder",
        "MedicationDispense",
        "MedicationStatement",
        "MedicationUsage",
        "MedicationAdministration",
    }
)
_CODED_BY: Mapping[str, tuple[str, ...]] = {
    "PractitionerRole": ("specialty", "code"),
    "Encounter": ("reasonCode", "serviceType", "type", "reason", "reason.value"),
    "CarePlan": ("category", "activity.detail.code"),
    "CareTeam": ("participant.role",),
    "Appointment": ("specialty", "serviceType"),
    "Communication": ("topic", "reasonCode", "reason"),
    "Consent": ("category",),
    "DocumentReference": ("type", "category"),
    "Immunization": ("vaccineCode",),
    "Patient": (),
    "QuestionnaireResponse": (),
}
_CODE_REQUIRED = frozenset({"Observation"})

_OF_PARENT = (
    "id", "status", "category", "subject", "encounter", "effectiveDateTime", "effectivePeriod", "effectiveInstant",
    "effectiveTiming", "issued", "performer", "method", "note", "bodySite", "specimen", "device",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """What the pages of one group came to.

    Attributes:
        entries: the readable resources, components included, each resource once.
        resources: the resources behind them, without components, in the order of the pages.
        broken: the unreadable ones, each as a reason.
        foreign: how many resources of another patient were dropped.
        of_other_types: how many resources of another type were passed over.
    """

    entries: tuple[Entry, ...] = ()
    resources: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    broken: tuple[Unknown, ...] = ()
    foreign: int = 0
    of_other_types: int = 0


def read_entries(group: DataGroup, pages: Sequence[Page], patient_id: str) -> Reading:
    """Read the resources of a group.

    Args:
        group: whose resource type counts.
        pages: where the resources are, raw.
        patient_id: whose resources count; a resource that names no patient is kept.
    """
    neighbours = Neighbours(pages)
    entries: list[Entry] = []
    resources: list[Mapping[str, Any]] = []
    broken: list[Unknown] = []
    seen: set[str] = set()
    foreign = others = 0
    for resource in (each for page in pages for each in page.matches):
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            broken.append(_broken(group, f"{group.type}/?"))
            continue
        if resource["resourceType"] != group.type:
            others += 1
            continue
        where = where_is(resource, group.type)
        owner = whose(resource, group.type, patient_id)
        if owner is Whose.ANOTHERS:
            foreign += 1
            continue
        if where in seen:
            continue
        if not where.endswith("/?"):
            seen.add(where)
        entry = None if owner is Whose.UNREADABLE else read_entry(resource, group.type, where, neighbours)
        if entry is None:
            broken.append(_broken(group, where))
            continue
        resources.append(resource)
        entries.append(entry)
        if group.type == "Observation" and ("component" in resource or "hasMember" in resource):
            for part, part_where in _parts(resource, where):
                inner = None
                if part is not None and whose(part, group.type, patient_id) is Whose.THIS_PATIENTS:
                    inner = read_entry(part, group.type, part_where, neighbours)
                if inner is None:
                    broken.append(_broken(group, part_where))
                else:
                    entries.append(inner)
    return Reading(tuple(entries), tuple(resources), tuple(broken), foreign, others)


def read_entry(resource: Mapping[str, Any], type: str, where: str, neighbours: Neighbours) -> Entry | None:
    """One resource as an entry, or None when its status or the code that FHIR requires of it cannot be read."""
    status = resource.get("status")
    if status is not None and not isinstance(status, str):
        return None
    if type in DRUG_TYPES:
        medication = read_medication(resource, neighbours)
        return Entry(resource, type, where, drug_codes(medication), medication) if _names(medication) else None
    codes: tuple[Code, ...] = ()
    required = type in _CODE_REQUIRED
    for path in _CODED_BY.get(type, ("code",)):
        for value in _at(resource, path):
            if not isinstance(value, dict | list):
                return None
            codes += codings(value)
            required = required and not codes and not words(value)
    if len(codes) > 1:
        codes = tuple(dict.fromkeys(codes))
    return None if required else Entry(resource, type, where, codes)


def drug_codes(medication: Medication) -> tuple[Code, ...]:
    """The codings by which a drug is found: those of the product and those of its ingredients."""
    if not medication.ingredients:
        return medication.codings
    return tuple(dict.fromkeys(medication.codings + medication.ingredients))


def index(entries: Iterable[Entry]) -> dict[Code, tuple[Entry, ...]]:
    """Entries by each of their codes, in their order."""
    found: dict[Code, list[Entry]] = {}
    for entry in entries:
        for code in entry.codes:
            found.setdefault(code, []).append(entry)
    return {code: tuple(several) for code, several in found.items()}


def where_is(resource: Mapping[str, Any], type: str) -> str:
    """``Type/id``; ``Type/?`` when the resource has no usable id."""
    name = resource.get("id")
    return f"{type}/{name}" if isinstance(name, str) and is_id(name) else f"{type}/?"


class Neighbours:
    """Finds the resources that came along in the same pages, by full URL or by ``Type/id``; indexed on first use."""

    def __init__(self, pages: Sequence[Page], read_apart: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._pages = pages
        self._read_apart = read_apart or {}
        self._found: dict[str, Mapping[str, Any]] | None = None

    def __call__(self, reference: str) -> Mapping[str, Any] | None:
        """The resource that a reference names, or None when it did not come along."""
        apart = self._read_apart.get(reference) or self._read_apart.get(instance(reference))
        if apart is not None:
            return apart
        if self._found is None:
            self._found = self._indexed()
        return self._found.get(reference) or self._found.get(instance(reference))

    def _indexed(self) -> dict[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        for url, resource in (each for page in self._pages for each in page.came_along):
            kind = resource.get("resourceType")
            if url:
                found.setdefault(url, resource)
            if isinstance(kind, str) and not (where := where_is(resource, kind)).endswith("/?"):
                found.setdefault(where, resource)
        return found


def _parts(parent: Mapping[str, Any], where: str) -> Iterator[tuple[Mapping[str, Any] | None, str]]:
    """The components and contained members of an Observation as Observations of their own; None for an unreadable."""
    yield from _components(parent, where)
    members = {literal(each) for each in _at(parent, "hasMember")}
    for contained in _at(parent, "contained"):
        if not isinstance(contained, dict) or contained.get("resourceType") != "Observation":
            continue
        name = contained.get("id")
        if not isinstance(name, str) or f"#{name.removeprefix('#')}" not in members:
            continue
        dated = any(key in contained for key in _OF_PARENT if key.startswith("effective"))
        inherited = {
            key: parent[key]
            for key in _OF_PARENT
            if key in parent and not (dated and (key.startswith("effective") or key == "issued"))
        }
        member = {**inherited, **contained, "id": parent.get("id")}
        yield member, f"{where}#{name.removeprefix('#')}"
        yield from _components(member, where)


def _components(parent: Mapping[str, Any], where: str) -> Iterator[tuple[Mapping[str, Any] | None, str]]:
    shared: dict[str, Any] | None = None
    for component in _at(parent, "component"):
        if not isinstance(component, dict):
            yield None, f"{where}#component"
            continue
        if shared is None:
            shared = {"resourceType": "Observation"} | {key: parent[key] for key in _OF_PARENT if key in parent}
        yield {**component, **shared}, f"{where}#component"


def _names(medication: Medication) -> bool:
    """Whether a drug is named at all: by code, in words, by its ingredients or by a reference."""
    return bool(medication.codings or medication.texts or medication.ingredients or medication.unread)


def _at(resource: Mapping[str, Any], path: str) -> list[object]:
    """The values at a path; arrays on the way are walked through, a single object counts as an array of one."""
    if "." not in path:
        value = resource.get(path)
        return value if isinstance(value, list) else [] if value is None else [value]
    found: list[object] = [resource]
    for name in path.split("."):
        inner = (each.get(name) for each in found if isinstance(each, dict))
        found = [value for each in inner if each is not None for value in (each if isinstance(each, list) else (each,))]
    return found


def _broken(group: DataGroup, where: str) -> Unknown:
    return Unknown(Reason.UNUSABLE_VALUE, group.name, where)
