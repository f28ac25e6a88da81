"""The hook request of a test: with everything in prefetch, or with nothing but the address of a FHIR server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cds.authoring.loopback_store import Store
from cds.authoring.test_skeletons import practitioner_of, role_of
from cds.language.group import DataGroup
from cds.language.hook import Hook

_ROLE = "PractitionerRole"
_OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
_NEXT = [{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]


@dataclass(frozen=True)
class Sent:
    """What a test's client has and sends.

    Attributes:
        patient: the patient's id.
        as_role: whether the user is a PractitionerRole.
        orders: the new orders that are asked about.
        session: other orders that are being written.
        resources: group → its resources, the Patient among them.
        not_supplied, failed, truncated: groups that do not come, come as an error, come without their older pages.
        offers: optional groups that the client offers.
    """

    patient: str
    as_role: bool
    orders: tuple[Mapping[str, Any], ...] = field(repr=False)
    session: tuple[Mapping[str, Any], ...] = field(repr=False)
    resources: Mapping[str, tuple[Mapping[str, Any], ...]] = field(repr=False)
    not_supplied: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    truncated: frozenset[str] = frozenset()
    offers: frozenset[str] = frozenset()

    @property
    def searchable(self) -> bool:
        """Whether the same can be had by searches: a server cannot be told to lack a group."""
        return not (self.not_supplied or self.failed or self.truncated)

    @property
    def all(self) -> tuple[Mapping[str, Any], ...]:
        """Every resource of the chart, each once."""
        return tuple(each for several in self.resources.values() for each in several)

    def offered(self, groups: Iterable[DataGroup]) -> tuple[DataGroup, ...]:
        """The groups as this client offers them: an optional one that it has is asked for like any other."""
        return tuple(
            replace(group, optional=False) if group.name in self.offers or group.name in self.resources else group
            for group in groups
        )


def with_prefetch(sent: Sent, hook: Hook, groups: Iterable[DataGroup]) -> bytes:
    """The request of a client that answers every prefetch template of the groups."""
    prefetch: dict[str, Any] = {}
    for group in groups:
        if group.name in sent.not_supplied or not _fillable(group, sent):
            continue
        if group.name in sent.failed:
            prefetch[group.name] = _OUTCOME
        elif not group.optional or group.name in sent.offers or group.name in sent.resources:
            prefetch[group.name] = _read(group, sent) if group.is_read else _searched(group, sent)
    return _body(sent, hook, {"prefetch": prefetch})


def with_server(sent: Sent, hook: Hook, base: str) -> bytes:
    """The request of a client that sends no prefetch, and lets its FHIR server be read."""
    return _body(sent, hook, {"fhirServer": base})


def _body(sent: Sent, hook: Hook, more: Mapping[str, Any]) -> bytes:
    user = f"{_ROLE}/{role_of(sent.patient)}" if sent.as_role else f"Practitioner/{practitioner_of(sent.patient)}"
    context: dict[str, Any] = {"userId": user, "patientId": sent.patient}
    if hook.orders_at:
        context[hook.orders_at] = {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": each} for each in (*sent.orders, *sent.session)],
        }
    if hook.selections_at:
        context[hook.selections_at] = [f"{each['resourceType']}/{each['id']}" for each in sent.orders]
    instance = "6f2f7c1e-7f0e-4b53-8f0e-3f0f3f0f3f0f"
    return json.dumps({"hook": hook.name, "hookInstance": instance, "context": context, **more}).encode()


def _fillable(group: DataGroup, sent: Sent) -> bool:
    """Whether the client's context has what takes the place of the group's token."""
    match group.token:
        case "context.patientId":
            return True
        case "userPractitionerRoleId":
            return sent.as_role
        case "userPractitionerId":
            return not sent.as_role
        case _:
            return False


def _read(group: DataGroup, sent: Sent) -> Mapping[str, Any]:
    name = role_of(sent.patient) if group.type == _ROLE else sent.patient
    return next((each for each in sent.all if each["resourceType"] == group.type and each["id"] == name), _OUTCOME)


def _searched(group: DataGroup, sent: Sent) -> Mapping[str, Any]:
    """More than was asked for, in the order of writing: every resource of the group's type, whatever its code.

    What a rule needs must be found among more than it needs, in any order. Only a page that is not the last one comes
    newest first, as the query asks, for its end says how far back it is complete.
    """
    if group.name in sent.truncated:
        store = Store(({"entry": [{"resource": each} for each in sent.resources.get(group.name, ())]},))
        found = store.search(group.type, [("_sort", group.sort)], base="https://ehr.example.org/fhir", next_base=None)
        return {**found, "total": len(found["entry"]) + 1, "link": _NEXT}
    kept = [each for each in sent.all if each["resourceType"] == group.type]
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in kept]}
