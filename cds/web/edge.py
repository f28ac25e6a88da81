"""Where one call touches the world: the day, the FHIR server that it names, new ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import uuid4
from zoneinfo import ZoneInfo

from cds.answer import Edge
from cds.cards.merge import Frame
from cds.chart.address import Address, loopback_only, read_base
from cds.chart.chart import Chart
from cds.chart.entries import Neighbours
from cds.chart.fhir import FhirReader, open_reader
from cds.chart.gather import gather, read_medication_reference
from cds.clock import Monotonic, Today, fixed, monotonic, today_in
from cds.language.group import DataGroup
from cds.settings import Settings
from cds.values.known import Unknown
from cds.wire.call import Call, Medication, Order
from cds.wire.medication import read_medication


def edges(settings: Settings, clock: Monotonic = monotonic) -> Callable[[], Edge]:
    """A function that makes the edge of one call; its budget starts when it is made."""
    zone = ZoneInfo(settings.timezone)
    today: Today = fixed(settings.today) if settings.today is not None else today_in(settings.timezone)
    allowed = may_read(settings)
    frame = Frame(settings.public_url, new_id)

    def edge() -> Edge:
        reading = _Reading(zone, allowed, clock, clock() + settings.budget_ms / 1000)
        return Edge(today(), zone, reading.gather, reading.drug, frame)

    return edge


def new_id() -> str:
    """A fresh UUID."""
    return str(uuid4())


def may_read(settings: Settings) -> Callable[[str], bool]:
    """Tells whether a FHIR base may be read: one on this computer, or one that was allowed by name."""
    named = [base for url in settings.allow_fhir if (base := read_base(url)) is not None]

    def allowed(url: str) -> bool:
        base = read_base(url)
        return loopback_only(url) or (base is not None and any(_same(base, each) for each in named))

    return allowed


def _same(one: Address, other: Address) -> bool:
    return (one.scheme, one.host, one.port, one.path) == (other.scheme, other.host, other.port, other.path)


class _Reading:
    """What one call reads, all of it within one budget. The FHIR server is opened when it is first wanted."""

    def __init__(self, zone: ZoneInfo, allowed: Callable[[str], bool], clock: Monotonic, deadline: float) -> None:
        self._zone = zone
        self._allowed = allowed
        self._clock = clock
        self._deadline = deadline
        self._reader: FhirReader | Unknown | None = None

    def gather(self, call: Call, groups: Sequence[DataGroup]) -> Chart:
        left = max(0.0, self._deadline - self._clock())
        return gather(call, groups, self._zone, self._open(call), left, self._clock)

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
            self._reader = open_reader(call, self._allowed, clock=self._clock)
        return self._reader
