"""What is on hand of a patient: resources by group and code, and for each group how complete it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from cds.language.group import DataGroup
from cds.values.codes import Code
from cds.values.known import Unknown
from cds.wire.call import Medication


class Source(StrEnum):
    """Where a group came from."""

    PREFETCH = "prefetch"
    SEARCH = "search"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource, or one component of an Observation seen as an Observation of its own.

    Attributes:
        resource: plain FHIR JSON; a component carries its parent's status, subject, performer and dates.
        type: resource type.
        where: ``Type/id``, with ``#component`` added for a component; ``Type/?`` when it has no id.
        codes: the codings by which it is found (Observation.code, Condition.code, the medication's codings ...).
        medication: for orders, dispenses and statements of a drug, what drug they name.
    """

    resource: Mapping[str, Any] = field(repr=False)
    type: str
    where: str
    codes: tuple[Code, ...]
    medication: Medication | None = None


@dataclass(frozen=True)
class Arrival:
    """How one data group arrived.

    Attributes:
        group: the definition.
        source: prefetch, search, or nowhere.
        entries: its resources, of this patient only, of the group's type only.
        why: why nothing at all could be had; None when the group arrived, be it empty.
        left_out: the group does not apply to this call and makes nothing unknown (an optional group that is off, a
            group whose token this call cannot fill, an alternative whose other half arrived).
        truncated: more pages exist that were not read.
        complete_since: of a truncated group, the earliest day from which on it is complete; None when it is
            complete nowhere.
        broken: resources that could not be read at all, each as a reason.
        by_code: the entries by each of their codes.
        foreign: how many resources of another patient, or of another prescriber, were dropped; for the log.
    """

    group: DataGroup
    source: Source
    entries: tuple[Entry, ...] = ()
    why: Unknown | None = None
    left_out: bool = False
    truncated: bool = False
    complete_since: date | None = None
    broken: tuple[Unknown, ...] = ()
    by_code: Mapping[Code, tuple[Entry, ...]] = field(default_factory=dict, repr=False)
    foreign: int = 0


@dataclass(frozen=True)
class Chart:
    """The arrivals of one call by group name. Groups that no rule of the hook needs are not in it."""

    arrivals: Mapping[str, Arrival]
