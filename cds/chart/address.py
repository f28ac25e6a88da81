"""Which URLs may be called: those under one FHIR base, and nothing else (checklist P-37, S-22)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urljoin

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from cds.chart.destination import is_here

_PORTS = {"http": 80, "https": 443}
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class Address:
    """An http or https URL without user information, as the HTTP client itself reads it."""

    scheme: str
    host: str
    port: int
    path: str
    query: str
    url: str


def read_address(url: str) -> Address | None:
    """Take a URL apart with the parser that will send it, so that what is checked is what is called."""
    if _UNSAFE.search(url):
        return None
    try:
        found = parse_url(url)
    except (LocationParseError, ValueError):
        return None
    if found.scheme not in _PORTS or not found.host or found.auth is not None:
        return None
    if ".." in unquote(url.partition("?")[0]).split("/"):  # as it was given: the parser has followed it already
        return None
    host = found.host.strip("[]")
    if "%" in host:  # a zone of a link-local address, or a name in disguise
        return None
    return Address(
        found.scheme,
        host,
        found.port if found.port is not None else _PORTS[found.scheme],
        (found.path or "").rstrip("/"),
        found.query or "",
        found.url,
    )


def read_base(url: str) -> Address | None:
    """A FHIR base: an address without query."""
    base = read_address(url)
    return base if base is not None and not base.query and "#" not in url and "?" not in url else None


def under(base: Address, url: str) -> Address | None:
    """The address of a relative query or of an absolute URL, if it lies under the base; otherwise None."""
    if _UNSAFE.search(url):  # before urljoin, which would drop some of these characters
        return None
    try:
        found = read_address(urljoin(f"{base.url.rstrip('/')}/", url))
    except ValueError:  # half a bracket
        return None
    if found is None or (found.scheme, found.host, found.port) != (base.scheme, base.host, base.port):
        return None
    return found if found.path == base.path or found.path.startswith(f"{base.path}/") else None


def loopback_only(url: str) -> bool:
    """Whether a URL leads to this computer alone: http or https, 127.0.0.0/8, ::1 or ``localhost``."""
    found = read_address(url)
    return found is not None and is_here(found.host)


def same_base(one: str, other: str) -> bool:
    """Whether two URLs are the same FHIR base: scheme, host, port and path."""
    first, second = read_base(one), read_base(other)
    if first is None or second is None:
        return False
    return (first.scheme, first.host, first.port, first.path) == (second.scheme, second.host, second.port, second.path)
