"""OperationOutcome bodies for answers that are no success (CDS Hooks 3.0 ballot, *HTTP status codes*; E-2, E-5)."""

from __future__ import annotations

from typing import Any

from cds.errors import RequestError

# Per status: FHIR issue type, and what to do. 401 says nothing about why (E-3).
_STATUSES = {
    400: ("invalid", "The request cannot be read."),
    401: ("login", "Not authenticated."),
    403: ("forbidden", "Not permitted."),
    404: ("not-found", "There is no such service. GET /cds-services lists the services."),
    405: ("not-supported", "This method is not allowed here."),
    412: (
        "incomplete",
        "Data that this service needs were neither in the prefetch nor to be had from the FHIR server.",
    ),
    413: ("too-long", "The body is larger than this service accepts."),
    415: ("not-supported", "Send the body as application/json."),
    429: ("throttled", "Too many requests. Try again later."),
    500: ("exception", "The service failed. No check was made."),
    503: ("transient", "The service is busy or not ready. Try again later."),
}


def outcome(error: RequestError) -> dict[str, Any]:
    """The OperationOutcome of a call that cannot be answered, naming the JSON path of the offending member."""
    return _outcome("error", error.code, error.what, error.path)


def outcome_of_status(status: int) -> dict[str, Any]:
    """The OperationOutcome of a plain HTTP status: 4xx an error of the caller, 5xx fatal, without any detail."""
    code, what = _STATUSES.get(status, ("processing", f"The request ended with HTTP status {status}."))
    return _outcome("fatal" if status >= 500 else "error", code, what, "")


def _outcome(severity: str, code: str, what: str, path: str) -> dict[str, Any]:
    issue: dict[str, Any] = {"severity": severity, "code": code, "diagnostics": what}
    if path:
        # R4 keeps `location` for readers of older versions; here both hold the JSON path.
        issue |= {"location": [path], "expression": [path]}
    return {"resourceType": "OperationOutcome", "issue": [issue]}
