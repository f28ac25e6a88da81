"""How the FHIR server of one client is reached: the site's settings, and the connections that are made under them."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cache

import certifi
from urllib3 import PoolManager, ProxyManager
from urllib3.util.ssl_ import create_urllib3_context

from cds.chart.address import Address, same_base
from cds.chart.connection import pool_classes
from cds.chart.destination import is_here, may_name
from cds.errors import StartError
from cds.language.site_client import Client

THREADS = 64
_SERVERS = 32


@dataclass(frozen=True, slots=True)
class Route:
    """What the site decided about reaching one client's FHIR server. The usual values are the strict ones.

    Attributes:
        client: its name; empty for no client of a site file.
        private_address: the server may have an address of a private network.
        plain: http is allowed beyond this computer too.
        needs_token: a server is not read without an access token (S-28).
        client_id: for which access tokens must be issued (S-27); empty for any.
        ca_file: certificates to trust instead of the usual ones; empty for the usual ones.
        proxy: address of an HTTP proxy; empty for none.
        certificate, certificate_key: files by which the service identifies itself; empty for none.
    """

    client: str = ""
    private_address: bool = False
    plain: bool = False
    needs_token: bool = False
    client_id: str = ""
    ca_file: str = ""
    proxy: str = ""
    certificate: str = ""
    certificate_key: str = ""

    def leads_to(self, base: Address) -> bool:
        """Whether a base can be reached by this route, as far as can be told before its name is resolved."""
        here = is_here(base.host)
        if base.scheme != "https" and (self.proxy or not (self.plain or here)):
            return False
        if self.proxy and here:  # it would be the proxy's own computer
            return False
        return may_name(base.host, self.private_address)


def route_of(client: Client, is_open: bool) -> Route:
    """The route to a client's own FHIR server.

    Args:
        client: of the site file.
        is_open: whether the service is open, for trials (``--open``).
    """
    return Route(
        client=client.name,
        private_address=client.private_address,
        plain=is_open,
        needs_token=not (is_open or client.certificate),
        client_id=client.client_id,
        ca_file=client.ca_file,
        proxy=client.proxy,
        certificate=client.certificate,
        certificate_key=client.certificate_key,
    )


def allowed(client: Client | None, url: str) -> bool:
    """Whether a client may have a FHIR server read: its own, by scheme, host, port and path, and no other (S-23)."""
    return client is not None and bool(client.base) and same_base(client.base, url)


@cache
def channel(route: Route) -> PoolManager:
    """The connections of a route. Each route has its own; there are as many routes as clients in the site file.

    Raises:
        StartError: a file of the route cannot be used.
    """
    context = _context(route)
    if route.proxy:
        # The proxy is no FHIR server: it does not see the client certificate.
        manager: PoolManager = ProxyManager(
            route.proxy, _SERVERS, proxy_ssl_context=_trusting(route), maxsize=THREADS, ssl_context=context
        )
    else:
        manager = PoolManager(_SERVERS, maxsize=THREADS, ssl_context=context)
    manager.pool_classes_by_scheme = pool_classes(route.private_address)
    return manager


def _context(route: Route) -> ssl.SSLContext:
    context = _trusting(route)
    if route.certificate:
        try:
            # Without an answer at hand the library would ask for a key's password on the terminal.
            context.load_cert_chain(route.certificate, route.certificate_key, password="")
        except (OSError, ValueError) as error:
            said = f"client {route.client}: client_certificate {route.certificate} cannot be used: {error}. "
            raise StartError(f"{said}Both files are PEM, and the key belongs to it and has no password") from None
    return context


def _trusting(route: Route) -> ssl.SSLContext:
    context = create_urllib3_context(ssl_minimum_version=ssl.TLSVersion.TLSv1_2)
    try:
        context.load_verify_locations(route.ca_file or certifi.where())
    except OSError as error:
        said = f"client {route.client}: ca_file {route.ca_file} cannot be used: {error}. "
        raise StartError(f"{said}It holds certificates, PEM") from None
    return context
