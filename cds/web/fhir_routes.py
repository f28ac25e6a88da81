"""Which FHIR server a call may have read, and how that is reached (checklist S-22, S-23, S-28)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from cds.chart.fetched import OnFetched, nobody
from cds.chart.fhir import FhirReader, open_reader
from cds.chart.route import Route, allowed, channel, route_of
from cds.clock import Monotonic
from cds.language.site_client import Client
from cds.values.known import Unknown
from cds.wire.call import Call

_TRIALS = Route(private_address=True, plain=True)


class FhirRoutes:
    """The routes of a serving process, made at start.

    Args:
        clients: of the site file.
        is_open: whether callers are not told apart, in trials.
        in_trials: which FHIR bases may be read then.

    Raises:
        StartError: a client's certificate files cannot be used.
    """

    def __init__(self, clients: Iterable[Client], is_open: bool, in_trials: Callable[[str], bool]) -> None:
        self._is_open = is_open
        self._in_trials = in_trials
        if is_open:
            channel(_TRIALS)
        for client in clients:
            if client.base:
                channel(route_of(client, is_open))

    def open(
        self, call: Call, client: Client | None, clock: Monotonic, fetched: OnFetched = nobody
    ) -> FhirReader | Unknown:
        """A reader of the FHIR server that a call names, or why there is none.

        Args:
            call: the request.
            client: that calls. Its settings apply to its own server; an open service reads others as well.
            clock: a clock that only goes forward, in seconds.
            fetched: is told of every read and search.
        """
        opened = partial(open_reader, clock=clock, fetched=fetched)
        if client is not None and allowed(client, call.fhir_server):
            return opened(call, partial(allowed, client), route_of(client, self._is_open))
        if self._is_open:
            return opened(call, self._in_trials, _TRIALS)
        return opened(call, partial(allowed, client))
