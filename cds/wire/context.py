"""The context of a hook call: whose chart, who asks, and which orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cds.errors import RequestError
from cds.language.hook import Hook
from cds.wire.call import HookContext
from cds.wire.orders import Orders, read_orders
from cds.wire.reference import id_of, instance

_USERS = ("PractitionerRole/", "Practitioner/")


def read_context(context: object, hook: Hook, notes: list[str]) -> HookContext:
    """Read the context of one hook (checklist section 9), adding to ``notes`` what was tolerated.

    Raises:
        RequestError: 400 without a usable ``patientId``, or without the bundle of orders of an order hook (R-4).
    """
    if not isinstance(context, dict):
        raise RequestError(
            400, "context", "context is missing or is not an object. Send the context of the hook.", "required"
        )
    patient_id = _patient_id(context)
    user = _user(context, notes)
    encounter_id = _encounter_id(context, notes)
    orders = _orders(context, hook, patient_id)
    return HookContext(
        patient_id=patient_id,
        user=user,
        encounter_id=encounter_id,
        orders=orders.considered,
        background=orders.background,
        notes=tuple(dict.fromkeys((*notes, *orders.notes))),
    )


def _patient_id(context: Mapping[str, Any]) -> str:
    path = "context.patientId"
    given = context.get("patientId")
    if given is None or given == "":
        raise RequestError(400, path, f"{path} is missing. Send the FHIR id of the patient in context.", "required")
    bare = id_of(given.strip(), "Patient") if isinstance(given, str) else ""
    if not bare:
        help_text = "is not the FHIR id of a patient: up to 128 letters, digits, '-', '.' and '_', as a string."
        raise RequestError(400, path, f"{path} {help_text}", "value")
    return bare


def _user(context: Mapping[str, Any], notes: list[str]) -> str:
    given = context.get("userId")
    named = instance(given.strip()) if isinstance(given, str) else ""
    if named.startswith(_USERS):
        return named
    notes.append("context.userId is missing or names neither a Practitioner nor a PractitionerRole: not used")
    return ""


def _encounter_id(context: Mapping[str, Any], notes: list[str]) -> str:
    given = context.get("encounterId")
    if given is None:
        return ""
    bare = id_of(given.strip(), "Encounter") if isinstance(given, str) else ""
    if not bare:
        notes.append("context.encounterId is not a FHIR id: not used")
    return bare


def _orders(context: Mapping[str, Any], hook: Hook, patient_id: str) -> Orders:
    if not hook.orders_at:
        return Orders()
    bundle = context.get(hook.orders_at)
    if not isinstance(bundle, dict | list):
        path = f"context.{hook.orders_at}"
        raise RequestError(400, path, f"{path} is missing or is not a Bundle. Send the new orders.", "required")
    if not hook.selections_at:
        return read_orders(bundle, patient_id)
    given = context.get(hook.selections_at)
    return read_orders(bundle, patient_id, given if isinstance(given, list) else [given])
