"""A CDS Hooks request body to a `Call`: strict where an answer would be about nobody, tolerant everywhere else."""

from __future__ import annotations

import re

from cds.errors import RequestError
from cds.language.hook import Hook
from cds.wire.call import Authority, Call
from cds.wire.context import read_context
from cds.wire.envelope import ABSENT, Envelope, EnvelopeProblems, read_envelope
from cds.wire.reference import id_of

_LONGEST_INSTANCE = 128
# RFC 6750, section 2.1, with the characters that vendors add: anything visible fits a header, a line break does not.
_TOKEN = re.compile(r"[\x21-\x7e]+")


def read_call(body: bytes, hook: Hook, problems: EnvelopeProblems | None = None) -> Call:
    """Read a request body for a service of one hook (CDS Hooks 2.0, *Calling a CDS Service*; checklist section 2).

    Args:
        body: the body as it came.
        hook: the hook of the service that was called.
        problems: a check against the JSON Schemas of hooks/; what it finds becomes notes, never a refusal.

    Raises:
        RequestError: 400 with the JSON path, when the body is no JSON object, names another hook, or lacks a context,
            a usable patient or the bundle of orders. Its words hold nothing of what the client sent.
    """
    envelope = read_envelope(body)
    _check_hook(envelope.hook, hook)
    notes: list[str] = [f"not as specified: {each}" for each in problems(envelope)] if problems is not None else []
    if not envelope.prefetch_is_object:
        notes.append("prefetch is not a readable object: not used")
    server = _server(envelope, notes)
    return Call(
        hook=hook.name,
        hook_instance=_instance(envelope, notes),
        fhir_server=server,
        authority=_authority(envelope.authorization, server, notes),
        prefetch=envelope.prefetch,
        context=read_context(envelope.context, hook, notes),
    )


def _check_hook(given: object, hook: Hook) -> None:
    if given is ABSENT or given is None:
        raise RequestError(400, "hook", f"hook is missing. This service answers {hook.name}.", "required")
    if given != hook.name:
        raise RequestError(400, "hook", f"This service answers the hook {hook.name} only.", "value")


def _instance(envelope: Envelope, notes: list[str]) -> str:
    given = envelope.hook_instance
    if isinstance(given, str) and 0 < len(given) <= _LONGEST_INSTANCE:
        return given
    notes.append("hookInstance is missing or is no short string: not used")
    return ""


def _server(envelope: Envelope, notes: list[str]) -> str:
    given = envelope.fhir_server
    if isinstance(given, str):
        return given
    if given is not ABSENT and given is not None:
        notes.append("fhirServer is not a string: not used")
    return ""


def _authority(given: object, server: str, notes: list[str]) -> Authority | None:
    """The token, if it is one that can be sent to a server that is known (R-5, R-7)."""
    if given is ABSENT or given is None:
        return None
    token = given.get("access_token") if isinstance(given, dict) else None
    kind = given.get("token_type") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(token, str) or _TOKEN.fullmatch(token) is None:
        notes.append("fhirAuthorization holds no usable access_token: not used")
        return None
    if not isinstance(kind, str) or kind.lower() != "bearer":
        notes.append("fhirAuthorization.token_type is not Bearer: not used")
        return None
    if not server:
        notes.append("fhirAuthorization came without fhirServer: not used")
        return None
    scope, patient, seconds = given.get("scope"), given.get("patient"), given.get("expires_in")
    subject = given.get("subject")
    return Authority(
        token=token,
        token_type=kind,
        scope=scope if isinstance(scope, str) else "",
        patient=(id_of(patient, "Patient") or patient) if isinstance(patient, str) else "",
        expires_in=seconds if isinstance(seconds, int) and not isinstance(seconds, bool) else None,
        subject=subject if isinstance(subject, str) else "",
    )
