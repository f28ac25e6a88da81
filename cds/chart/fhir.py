"""The only FHIR HTTP client: reads and searches on one server, for one call, within a deadline."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError

from cds.chart.address import Address, loopback_only, read_base, under
from cds.chart.breaker import Breaker
from cds.chart.connection import Flights, Pool, TlsPool
from cds.chart.page import Page, read_page
from cds.clock import Monotonic, monotonic
from cds.values.known import Reason, Unknown
from cds.wire.call import Authority, Call
from cds.wire.reference import id_of, instance

__all__ = ["FhirReader", "loopback_only", "open_reader"]

THREADS = 64
MOST_BYTES = 4 * 1024 * 1024
LONGEST_URL = 1800
_CHUNK = 65536
_HEADERS = {"Accept": "application/fhir+json, application/json", "Accept-Encoding": "identity"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_NO_POST = frozenset({404, 405, 415, 501})
_TOKEN = re.compile(r"[\x21-\x7e]+")


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": Pool, "https": TlsPool}


def _shared_session() -> requests.Session:
    """Connections are shared by all calls; what belongs to a call (token, deadline) never is set on the session."""
    session = requests.Session()
    session.trust_env = False  # a netrc entry would replace the bearer token, a proxy would read it
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(pool_connections=32, pool_maxsize=THREADS, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


_Answer = tuple[int, bytes] | Reason

_SESSION = _shared_session()
_BREAKER = Breaker()


class FhirReader:
    """Reads one FHIR server for one call.

    Args:
        base: the server's base, checked.
        authority: the call's token; None reads without one.
        ca_file: certificates to trust instead of the usual ones; empty for the usual ones.
        private_address: whether the server may have a private address.
        clock: a clock that only goes forward, in seconds.
        breaker: which servers to leave alone for a while.
    """

    def __init__(
        self,
        base: Address,
        authority: Authority | None = None,
        *,
        ca_file: str = "",
        private_address: bool = True,
        clock: Monotonic = monotonic,
        breaker: Breaker = _BREAKER,
    ) -> None:
        self.base = base
        self.monotonic = clock
        self._authority = authority
        self._verify: bool | str = ca_file or True
        self._breaker = breaker
        self._flights = Flights(private_address, clock)
        self._lock = threading.Lock()
        self._struck = False

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
        if self._breaker.is_open(self.base.url, self.monotonic()):
            return Unknown(Reason.FETCH_FAILED)
        body = self._fetch(target, deadline)
        if isinstance(body, Reason):
            return Unknown(body)
        try:
            page = read_page(orjson.loads(body))
        except orjson.JSONDecodeError:
            return Unknown(Reason.FETCH_FAILED)
        return Unknown(page) if isinstance(page, Reason) else page

    def instance_query(self, reference: str, type: str) -> str:
        """The relative URL of the resource that a reference names; empty when it is not one on this server."""
        found = instance(reference)
        if not found.startswith(f"{type}/") or under(self.base, reference) is None:
            return ""
        return found

    def cut(self) -> None:
        """Stop every exchange whose deadline has passed; for whoever waited for it in vain."""
        self._flights.cut()

    def _fetch(self, target: Address, deadline: float) -> bytes | Reason:
        """The body of an answer: a long search is posted, and asked again by GET where a server knows no POST."""
        answer: _Answer = (405, b"")
        if len(target.url) > LONGEST_URL and target.query:
            answer = self._send(self._posted(target), deadline)
        if not isinstance(answer, Reason) and answer[0] in _NO_POST:
            answer = self._send(self._prepared("GET", target.url), deadline)
        if isinstance(answer, Reason):
            return answer
        status, body = answer
        if status in (401, 403):
            return Reason.NOT_PERMITTED
        return body if status == 200 else Reason.FETCH_FAILED

    def _posted(self, target: Address) -> requests.PreparedRequest:
        search = f"{target.url.partition('?')[0].rstrip('/')}/_search"
        return self._prepared("POST", search, target.query.replace("|", "%7C"))

    def _prepared(self, method: str, url: str, form: str = "") -> requests.PreparedRequest:
        headers: Mapping[str, str] = {**_HEADERS, **(_FORM if form else {})}
        if self._authority is not None:
            headers = {**headers, "Authorization": f"Bearer {self._authority.token}"}
        return requests.Request(method, url, headers=headers, data=form or None).prepare()

    def _send(self, request: requests.PreparedRequest, deadline: float) -> _Answer:
        """Status and body; an idle connection that the server closed meanwhile is replaced once."""
        answer: _Answer
        for last_try in (False, True):
            try:
                with self._flights.flight(deadline):
                    answer = self._exchange(request, deadline)
                self._breaker.answered(self.base.url)
                return answer
            except (requests.Timeout, ReadTimeoutError, TimeoutError):
                answer = Reason.TIMED_OUT
            except (requests.RequestException, HTTPError, OSError, ValueError) as trouble:
                if self._flights.refused:
                    return Reason.NOT_PERMITTED
                answer = Reason.TIMED_OUT if self.monotonic() >= deadline else Reason.FETCH_FAILED
                if answer is Reason.FETCH_FAILED and _was_dropped(trouble) and not last_try:
                    continue
            break
        self._strike()
        return answer

    def _exchange(self, request: requests.PreparedRequest, deadline: float) -> _Answer:
        left = deadline - self.monotonic()
        if left <= 0:
            raise TimeoutError
        with _SESSION.send(
            request, stream=True, timeout=(left, left), allow_redirects=False, verify=self._verify
        ) as response:
            if response.status_code != 200:
                return response.status_code, b""
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                return Reason.FETCH_FAILED  # the server ignored that only plain content was accepted
            return self._body(response, deadline)

    def _body(self, response: requests.Response, deadline: float) -> _Answer:
        """The body, read as it comes: ``iter_content`` would wait for a full chunk, past the deadline."""
        parts: list[bytes] = []
        size = 0
        while part := response.raw.read1(_CHUNK):
            size += len(part)
            if size > MOST_BYTES:
                return Reason.FETCH_FAILED
            if self.monotonic() >= deadline:
                raise TimeoutError
            parts.append(part)
        return response.status_code, b"".join(parts)

    def _strike(self) -> None:
        """Tell the breaker; the searches of one call that fail side by side count as one failure."""
        with self._lock:
            first, self._struck = not self._struck, True
        if first:
            self._breaker.failed(self.base.url, self.monotonic())


def open_reader(
    call: Call,
    allowed: Callable[[str], bool],
    *,
    ca_file: str = "",
    private_address: bool = True,
    clock: Monotonic = monotonic,
) -> FhirReader | Unknown:
    """A reader of the call's FHIR server, or why there is none.

    Args:
        call: names the server and brings the token.
        allowed: whether the service may call a base URL, by the site's settings.
        ca_file: certificates to trust instead of the usual ones.
        private_address: whether the server may have a private address.
        clock: a clock that only goes forward, in seconds.
    """
    if not call.fhir_server:
        return Unknown(Reason.NOT_SUPPLIED)
    base = read_base(call.fhir_server)
    if base is None or not allowed(call.fhir_server) or not _may_use(call.authority, call.context.patient_id):
        return Unknown(Reason.NOT_PERMITTED)
    return FhirReader(base, call.authority, ca_file=ca_file, private_address=private_address, clock=clock)


def _may_use(authority: Authority | None, patient_id: str) -> bool:
    """Whether a token, if there is one, is a bearer token in force, and for the patient of the call."""
    if authority is None:
        return True
    return (
        _TOKEN.fullmatch(authority.token) is not None
        and authority.token_type.lower() in ("", "bearer")
        and (authority.expires_in is None or authority.expires_in > 0)
        and (not authority.patient or (id_of(authority.patient, "Patient") or authority.patient) == patient_id)
    )


def _was_dropped(trouble: Exception) -> bool:
    """Whether the server closed a kept connection before it answered, which says nothing about the request."""
    text = repr(trouble)
    return "RemoteDisconnected" in text or "ConnectionReset" in text or "BrokenPipe" in text
