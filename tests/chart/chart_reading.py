"""One read from a FHIR server, as a call that names it has it done."""

from __future__ import annotations

from chart_samples import call

from cds.chart.breaker import Breaker
from cds.chart.fetch import Fetch, fetch_all
from cds.chart.fhir import open_reader
from cds.chart.page import Page
from cds.chart.route import Route
from cds.values.known import Reason, Unknown
from cds.wire.call import Authority

LAX = Route(private_address=True, plain=True)
"""As much as can be allowed."""


def read(base: str, route: Route, query: str = "Observation?patient=p1", seconds: float = 10) -> Page | Reason:
    """What is read, or why nothing is, whatever the settings say about names."""
    opened = open_reader(call(base, authority=Authority("t0ken")), lambda _: True, route, breaker=Breaker())
    if isinstance(opened, Unknown):
        return opened.reason
    (found,) = fetch_all(opened, [Fetch(query)], opened.monotonic() + seconds)
    return found.pages[0] if found.pages else found.reason
