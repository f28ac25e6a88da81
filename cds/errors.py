"""Every exception of the project.

::

    CdsError
    ├── RequestError        a client sent something that cannot be answered: becomes a 4xx with an OperationOutcome
    ├── ContentError        rules, hooks or a site file are broken: becomes a list of diagnostics, and no start
    └── StartError          the process cannot start as asked (port taken, wrong option)

Expected trouble is data, not an exception: a missing laboratory result is an `Unknown`, a mistake in a rule file a
`Diagnostic`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cds.values.diagnostic import Diagnostic


class CdsError(Exception):
    """The root: anything that this project raises on purpose."""


class RequestError(CdsError):
    """A call that cannot be answered.

    Args:
        status: HTTP status, 400 to 499.
        path: JSON path of the offending member, such as ``context.patientId``; empty for the body as a whole.
        what: what happened and what to do, one or two sentences, free of anything the client sent.
        code: FHIR issue type (http://hl7.org/fhir/issue-type).
    """

    def __init__(self, status: int, path: str, what: str, code: str = "invalid") -> None:
        super().__init__(f"{status} {path}: {what}")
        self.status = status
        self.path = path
        self.what = what
        self.code = code


class ContentError(CdsError):
    """Content that must not be served, with everything that is wrong with it."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(f"{len(diagnostics)} problem(s) in the content")
        self.diagnostics = tuple(diagnostics)


class StartError(CdsError):
    """A start that was asked for and cannot be done; the message is for the person at the terminal."""
