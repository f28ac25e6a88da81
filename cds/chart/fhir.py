"""The only FHIR HTTP client: reads and searches on one server, for one call, within a deadline."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping

import orjson

from cds.chart.address import Address, loopback_only, read_base, under
from cds.chart.breaker import BREAKER, Breaker
from cds.chart.exchange import MOST_BYTES, Answer, Exchange, Request
from cds.chart.fetched import OnFetched, nobody
from cds.chart.page import Page, read_page
from cds.chart.route import THREADS, Route
from cds.clock import Monotonic, monotonic
from cds.values.known import Reason, Unknown
from cds.wire.call import Authority, Call
from cds.wire.reference import id_of, instance

__all__ = ["MOST_BYTES", "MOST_ENTRIES", "THREADS", "FhirReader", "loopback_only", "open_reader"]

MOST_ENTRIES = 20_000
"""Of one call."""
LONGEST_URL = 1800
_HEADERS = {"Accept": "application/fhir+json, application/json", "Accept-Encoding": "identity"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_NO_POST = frozenset({404, 405, 415, 501})
_TOKEN = re.compile(r"[\x21-\x7e]+")
_MARK = b"\xef\xbb\xbf"  # a byte order mark, which JSON should not have, and which parsers may ignore (RFC 8259)


class FhirReader:
    """Reads one FHIR server for one call.

    Args:
        base: the server's base, checked.
        authority: the call's token; None reads without one.
        route: how the server is reached.
        clock: a clock that only goes forward, in seconds.
        breaker: which servers to leave alone for a while.
        fetched: is told of every read and search.

    Raises:
        StartError: a file of the route cannot be used.
    """

    def __init__(
        self,
        base: Address,
        authority: Authority | None = None,
        route: Route = Route(),  # noqa: B008 - frozen
        *,
        clock: Monotonic = monotonic,
        breaker: Breaker = BREAKER,
        fetched: OnFetched = nobody,
    ) -> None:
        self.base = base
        self.monotonic = clock
        self.fetched = fetched
        self.left_alone = False
        self._authority = authority
        self._exchange = Exchange(route, base.url, clock, breaker)
        self._lock = threading.Lock()
        self._entries_left = MOST_ENTRIES

    def get(self, url: str, deadline: float) -> Page | Unknown:
        """Read one page.

        Args:
            url: a query relative to the base, or a ``next`` link, which is followed under the base only.
            deadline: when to stop, on this reader's clock.
        """
        target = under(self.base, url)
        if target is None:
            return Unknown(Reason.NOT_PERMITTED)
        if self.monotonic() >= deadline:
            return Unknown(Reason.TIMED_OUT)
        if not self._exchange.admitted():
            self.left_alone = True
            return Unknown(Reason.FETCH_FAILED)
        body = self._fetch(target, deadline)
        page = body if isinstance(body, Reason) else self._page(body)
        return Unknown(page) if isinstance(page, Reason) else page

    def instance_query(self, reference: str, type: str) -> str:
        """The relative URL of the resource that a reference names; empty when it is not one on this server."""
        found = instance(reference)
        if not found.startswith(f"{type}/") or under(self.base, reference) is None:
            return ""
        return found

    def cut(self) -> None:
        """Stop every exchange whose deadline has passed; for whoever waited for it in vain."""
        self._exchange.cut()

    def _page(self, body: bytes) -> Page | Reason:
        try:
            page = read_page(orjson.loads(body.removeprefix(_MARK)))
        except orjson.JSONDecodeError:  # also of text nested too deeply, or not in UTF-8
            return Reason.FETCH_FAILED
        return page if isinstance(page, Reason) or self._takes(page) else Reason.FETCH_FAILED

    def _fetch(self, target: Address, deadline: float) -> bytes | Reason:
        """The body of an answer: a long search is posted, and asked again by GET where a server knows no POST."""
        answer: Answer = (405, b"")
        if len(target.url) > LONGEST_URL and target.query:
            answer = self._exchange.send(self._posted(target), deadline)
        if not isinstance(answer, Reason) and answer[0] in _NO_POST:
            answer = self._exchange.send(Request("GET", target.url, self._headers()), deadline)
        if isinstance(answer, Reason):
            return answer
        status, body = answer
        if status in (401, 403):
            return Reason.NOT_PERMITTED
        return body if status == 200 else Reason.FETCH_FAILED

    def _posted(self, target: Address) -> Request:
        search = f"{target.url.partition('?')[0].rstrip('/')}/_search"
        form = target.query.replace("|", "%7C").encode()
        return Request("POST", search, {**self._headers(), **_FORM}, form)

    def _headers(self) -> Mapping[str, str]:
        """Those of every request; the token is set on nothing that outlives it."""
        if self._authority is None:
            return _HEADERS
        return {**_HEADERS, "Authorization": f"Bearer {self._authority.token}"}

    def _takes(self, page: Page) -> bool:
        """Whether the entries of a page are within what one call looks at in all."""
        with self._lock:
            self._entries_left -= max(len(page.matches), len(page.came_along))
            return self._entries_left >= 0


def open_reader(
    call: Call,
    allowed: Callable[[str], bool],
    route: Route = Route(),  # noqa: B008 - frozen
    *,
    clock: Monotonic = monotonic,
    breaker: Breaker = BREAKER,
    fetched: OnFetched = nobody,
) -> FhirReader | Unknown:
    """A reader of the call's FHIR server, or why there is none.

    Args:
        call: names the server and brings the token.
        allowed: whether the service may call a base URL, by the site's settings.
        route: how the server is reached.
        clock: a clock that only goes forward, in seconds.
        breaker: which servers to leave alone for a while.
        fetched: is told of every read and search.
    """
    if not call.fhir_server:
        return Unknown(Reason.NOT_SUPPLIED)
    base = read_base(call.fhir_server)
    if base is None or not allowed(call.fhir_server) or not route.leads_to(base):
        return Unknown(Reason.NOT_PERMITTED)
    if not _may_use(call.authority, call.context.patient_id, route):
        return Unknown(Reason.NOT_PERMITTED)
    return FhirReader(base, call.authority, route, clock=clock, breaker=breaker, fetched=fetched)


def _may_use(authority: Authority | None, patient_id: str, route: Route) -> bool:
    """Whether a token is a bearer token in force, issued for this service, and for the patient of the call.

    Where a token is missing that says nothing against an open server, but only trials have those (S-28).
    """
    if authority is None:
        return not route.needs_token
    return (
        _TOKEN.fullmatch(authority.token) is not None
        and authority.token_type.lower() in ("", "bearer")
        and (authority.expires_in is None or authority.expires_in > 0)
        and (not authority.patient or (id_of(authority.patient, "Patient") or authority.patient) == patient_id)
        and (not route.client_id or authority.subject == route.client_id)
    )
