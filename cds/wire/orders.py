"""Drug orders out of a hook's context, read leniently, in the shapes of DSTU2, STU3, R4 and R5."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cds.wire.call import Order
from cds.wire.medication import Neighbours, read_medication
from cds.wire.reference import id_of, instance, literal

_DRUG_ORDERS = ("MedicationRequest", "MedicationOrder")
_FROM_R4_ON = frozenset(
    {
        "courseOfTherapyType",
        "doNotPerform",
        "encounter",
        "instantiatesCanonical",
        "insurance",
        "performer",
        "performerType",
        "reportedBoolean",
        "reportedReference",
        "statusReason",
    }
)
_STU3_ONLY = frozenset({"context", "definition"})


@dataclass(frozen=True, slots=True)
class Orders:
    """The drug orders of one context.

    Attributes:
        considered: the orders that the hook asks about.
        background: the session's other drug orders.
        notes: odd things that were tolerated, free of patient data.
    """

    considered: tuple[Order, ...] = ()
    background: tuple[Order, ...] = ()
    notes: tuple[str, ...] = ()


def read_orders(bundle: object, patient_id: str, selections: Sequence[object] | None = None) -> Orders:
    """Read the drug orders of a bundle; resources of other types are passed over.

    Args:
        bundle: a Bundle with or without ``type``; a list of entries or resources and a bare resource will do.
        patient_id: whose orders count; those of another patient are dropped (checklist H-5).
        selections: the references under consideration (order-select), or None for hooks that have none.
    """
    notes: list[str] = []
    entries = tuple(_entries(bundle, notes))
    neighbours = _index(entries)
    orders: list[tuple[Order, str]] = []
    first: dict[str, Order] = {}
    for url, resource in entries:
        if resource.get("resourceType") not in _DRUG_ORDERS:
            continue
        order = _order(resource, neighbours)
        if order.subject and order.subject != patient_id:
            notes.append("an order for another patient than context.patientId was left out")
        elif _is_same(order, first.setdefault(order.reference, order)):
            notes.append("an order that came twice was counted once")
        else:
            orders.append((order, url))
            if not order.subject:
                notes.append("an order names no patient, or not by reference: taken for context.patientId")
    if selections is None:
        return Orders(tuple(order for order, _ in orders), (), _once(notes))
    return _selected(orders, selections, entries, notes)


def _selected(
    orders: Sequence[tuple[Order, str]],
    selections: Sequence[object],
    entries: Sequence[tuple[str, Mapping[str, Any]]],
    notes: list[str],
) -> Orders:
    """Split by selection (H-2, H-3). What selects only orders that are no drug orders, considers no drug order."""
    names = {name for each in selections for name in _names(literal(each))}
    present = {name for url, resource in entries for name in _answers_to(resource, url)}
    everything = tuple(order for order, _ in orders)
    if not names & present:
        notes.append("context.selections names no order of the bundle: every drug order is considered")
        return Orders(everything, (), _once(notes))
    if any(literal(each) and not _names(literal(each)) & present for each in selections):
        notes.append("context.selections names an order that is not in the bundle")
    chosen = [bool(_answers_to(order.resource, url) & names) for order, url in orders]
    return Orders(
        tuple(order for order, hit in zip(everything, chosen, strict=True) if hit),
        tuple(order for order, hit in zip(everything, chosen, strict=True) if not hit),
        _once(notes),
    )


def _names(selection: str) -> set[str]:
    """Under which names a selection may be found: ``Type/id``, or as it came (a bare id, a ``urn:``)."""
    return {instance(selection) or selection} - {""}


def _answers_to(resource: Mapping[str, Any], url: str) -> set[str]:
    """The names by which selections and references may call a resource of the bundle."""
    kind, name = resource.get("resourceType"), resource.get("id")
    own = {name, f"{kind}/{name}"} if isinstance(name, str) and name else set()
    return (own | {url, instance(url)}) - {""}


def _entries(bundle: object, notes: list[str]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """``fullUrl`` and resource of each entry that has one."""
    for each in _members(bundle):
        resource = each.get("resource", each) if isinstance(each, dict) else None
        if isinstance(each, dict) and isinstance(resource, dict) and "resourceType" in resource:
            url = each.get("fullUrl")
            yield (url if isinstance(url, str) else ""), resource
        else:
            notes.append("an entry of the order bundle has no resource and was passed over")


def _members(bundle: object) -> Sequence[object]:
    if isinstance(bundle, list):
        return bundle
    if not isinstance(bundle, dict):
        return ()
    if "resource" in bundle or bundle.get("resourceType", "Bundle") != "Bundle":
        return (bundle,)
    inside = bundle.get("entry")
    if isinstance(inside, dict):
        return (inside,)
    return inside if isinstance(inside, list) else ()


def _index(entries: Iterable[tuple[str, Mapping[str, Any]]]) -> Neighbours:
    """Find a resource of the bundle by ``fullUrl`` or by ``Type/id``, be the reference absolute or relative (H-7)."""
    found: dict[str, Mapping[str, Any]] = {}
    for url, resource in entries:
        kind, name = resource.get("resourceType"), resource.get("id")
        for key in (url, f"{kind}/{name}" if isinstance(name, str) else "", instance(url)):
            if key:
                found.setdefault(key, resource)
    return lambda reference: found.get(reference) or found.get(instance(reference))


def _order(resource: Mapping[str, Any], neighbours: Neighbours) -> Order:
    kind, name = resource.get("resourceType"), _text(resource, "id")
    return Order(
        reference=f"{kind}/{name}",
        fhir_version=_version(resource),
        resource=resource,
        medication=read_medication(resource, neighbours),
        status=_text(resource, "status"),
        intent=_text(resource, "intent"),
        do_not_perform=resource.get("doNotPerform") is True,
        subject=_subject(resource, neighbours),
        requester=_requester(resource),
        authored_on=_text(resource, "authoredOn") or _text(resource, "dateWritten"),
    )


def _subject(resource: Mapping[str, Any], neighbours: Neighbours) -> str:
    """The patient's bare id; a ``urn:`` reference is followed to the Patient that came in the bundle."""
    reference = literal(resource.get("subject") or resource.get("patient"))
    if reference.startswith("urn:"):
        patient = neighbours(reference) or {}
        return id_of(_text(patient, "id"), "Patient") if patient.get("resourceType") == "Patient" else ""
    # An id that is not safe is still the id of somebody else: context.patientId always is safe.
    odd = reference.rpartition("Patient/")[2] if "Patient/" in reference else ""
    return id_of(reference, "Patient") or odd


def _requester(resource: Mapping[str, Any]) -> str:
    who = resource.get("requester") or resource.get("prescriber")
    if isinstance(who, dict) and isinstance(who.get("agent"), Mapping):
        who = who["agent"]
    return instance(literal(who))


def _version(resource: Mapping[str, Any]) -> str:
    """Judge the FHIR version by shape (R-15). Clients of R4 are seen with parts of STU3 (V-8): R4 wins the doubt."""
    if resource.get("resourceType") == "MedicationOrder":
        return "DSTU2"
    if isinstance(resource.get("medication"), Mapping):
        return "R5"
    doses = _doses(resource)
    if any("doseAndRate" in dose for dose in doses) or not _FROM_R4_ON.isdisjoint(resource):
        return "R4"
    if isinstance(resource.get("category"), list):
        return "R4"
    requester = resource.get("requester")
    older = (
        isinstance(resource.get("category"), Mapping)
        or any("doseQuantity" in dose or "doseRange" in dose for dose in doses)
        or not _STU3_ONLY.isdisjoint(resource)
        or (isinstance(requester, dict) and "agent" in requester)
    )
    return "STU3" if older else "R4"


def _doses(resource: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    given = resource.get("dosageInstruction")
    several = given if isinstance(given, list) else (given,)
    return tuple(each for each in several if isinstance(each, dict))


def _is_same(order: Order, earlier: Order) -> bool:
    """Whether an order is an earlier one once more: counting it twice would double the dose."""
    return order is not earlier and bool(order.resource.get("id")) and order.resource == earlier.resource


def _text(resource: Mapping[str, Any], key: str) -> str:
    value = resource.get(key)
    return value if isinstance(value, str) else ""


def _once(notes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(notes))
