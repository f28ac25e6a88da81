"""The outermost object of a CDS Hooks request, in two steps: members first, and the prefetch not at all.

A call about another drug ends at its orders, so that what lies in ``prefetch`` is never parsed for it.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import orjson

from cds.errors import RequestError
from cds.wire.schema import Check, schema_check

ABSENT = object()
"""Stands for a member that is not there, or whose JSON only the strict second parser refuses."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The members of a request. ``ABSENT`` where a member is missing; nothing is judged yet but ``context``'s JSON."""

    hook: object
    hook_instance: object
    fhir_server: object
    authorization: object
    context: object
    prefetch: Mapping[str, bytes] = field(repr=False)
    prefetch_is_object: bool


# A default of Raw() and not None: msgspec refuses an object for the type `Raw | None`.
class _Members(msgspec.Struct, rename="camel"):
    hook: msgspec.Raw = msgspec.Raw()
    hook_instance: msgspec.Raw = msgspec.Raw()
    fhir_server: msgspec.Raw = msgspec.Raw()
    fhir_authorization: msgspec.Raw = msgspec.Raw()
    context: msgspec.Raw = msgspec.Raw()
    prefetch: msgspec.Raw = msgspec.Raw()


_MEMBERS = msgspec.json.Decoder(_Members)
_PREFETCH = msgspec.json.Decoder(dict[str, msgspec.Raw])

EnvelopeProblems = Callable[[Envelope], tuple[str, ...]]
"""Tells where a request departs from the JSON Schemas of hooks/, in words free of what the client sent."""


def read_envelope(body: bytes) -> Envelope:
    """Take a request body apart.

    Raises:
        RequestError: 400 when the body is not UTF-8, not JSON, no object, or nested too deep (R-1, R-22).
    """
    members = _members(body)
    prefetch = _prefetch(members.prefetch)
    return Envelope(
        hook=_value(members.hook),
        hook_instance=_value(members.hook_instance),
        fhir_server=_value(members.fhir_server),
        authorization=_value(members.fhir_authorization),
        context=_context(members.context),
        prefetch=prefetch or {},
        prefetch_is_object=prefetch is not None,
    )


def envelope_check(request_schema: Mapping[str, Any], context_schema: Mapping[str, Any]) -> EnvelopeProblems:
    """Compile the schema of the request and that of one hook's context into one check. No resource is descended into.

    Raises:
        ValueError: when a schema is not a valid one.
    """
    whole: Check = schema_check(request_schema)
    inner: Check = schema_check(context_schema, at="context")

    def envelope_problems(envelope: Envelope) -> tuple[str, ...]:
        call = {
            "hook": envelope.hook,
            "hookInstance": envelope.hook_instance,
            "fhirServer": envelope.fhir_server,
            "fhirAuthorization": envelope.authorization,
            "context": envelope.context,
        }
        present = {name: value for name, value in call.items() if value is not ABSENT}
        context = envelope.context
        return (*whole(present), *(inner(context) if isinstance(context, dict) else ()))

    return envelope_problems


def _members(body: bytes) -> _Members:
    text = body.removeprefix(BOM_UTF8)
    try:
        # msgspec leaves the bytes of raw members unread, so what is no UTF-8 would show only when a rule needs them.
        if not text.isascii():
            text.decode()
        return _MEMBERS.decode(text)
    except UnicodeDecodeError:
        raise RequestError(400, "", "The body is not UTF-8. Send JSON encoded in UTF-8.", "structure") from None
    except RecursionError:
        raise _too_deep("") from None
    except msgspec.ValidationError:
        raise RequestError(400, "", "The body is not a JSON object. Send one CDS Hooks request.", "structure") from None
    except msgspec.DecodeError:
        raise RequestError(400, "", "The body is not valid JSON.", "structure") from None


def _context(raw: msgspec.Raw) -> object:
    view = memoryview(raw)
    if not view:
        return ABSENT
    try:
        context = orjson.loads(view)
    except orjson.JSONDecodeError:
        raise RequestError(
            400,
            "context",
            "This member is not valid JSON: a number, an escape or the nesting is out of bounds.",
            "structure",
        ) from None
    try:
        # What orjson cannot write again (over 254 levels) would fail later, in a record or an answer.
        orjson.dumps(context)
    except orjson.JSONEncodeError:
        raise _too_deep("context") from None
    return context


def _value(raw: msgspec.Raw) -> object:
    view = memoryview(raw)
    if not view:
        return ABSENT
    try:
        return orjson.loads(view)
    except orjson.JSONDecodeError:
        return ABSENT


def _prefetch(raw: msgspec.Raw) -> Mapping[str, bytes] | None:
    """Members of ``prefetch`` as bytes; empty when there is none, None when it is no object."""
    view = memoryview(raw)
    if not view:
        return {}
    try:
        return {name: bytes(member) for name, member in _PREFETCH.decode(view).items()}
    except (msgspec.DecodeError, RecursionError):
        return {} if bytes(view) == b"null" else None


def _too_deep(path: str) -> RequestError:
    return RequestError(400, path, "The JSON is nested too deep. FHIR resources need far fewer levels.", "too-long")
