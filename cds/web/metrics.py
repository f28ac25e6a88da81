"""What the service counts and times, for Prometheus, over all of its processes.

Every label comes from a closed set: names of the content, names of the site file, words of this program. Nothing that
a client sent is ever a label. The processes write to files in one folder, each to its own, and whichever process is
asked for ``/metrics`` reads them all, so the numbers of a process that has ended stay.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess, values

from cds.answer import Answer, Step
from cds.cards.merge import EXTENSION
from cds.chart.fetched import LEFT_ALONE, OK
from cds.findings.decide import Verdict
from cds.language.plan import Plan
from cds.values.known import Reason
from cds.web.denial import Why
from cds.web.reload import FAILED, REFUSED, TAKEN
from cds.web.services import Ready
from cds.web.watch import Finished

NONE = "(none)"  # no name of a site file or of content has brackets
# A call is promised within half a second; the rest tells how far it was from that.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0)
STEP_SECONDS = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_WORD = re.compile(r"[a-z][a-z_-]{0,39}")
_GROWING = frozenset({"written", "dropped", "spilled", "adopted", "torn", "left_out"})
"""Fields of the record's counts that only grow; the others are states."""


class Metrics:
    """The metrics of a process. Make it before the server forks: each process then writes to files of its own.

    Args:
        folder: where the files are, private to this service.
    """

    def __init__(self, folder: Path) -> None:
        os.environ[_FOLDER] = str(folder)
        # The library chooses when it is imported, which may have been before there was a folder.
        values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]  # has no types
        self._folder = folder
        self._clients: tuple[str, ...] = ()
        self._kept: dict[str, float] = {}
        self._content: set[tuple[str, ...]] = set()
        self._children: dict[tuple[object, ...], Any] = {}
        registry = CollectorRegistry()  # of its own: what other libraries count is none of ours

        def counter(name: str, says: str, *labels: str) -> Counter:
            return Counter(f"cds_{name}", says, labels, registry=registry)

        def gauge(name: str, says: str, *labels: str, mode: Any = "livesum") -> Gauge:
            return Gauge(f"cds_{name}", says, labels, registry=registry, multiprocess_mode=mode)

        def histogram(name: str, says: str, *labels: str, buckets: tuple[float, ...] = SECONDS) -> Histogram:
            return Histogram(f"cds_{name}", says, labels, registry=registry, buckets=buckets)

        self._requests = counter("requests", "Requests answered", "endpoint", "service", "status")
        self._in_flight = gauge("in_flight_requests", "Requests being answered now")
        self._refused = counter("refused", "Requests refused with 400, by FHIR issue type", "why")
        self._call = histogram("call_seconds", "From the arrival of a call to its cards", "service")
        self._step = histogram("step_seconds", "One step of a call", "step", buckets=STEP_SECONDS)
        self._cards = counter("cards", "Cards shown", "pack", "topic", "indicator")
        self._findings = counter(
            "findings", "Findings of rules, on a card or in shadow", "pack", "rule", "finding", "indicator", "mode"
        )
        self._not_checked = counter("not_checked", "Rules that could not be checked", "pack", "rule")
        self._unknowns = counter(
            "unknowns", "Reasons why rules could not be checked, each once a call and data group", "reason", "group"
        )
        self._unidentified = counter("unidentified_orders", "New orders that name no drug at all", "service")
        self._no_trigger = counter("no_trigger", "Calls that asked for no evaluation", "service")
        self._fetches = counter("fetches", "Reads and searches on FHIR servers", "client", "outcome")
        self._fetch = histogram("fetch_seconds", "One read or search with all of its pages", "client")
        self._breaker = gauge("breaker_open", "Processes that leave the client's FHIR server alone", "client")
        self._feedback = counter("feedback_items", "Items of feedback that are on record", "outcome")
        self._feedback_lost = counter(
            "feedback_refused_items", "Items of feedback that could not be kept, and were told so"
        )
        self._content_info = gauge(
            "content_info", "1 for the content in force", "hash", "pack", "version", "profile", "client", mode="livemax"
        )
        self._reloads = counter("reloads", "Times that changed content was looked at", "outcome")
        self._access = counter("access", "Calls not let in, and trouble in telling who calls", "event", "about")
        self._gauge, self._counter = gauge, counter
        self._record: dict[str, Counter | Gauge] = {}

    # ------------------------------------------------------------------ before the first request

    def begin(self, ready: Ready, clients: Iterable[str]) -> None:
        """Tell what is in force, and make every series whose labels are known, so that a rate sees its first step."""
        self.content(ready)
        self._clients = (NONE, *clients)
        for service in ready.services:
            self._call.labels(service)
            for status in ("200", "400", "500", "503"):
                self._requests.labels("hook_call", service, status)
            for status in ("200", "503"):
                self._requests.labels("feedback", service, status)
            self._unidentified.labels(service)
            self._no_trigger.labels(service)
        for step in Step:
            self._step.labels(step)
        for client in self._clients:
            self._fetch.labels(client)
            self._breaker.labels(client)
            for event in ("too_many", "replay_refused", "replay_unshared", "key_set_trouble"):
                self._access.labels(event, client)
            for outcome in (OK, LEFT_ALONE, *Reason):
                self._fetches.labels(client, outcome)
        for why in Why:
            self._access.labels("denied", why)
        for outcome in ("accepted", "overridden"):
            self._feedback.labels(outcome)
        for outcome in (TAKEN, REFUSED, FAILED):
            self._reloads.labels(outcome)
        for plan in ready.plans.values():
            self._begin_of(plan)

    def _begin_of(self, plan: Plan) -> None:
        for rule in plan.rules:
            self._not_checked.labels(plan.name, rule.name)
        for group in plan.groups:
            for reason in (Reason.FETCH_FAILED, Reason.TIMED_OUT, Reason.NOT_PERMITTED):
                self._unknowns.labels(reason, group)

    def content(self, ready: Ready) -> None:
        """Tell the content in force; what was in force before no longer is."""
        now: set[tuple[str, ...]] = {
            (plan.content_hash, plan.name, plan.version, plan.profile.name, plan.client or NONE)
            for plan in _plans(ready)
        }
        for gone in self._content - now:
            self._content_info.labels(*gone).set(0)
        for each in now:
            self._content_info.labels(*each).set(1)
        self._content = now

    def reloaded(self, how: str) -> None:
        """Changed content was looked at: it was ``taken``, ``refused``, or ``failed`` by our fault."""
        self._reloads.labels(how).inc()

    def access(self, event: str, about: str) -> None:
        """A call was not let in, or there was trouble in telling who calls.

        Args:
            event: ``denied``, ``too_many``, ``replay_refused``, ``replay_unshared`` or ``key_set_trouble``.
            about: the reason of a denial, a word of this program; else the client, by its name in the site file.
        """
        self._access.labels(event, about or NONE).inc()

    # ------------------------------------------------------------------ of each request

    def arrived(self) -> None:
        """A request came."""
        self._in_flight.inc()

    def left(self) -> None:
        """A request is done with."""
        self._in_flight.dec()

    def answered(self, service: str, _: bytes, __: bytes, result: Answer) -> None:
        """Count what came of a call."""
        pack, decisions = result.plan.name, result.decisions
        if result.trigger.unidentified:
            self._unidentified.labels(service).inc(result.trigger.unidentified)
        if decisions is None:
            self._count(self._no_trigger, service)
            return
        for card in result.cards:
            self._count(self._cards, pack, card.extension[EXTENSION]["topic"], card.indicator)
        for each in decisions.all:
            if each.finding is not None and each.verdict in (Verdict.SHOWN, Verdict.SHADOW):
                mode = "show" if each.verdict is Verdict.SHOWN else "shadow"
                self._count(self._findings, pack, each.rule.name, each.finding.id, each.finding.indicator, mode)
        for each in decisions.not_checked:
            self._count(self._not_checked, pack, each.rule.name)
        for reason, group in {(why.reason, why.group) for each in decisions.not_checked for why in each.why}:
            self._count(self._unknowns, reason, group if group in result.plan.groups else NONE)

    def finished(self, done: Finished) -> None:
        """Count and time a request that is answered."""
        told = done.told
        service = told.get("service", NONE)
        self._count(self._requests, done.endpoint or NONE, service, done.status)
        if "refused" in told:
            self._count(self._refused, why if _WORD.fullmatch(why := str(told.get("why", ""))) else "other")
        if done.endpoint == "hook_call" and done.status == 200:
            self._observe(self._call, done.ended - done.watch.began, service)
            for step, seconds in done.watch.seconds().items():
                self._observe(self._step, seconds, step)
        client = told.get("client", NONE)
        for fetch in done.watch.fetches:
            self._count(self._fetches, client, fetch.outcome)
            self._observe(self._fetch, fetch.ended - fetch.began, client)
        if told.get("items"):
            self._items(told)

    def _items(self, told: Mapping[str, Any]) -> None:
        if not told["kept"]:
            self._feedback_lost.inc(told["items"])
            return
        self._feedback.labels("accepted").inc(told["accepted"])
        self._feedback.labels("overridden").inc(told["items"] - told["accepted"])

    # ------------------------------------------------------------------ of each process, now and then

    def record(self, counts: object) -> None:
        """Tell what this process has kept so far: every number or state of the record's counts, under its own name."""
        for name, value in _numbers(counts).items():
            metric = self._record.get(name) or self._of_record(name)
            if isinstance(metric, Counter):
                metric.inc(max(0.0, value - self._kept.get(name, 0.0)))
                self._kept[name] = value
            else:
                metric.set(value)

    def _of_record(self, name: str) -> Counter | Gauge:
        make: Callable[[str, str], Counter | Gauge] = self._counter if name in _GROWING else self._gauge
        metric = self._record[name] = make(f"record_{name}", f"Records: {name} (see /readyz)")
        return metric

    def left_alone(self, clients: Collection[str]) -> None:
        """Tell whose FHIR servers this process leaves alone, until a call finds out that they answer again."""
        for client in self._clients:
            self._breaker.labels(client).set(int(client in clients))

    # ------------------------------------------------------------------ for whoever asks

    def text(self) -> bytes:
        """The metrics of all processes, in the text format of Prometheus."""
        self._forget_the_dead()
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call]  # has no types
        return generate_latest(registry)

    def _forget_the_dead(self) -> None:
        """Take away the states of processes that have ended; what they counted stays."""
        for file in self._folder.glob("gauge_live*_*.db"):
            pid = file.stem.rpartition("_")[2]
            if not _is_ours(int(pid)):
                multiprocess.mark_process_dead(pid, str(self._folder))  # type: ignore[no-untyped-call]  # has no types

    def _count(self, metric: Counter, *labels: object) -> None:
        self._child(metric, labels).inc()

    def _observe(self, metric: Histogram, seconds: float, *labels: object) -> None:
        self._child(metric, labels).observe(max(0.0, seconds))

    def _child(self, metric: Counter | Histogram, labels: tuple[object, ...]) -> Any:
        """A metric with its labels; to look it up here costs a third of what the library takes."""
        key = (metric, *labels)
        found = self._children.get(key)
        if found is None:
            found = self._children[key] = metric.labels(*labels)
        return found


def _numbers(counts: object) -> dict[str, float]:
    return {name: float(value) for name, value in asdict(counts).items() if isinstance(value, bool | int | float)}  # type: ignore[call-overload]  # a dataclass of cds/record, which takes 0.3 s to import


def _plans(ready: Ready) -> list[Plan]:
    return [*ready.plans.values(), *(plan for each in ready.clients for plan in each.plans.values())]


def _is_ours(pid: int) -> bool:
    """Whether a process runs that belongs to this service; a number may have gone to a stranger since."""
    try:
        return os.getpgid(pid) == os.getpgid(0)
    except ProcessLookupError:
        return False
