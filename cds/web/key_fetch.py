"""Fetches a key set from the address that the site file has for it, and from nowhere else (S-10, S-13)."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass

from urllib3 import PoolManager
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from cds.chart.flight import EARLY_S, Flights
from cds.chart.route import Route, channel
from cds.clock import Monotonic, monotonic
from cds.errors import CdsError
from cds.language.site_client import Client

FETCH_S = 2.0
MOST_BYTES = 64 * 1024
USUAL_LIFE_S, LEAST_LIFE_S, MOST_LIFE_S = 600.0, 60.0, 3600.0
"""How long a key set counts as fresh: without a word of its server, at least, and at most."""

_CHUNK = 8192
_HEADERS = {
    "Accept": "application/json, application/jwk-set+json",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
_MAX_AGE = re.compile(r"max-age=(\d{1,9})")


class FetchError(CdsError):
    """A key set could not be fetched; the message names no more than the kind of trouble."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A key set as it came, and for how many seconds it is fresh."""

    content: bytes
    life_s: float


def key_route(client: Client) -> Route:
    """How the key set of a client is reached: as its FHIR server is, but without a certificate of this service's.

    It may have a private address, since the site file has the whole of the URL and no caller has a say in it.
    """
    return Route(f"keys of {client.name}", private_address=True, ca_file=client.ca_file, proxy=client.proxy)


def fetch_key_set(url: str, route: Route, within_s: float = FETCH_S, clock: Monotonic = monotonic) -> Fetched:
    """Fetch it: by https, without following a redirect, within a size and a time that hold for the whole of it.

    Args:
        url: where it is.
        route: how that is reached.
        within_s: when to give up.
        clock: a clock that only goes forward, in seconds.

    Raises:
        FetchError: when it was not to be had.
    """
    if not url.startswith("https://"):
        raise FetchError("its address is not of https")
    flights = Flights(clock)
    deadline = clock() + within_s
    cutter = threading.Timer(within_s, flights.cut)
    cutter.daemon = True
    cutter.start()
    try:
        with flights.flight(deadline):
            return _fetched(channel(route), url, flights, deadline, clock)
    except (HTTPError, OSError, ValueError) as error:
        if flights.refused:
            raise FetchError("its server has an address that nothing may be fetched from") from None
        late = clock() + EARLY_S >= deadline
        raise FetchError(f"no answer within {within_s:g} s" if late else type(error).__name__) from None
    finally:
        cutter.cancel()


def _fetched(connections: PoolManager, url: str, flights: Flights, deadline: float, clock: Monotonic) -> Fetched:
    left = flights.left()
    answer = connections.urlopen(
        "GET",
        url,
        headers=_HEADERS,
        redirect=False,
        retries=False,
        timeout=Timeout(connect=left, read=left),
        preload_content=False,
        decode_content=False,
    )
    try:
        if answer.status != 200:
            raise FetchError(f"answered with status {answer.status}")
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise FetchError("answered compressed, which was not asked for")
        content = b""
        while part := answer.read1(_CHUNK):
            content += part
            if len(content) > MOST_BYTES:
                raise FetchError(f"answered with more than {MOST_BYTES} bytes")
            if clock() >= deadline:
                raise TimeoutError
        if clock() >= deadline:  # a connection that was cut looks like an end
            raise TimeoutError
        return Fetched(content, _life_s(answer.headers.get("Cache-Control", "")))
    finally:
        answer.close()


def _life_s(cache_control: str) -> float:
    said = cache_control.lower()
    if "no-store" in said or "no-cache" in said:
        return LEAST_LIFE_S
    found = _MAX_AGE.search(said)
    return min(max(float(found[1]), LEAST_LIFE_S), MOST_LIFE_S) if found is not None else USUAL_LIFE_S
