"""Reads and searches side by side, all within one deadline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from cds.chart.fetched import LEFT_ALONE, OK, Fetched
from cds.chart.fhir import THREADS, FhirReader
from cds.chart.page import Page
from cds.values.known import Reason, Unknown

MOST_PAGES = 20

POOL: Executor = ThreadPoolExecutor(THREADS, thread_name_prefix="fhir")
"""The process's threads that wait for FHIR servers. They are started as they are needed, so a fork is safe."""


@dataclass
class Fetch:
    """One read or search under way: grows in a thread of the pool, and is left as it is at the deadline.

    Attributes:
        query: relative to the FHIR base.
        pages: what came so far, in order.
        why: what stopped it before the last page, if anything did.
        began, ended: on the reader's clock, in seconds; None before that.
    """

    query: str
    pages: list[Page] = field(default_factory=list)
    why: Unknown | None = None
    began: float | None = None
    ended: float | None = None

    def run(self, reader: FhirReader, deadline: float) -> None:
        """Read page after page while there are more, and time is left."""
        self.began = reader.monotonic()
        self._read(reader, deadline)
        self.ended = reader.monotonic()

    def _read(self, reader: FhirReader, deadline: float) -> None:
        url = self.query
        asked: set[str] = set()
        while len(self.pages) < MOST_PAGES and url not in asked:
            asked.add(url)
            page = reader.get(url, deadline)
            if isinstance(page, Unknown):
                self.why = page
                return
            self.pages.append(page)
            if not page.next:
                return
            url = page.next

    @property
    def reason(self) -> Reason:
        """Why there is no page at all."""
        return self.why.reason if self.why is not None else Reason.TIMED_OUT

    @property
    def type(self) -> str:
        """The resource type that is asked for; the rest of a query may name a patient."""
        return self.query.partition("?")[0].partition("/")[0]


def fetch_all(
    reader: FhirReader, fetches: Sequence[Fetch], deadline: float, pool: Executor = POOL
) -> tuple[Fetch, ...]:
    """Run fetches side by side; what has come by the deadline is returned in their order, the rest is cut off.

    Args:
        reader: of the call.
        fetches: what to read.
        deadline: when to stop, on the reader's clock.
        pool: whose threads to use.
    """
    asked = reader.monotonic()
    futures = [pool.submit(fetch.run, reader, deadline) for fetch in fetches]
    done, late = wait(futures, timeout=max(0.0, deadline - reader.monotonic()))
    for future in late:
        future.cancel()
    if late:
        reader.cut()
    for future in done:
        future.result()  # a mistake of ours in a thread is no reason for silence
    found = tuple(Fetch(each.query, list(each.pages), each.why, each.began, each.ended) for each in fetches)
    for each in found:
        reader.fetched(_told(each, reader, asked))
    return found


def _told(fetch: Fetch, reader: FhirReader, asked: float) -> Fetched:
    """What is told of a fetch; one that did not end in time ran out of time, whatever else stopped it later."""
    ended = fetch.ended if fetch.ended is not None else reader.monotonic()
    outcome = OK if fetch.ended is not None and fetch.why is None else fetch.reason
    if reader.left_alone and outcome == Reason.FETCH_FAILED:
        outcome = LEFT_ALONE
    return Fetched(fetch.type, outcome, len(fetch.pages), fetch.began if fetch.began is not None else asked, ended)


def read_medication_reference(
    reader: FhirReader, reference: str, deadline: float, pool: Executor = POOL
) -> Mapping[str, Any] | Unknown:
    """The Medication that an order refers to, read from the server of the call.

    Args:
        reader: of the call.
        reference: ``Medication.unread``: ``Medication/12`` or an absolute URL.
        deadline: when to stop, on the reader's clock.
        pool: whose threads to use.
    """
    query = reader.instance_query(reference, "Medication")
    if not query:
        return Unknown(Reason.UNUSABLE_VALUE, where=reference)
    (fetch,) = fetch_all(reader, [Fetch(query)], deadline, pool)
    medication = the_medication(fetch)
    if medication is not None:
        return medication
    return Unknown(Reason.UNUSABLE_VALUE if fetch.pages else fetch.reason, where=reference)


def the_medication(fetch: Fetch) -> Mapping[str, Any] | None:
    """The Medication that a read brought, if it brought one."""
    for page in fetch.pages:
        for resource in page.matches:
            if isinstance(resource, Mapping) and resource.get("resourceType") == "Medication":
                return resource
    return None
