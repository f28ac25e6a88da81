"""Runs the tests of retrieves, each through prefetch and through a search on a real FHIR server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cds.answer import answer
from cds.authoring.finds_file import FindTrial
from cds.authoring.loopback import LoopbackFhir
from cds.authoring.test_evaluate import edge_of
from cds.authoring.test_request import with_prefetch, with_server
from cds.facts.retrieved import Retrieved
from cds.language.pack import Compiled
from cds.language.plan import Plan
from cds.values.known import NO, UNKNOWN, YES
from cds.wire.request import read_call


@dataclass(frozen=True)
class Found:
    """What became of a row: ``yes``, ``no`` or ``unknown``, by the way in which the resource came."""

    trial: FindTrial
    by: Mapping[str, str]

    @property
    def passed(self) -> bool:
        """Whether the resource was found, or not, as the row says; whichever way it came."""
        return all(each == self.trial.finds for each in self.by.values())


def run_find(trial: FindTrial, server: LoopbackFhir) -> Found:
    """Run a row through prefetch and through a search.

    Args:
        trial: the row.
        server: a running FHIR server, which is given the resource.
    """
    for resource in trial.sent.all:
        server.store.add(resource)
    plan = _alone(trial, trial.compiled.plan)
    searched = with_server(trial.sent, trial.hook, server.base)
    return Found(
        trial,
        {
            "prefetch": found_with(trial, trial.compiled, prefetched(trial)),
            "searches": _found(trial, trial.compiled, plan, searched),
        },
    )


def prefetched(trial: FindTrial) -> bytes:
    """The request of a client that sends the resource in its prefetch."""
    groups = trial.compiled.plan.groups
    return with_prefetch(trial.sent, trial.hook, trial.sent.offered(groups[name] for name in trial.groups))


def found_with(trial: FindTrial, compiled: Compiled, body: bytes) -> str:
    """Whether the resource is found under a plan, which may be a changed one: ``yes``, ``no`` or ``unknown``."""
    return _found(trial, compiled, _alone(trial, compiled.plan), body)


def _alone(trial: FindTrial, plan: Plan) -> Plan:
    """The plan with nothing to decide, and with the retrieve's groups to gather."""
    return replace(plan, rules=(), notes=(), needs={**plan.needs, trial.hook.name: trial.groups})


def _found(trial: FindTrial, compiled: Compiled, plan: Plan, body: bytes) -> str:
    made = answer(read_call(body, trial.hook), plan, edge_of(trial.sent, trial.today))
    retrieve = compiled.scope.names.retrieves.get(trial.retrieve)
    if made.patient is None or retrieve is None:
        return "not asked: the order is not one of this pack's drug"
    return _state(made.patient.retrieved(retrieve))


def _state(found: Retrieved) -> str:
    if found.items:
        return YES
    return UNKNOWN if found.may_hide(None) else NO


def find_failure(found: Found) -> str:
    """Why a row failed, on several lines; empty when it passed."""
    if found.passed:
        return ""
    trial = found.trial
    lines = [f"  by {by:<9} expected {trial.finds:<8} got {got}" for by, got in found.by.items()]
    return "\n".join([f"{trial.at}: FAIL {trial.name}", *lines])
