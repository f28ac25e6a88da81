"""The session of a route: requests above, connections to judged addresses beneath, and nothing of a call on it."""

from __future__ import annotations

from functools import cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connectionpool import HTTPConnectionPool

from cds.chart.route import Route, channel


class _Adapter(HTTPAdapter):
    """Sends by the connections of a route, whose TLS settings count instead of those of a request."""

    def __init__(self, connections: PoolManager) -> None:
        self._connections = connections
        super().__init__(max_retries=0)

    def init_poolmanager(self, *_: Any, **__: Any) -> None:
        self.poolmanager = self._connections

    def get_connection_with_tls_context(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> Any:
        found: HTTPConnectionPool = self._connections.connection_from_url(request.url or "")
        return found

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Nothing to add: the route's TLS context has the certificates to trust, and our own."""


@cache
def session(route: Route) -> requests.Session:
    """The session of a route, shared by all its calls; a token is set on requests only.

    Raises:
        StartError: a file of the route cannot be used.
    """
    made = requests.Session()
    made.trust_env = False  # a netrc entry would replace the bearer token, a proxy would read it
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(channel(route))
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made
