"""Who the user of the call is, and which PractitionerRole resources are theirs.

Some clients send the braces of a token they cannot fill literally, and so get the roles of everyone (real-clients.md,
section 6): another practitioner's specialty must not count as the prescriber's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cds.chart.arrive import missing
from cds.chart.chart import Arrival, Entry
from cds.chart.entries import index
from cds.values.known import Reason
from cds.wire.reference import id_of, literal

_TYPE = "PractitionerRole"


@dataclass(frozen=True, slots=True)
class Prescriber:
    """The user by bare ids, each empty when it is not known.

    Attributes:
        practitioner: id of the Practitioner, from the user or from the user's role.
        role: id of the PractitionerRole as which the user works.
        by_name: whether the call itself names the practitioner, so that a token for it can be filled by a client.
    """

    practitioner: str = ""
    role: str = ""
    by_name: bool = False


def read_user(user: str) -> Prescriber:
    """The prescriber of a call whose user is ``Practitioner/x`` or ``PractitionerRole/x``."""
    kind, _, _ = user.rpartition("/")
    practitioner = id_of(user, "Practitioner") if kind else ""
    return Prescriber(practitioner, id_of(user, _TYPE) if kind else "", bool(practitioner))


def with_practitioner(who: Prescriber, arrivals: Iterable[Arrival]) -> Prescriber:
    """The prescriber with the practitioner of their own role, if that role has arrived and names one."""
    if who.practitioner or not who.role:
        return who
    for entry in (each for arrival in arrivals for each in arrival.entries):
        if entry.where == f"{_TYPE}/{who.role}" and (found := _practitioner(entry)):
            return replace(who, practitioner=found)
    return who


def only_of(who: Prescriber, arrival: Arrival) -> Arrival:
    """An arrival of roles without those of other practitioners; nothing to go by when none is the prescriber's."""
    if arrival.group.type != _TYPE or not arrival.entries:
        return arrival
    kept = _kept(who, arrival)
    dropped = len(arrival.entries) - len(kept)
    if not dropped:
        return arrival
    if not kept:
        return missing(arrival.group, Reason.UNUSABLE_VALUE, arrival.foreign + dropped)
    return replace(arrival, entries=kept, by_code=index(kept), foreign=arrival.foreign + dropped)


def _kept(who: Prescriber, arrival: Arrival) -> tuple[Entry, ...]:
    entries = arrival.entries
    own = f"{_TYPE}/{who.role}" if who.role else ""
    if own and arrival.group.is_read:
        return tuple(each for each in entries if each.where in (own, f"{_TYPE}/?"))
    named = {_practitioner(each) for each in entries} - {""}
    if who.practitioner:
        unnamed_too = named <= {who.practitioner}
        theirs = (who.practitioner, "") if unnamed_too else (who.practitioner,)
        return tuple(each for each in entries if each.where == own or _practitioner(each) in theirs)
    if len(named) == 1:
        return tuple(each for each in entries if each.where == own or _practitioner(each))
    if not named and len(entries) == 1:
        return entries
    return tuple(each for each in entries if each.where == own)


def _practitioner(entry: Entry) -> str:
    text = literal(entry.resource.get("practitioner"))
    return id_of(text, "Practitioner") or text.removeprefix("urn:uuid:")
