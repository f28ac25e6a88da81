"""Which missing groups make something unknown, and which do not apply to the call at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from cds.chart.chart import Arrival, Source
from cds.values.known import Reason, Unknown


def settle(
    arrivals: Mapping[str, Arrival], fillable: Collection[str], never: Collection[str], refused: bool
) -> dict[str, Arrival]:
    """The arrivals of a call with the last word on those that are missing.

    Args:
        arrivals: by group name, as far as they could be had.
        fillable: groups whose token the call can fill; others cannot be asked for.
        never: groups that the client never supplies, by the site's settings.
        refused: whether there is a FHIR server that may not be used.
    """
    pairs = tuple(_pairs(arrivals))
    paired = {name for pair in pairs for name in pair}
    lonely = {name for name, each in arrivals.items() if each.group.alternative_to} - paired
    left_out = {name for name, each in arrivals.items() if each.group.optional and _not_supplied(each)}
    left_out |= {
        name
        for name, each in arrivals.items()
        if name not in fillable and name not in paired | lonely and _not_supplied(each)
    }
    for pair in pairs:
        left_out |= _of_pair(pair, arrivals, fillable)
    settled = {}
    for name, arrival in arrivals.items():
        if name in left_out:
            settled[name] = Arrival(arrival.group, Source.NOWHERE, left_out=True, foreign=arrival.foreign)
        elif _not_supplied(arrival) and name in never:
            settled[name] = replace(arrival, why=Unknown(Reason.NOT_OFFERED, name))
        elif _not_supplied(arrival) and refused:
            settled[name] = replace(arrival, why=Unknown(Reason.NOT_PERMITTED, name))
        else:
            settled[name] = arrival
    return settled


def _not_supplied(arrival: Arrival) -> bool:
    return arrival.why is not None and arrival.why.reason is Reason.NOT_SUPPLIED


def _pairs(arrivals: Mapping[str, Arrival]) -> Iterator[tuple[str, str]]:
    """Groups that answer the same question, each pair once."""
    seen: set[frozenset[str]] = set()
    for name, arrival in arrivals.items():
        other = arrival.group.alternative_to
        if other in arrivals and other != name and frozenset((name, other)) not in seen:
            seen.add(frozenset((name, other)))
            yield name, other


def _of_pair(pair: tuple[str, str], arrivals: Mapping[str, Arrival], fillable: Collection[str]) -> set[str]:
    """Of two alternatives, what can be left out: never both, unless both are optional, which is settled elsewhere."""
    absent = [name for name in pair if arrivals[name].why is not None]
    if len(absent) < 2:
        return set(absent)
    cannot = {name for name in pair if name not in fillable}
    return cannot if len(cannot) < 2 else {pair[1]}
