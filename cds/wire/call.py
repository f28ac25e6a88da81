"""A CDS Hooks call as values: what the rest of the service sees of a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cds.values.codes import Code


@dataclass(frozen=True, slots=True)
class Medication:
    """A medication as an order or a Medication resource names it, in any FHIR version.

    Attributes:
        codings: every coding of the product, as (system, code) exactly as they arrived.
        texts: the medication's own words: CodeableConcept.text, displays, reference display. Never dosage text.
        ingredients: codings of ``Medication.ingredient``.
        forms, routes: codings of the dose form, and of ``dosageInstruction.route``.
        form_texts, route_texts: their words.
        strengths: words of strength, such as ``20 mg``, from ``Medication.ingredient.strength`` where given.
        unread: reference to a Medication that came neither contained nor in the bundle, such as ``Medication/12``.
    """

    codings: tuple[Code, ...] = ()
    texts: tuple[str, ...] = ()
    ingredients: tuple[Code, ...] = ()
    forms: tuple[Code, ...] = ()
    form_texts: tuple[str, ...] = ()
    routes: tuple[Code, ...] = ()
    route_texts: tuple[str, ...] = ()
    strengths: tuple[str, ...] = ()
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """One drug order: MedicationRequest (R4, R5, STU3) or MedicationOrder (DSTU2), read leniently.

    Attributes:
        reference: ``Type/id``; the id may be empty when the order has none.
        fhir_version: ``R4``, ``R5``, ``STU3`` or ``DSTU2``, judged by its shape.
        resource: the resource as it came.
        subject: the patient's bare id, or empty when the order names none.
    """

    reference: str
    fhir_version: str
    resource: Mapping[str, Any] = field(repr=False)
    medication: Medication
    status: str = ""
    intent: str = ""
    do_not_perform: bool = False
    subject: str = ""
    requester: str = ""
    authored_on: str = ""


@dataclass(frozen=True, slots=True)
class HookContext:
    """The context of a hook call.

    Attributes:
        patient_id: bare id, without ``Patient/``.
        user: ``PractitionerRole/x`` or ``Practitioner/x``; empty when missing or of another form.
        orders: the new drug orders that the hook asks about; of order-select those that are selected.
        background: the session's other drug orders.
        notes: odd things that were tolerated, in words for the log, free of patient data.
    """

    patient_id: str
    user: str = ""
    encounter_id: str = ""
    orders: tuple[Order, ...] = ()
    background: tuple[Order, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Authority:
    """``fhirAuthorization``: a bearer token for this call only. Never logged, stored or shown.

    Attributes:
        subject: the client id for which it was issued; empty when it does not say.
    """

    token: str = field(repr=False)
    token_type: str = ""
    scope: str = ""
    patient: str = ""
    expires_in: int | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One CDS Hooks request. ``prefetch`` members stay unparsed bytes until a rule needs them."""

    hook: str
    hook_instance: str
    context: HookContext
    fhir_server: str = ""
    authority: Authority | None = None
    prefetch: Mapping[str, bytes] = field(default_factory=dict, repr=False)
