"""Where one call touches the world: the day, the FHIR server that it names, new ids."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

from cds.answer import Edge
from cds.cards.merge import Frame
from cds.cards.repeats import Memory
from cds.chart.address import loopback_only, same_base
from cds.chart.chart import Chart
from cds.chart.entries import Neighbours
from cds.chart.fhir import FhirReader
from cds.chart.gather import gather, read_medication_reference
from cds.clock import Monotonic, Today, fixed, monotonic, today_in
from cds.language.group import DataGroup
from cds.language.site_client import Client
from cds.settings import Settings
from cds.values.known import Unknown
from cds.web.fhir_routes import FhirRoutes
from cds.web.watch import Watch
from cds.wire.call import Call, Medication, Order
from cds.wire.medication import read_medication


class MakeEdge(Protocol):
    """Makes the edge of one call, with the settings of the client that calls; its budget starts when it is made."""

    def __call__(self, client: Client | None = None, watch: Watch | None = None) -> Edge: ...


def edges(settings: Settings, clock: Monotonic = monotonic, memory: Memory | None = None) -> MakeEdge:
    """A function that makes the edge of one call."""
    zone = ZoneInfo(settings.timezone)
    today: Today = fixed(settings.today) if settings.today is not None else today_in(settings.timezone)
    clients = settings.site.clients if settings.site is not None else ()
    routes = FhirRoutes(clients, settings.open, may_read(settings))
    frame = Frame(settings.public_url, new_id)

    def edge(client: Client | None = None, watch: Watch | None = None) -> Edge:
        watch = watch if watch is not None else Watch(clock)
        budget_ms = client.budget_ms if client is not None and client.budget_ms else settings.budget_ms
        reading = _Reading(zone, routes, clock, clock() + budget_ms / 1000, client, watch)
        return Edge(today(), zone, reading.gather, reading.drug, frame, memory, watch.passed)

    return edge


def new_id() -> str:
    """A fresh UUID."""
    return str(uuid4())


def may_read(settings: Settings) -> Callable[[str], bool]:
    """Tells whether a FHIR base may be read: one on this computer, one allowed by name, or one of the site file."""
    clients = settings.site.clients if settings.site is not None else ()
    named = (*settings.allow_fhir, *(each.base for each in clients if each.base))

    def allowed(url: str) -> bool:
        return loopback_only(url) or any(same_base(url, each) for each in named)

    return allowed


class _Reading:
    """What one call reads, all of it within one budget. The FHIR server is opened when it is first wanted."""

    def __init__(
        self,
        zone: ZoneInfo,
        routes: FhirRoutes,
        clock: Monotonic,
        deadline: float,
        client: Client | None,
        watch: Watch,
    ) -> None:
        self._watch = watch
        self._client = client
        self._never: Collection[str] = client.never.values if client is not None else ()
        self._zone = zone
        self._routes = routes
        self._clock = clock
        self._deadline = deadline
        self._reader: FhirReader | Unknown | None = None

    def gather(self, call: Call, groups: Sequence[DataGroup]) -> Chart:
        left = max(0.0, self._deadline - self._clock())
        return gather(call, groups, self._zone, self._open(call), left, self._clock, never=self._never)

    def drug(self, call: Call, order: Order) -> Medication | None:
        reader = self._open(call)
        reference = order.medication.unread
        if isinstance(reader, Unknown):
            return None
        found = read_medication_reference(reader, reference, self._deadline)
        if isinstance(found, Unknown):
            return None
        return read_medication(order.resource, Neighbours((), {reference: found}))

    def _open(self, call: Call) -> FhirReader | Unknown:
        if self._reader is None:
            self._reader = self._routes.open(call, self._client, self._clock, self._watch.fetched)
        return self._reader
