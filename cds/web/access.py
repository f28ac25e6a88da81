"""Lets only clients of the site file call what stands under /cds-services, discovery included (S-4, S-12).

Rule pages and probes are open: there is no patient in them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from flask import Flask, Response, g, request

from cds.language.site_client import Client
from cds.web.begin import BEGIN
from cds.web.callers import Callers
from cds.web.cors import is_service_path
from cds.web.denial import DeniedError, ReplayUnknownError, TooManyError
from cds.web.log import log
from cds.web.replies import json_reply
from cds.web.trace import tell
from cds.wire.outcome import outcome_of_status

_FEEDBACK = "/feedback"
_RETRY_AFTER_S = 1


def add_access(app: Flask, callers: Callers, public_url: str) -> None:
    """Authenticate every request under /cds-services but preflights, which browsers send without a token (S-30).

    Args:
        app: where.
        callers: who may call.
        public_url: where the service is reached, as tokens name it.
    """
    count = callers.count
    app.extensions.setdefault(BEGIN, []).append(callers.warm)

    @app.before_request
    def authenticate() -> Response | None:
        if request.method == "OPTIONS" or not is_service_path(request.path):
            return None
        try:
            g.caller = callers.authenticate(request.headers.get("Authorization"), audiences(public_url, request.path))
        except DeniedError as error:
            count("denied", str(error.why))
            tell(denied=str(error.why), **({"client": error.client} if error.client else {}))
            return _closing(_bare_401())
        except TooManyError as error:
            count("too_many", error.client)
            tell(client=error.client)
            return _closing(_later(429, error.retry_after_s))
        except ReplayUnknownError as error:
            count("replay_refused", error.client)
            tell(client=error.client)
            log("replay cannot be ruled out", logging.ERROR, request_id=g.request_id)
            return _closing(_later(503, _RETRY_AFTER_S))
        tell(client=g.caller.name)
        return None


def caller() -> Client | None:
    """The client that was authenticated; None in an open service."""
    found: Client | None = g.get("caller")
    return found


def audiences(public_url: str, path: str) -> frozenset[str]:
    """What ``aud`` may be at a path (S-7): its address, with or without a slash too many; of feedback, also that of
    the service (F-10), since EHRs have one address typed in.

    Args:
        public_url: where the service is reached, never taken from a request.
        path: under it.
    """
    return frozenset(f"{public_url}{each}" for each in _paths(path))


def _paths(path: str) -> Iterator[str]:
    plain = path.rstrip("/").replace("//", "/")
    for each in (path, plain):
        yield each
        if each.endswith(_FEEDBACK):
            yield each.removesuffix(_FEEDBACK)


def _bare_401() -> Response:
    answer = Response(status=401)
    del answer.headers["Content-Type"]
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _later(status: int, seconds: int) -> Response:
    answer = json_reply(outcome_of_status(status), status)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _closing(answer: Response) -> Response:
    """An answer before the body was read: it stays unread, so that a stranger cannot make the service wait for it."""
    if request.content_length != 0 and request.method not in ("GET", "HEAD"):
        answer.headers["Connection"] = "close"
    return answer
