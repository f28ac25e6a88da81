"""``times_limit``: the latest result as a multiple of its own upper limit. ``limit_stated``: does it have one?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from cds.facts.case import Case
from cds.facts.reading import read_quantity
from cds.facts.retrieved import Item
from cds.facts.window import opening, place
from cds.language.fact import VALUE, Built, Kind
from cds.language.node import Fields
from cds.language.retrieve import Retrieve
from cds.language.scope import Scope
from cds.values.known import ABSENT, KNOWN, NO, YES, Evidence, Outcome, Reason, Unknown, unknown
from cds.values.quantity import Quantity, Scale, number


def upper_limit(resource: Mapping[str, Any], scale: Scale) -> Quantity | None:
    """The upper limit of the normal reference range that came with a result, in the scale's unit."""
    ranges = resource.get("referenceRange")
    for each in ranges if isinstance(ranges, list) else [ranges]:
        if not isinstance(each, Mapping) or not _is_normal(each):
            continue
        high = each.get("high")
        if isinstance(high, Mapping) and not (high.get("code") or high.get("unit")):
            value = resource.get("valueQuantity")
            unit = value.get("code") or value.get("unit") if isinstance(value, Mapping) else None
            high = {**high, "unit": unit}
        limit = read_quantity(high, scale)
        if limit is not None and limit.value > 0:
            return limit
    return None


def _is_normal(each: Mapping[str, Any]) -> bool:
    kind = each.get("type")
    codings = kind.get("coding") if isinstance(kind, Mapping) else None
    codes = [coding.get("code") for coding in codings or () if isinstance(coding, Mapping)]
    return not codes or "normal" in codes


def _latest(case: Case, retrieve: Retrieve, within: int | None) -> Item | Outcome:
    found = case.retrieved(retrieve)
    since = opening(case.today, within)
    placed = place((item for item in found.items if item.day is not None), since, retrieve.groups[0])
    best = max(
        placed.inside, key=lambda item: (item.day or date.min, item.value.value if item.value else 0), default=None
    )
    hidden = found.may_hide(best.day if best is not None else since)
    if hidden:
        return unknown(*hidden)
    return best if best is not None else Outcome(ABSENT, notes=tuple(each.why for each in found.flawed))


def _read(body: Fields, scope: Scope, keyword: str) -> tuple[Retrieve, Scale, int | None] | None:
    retrieve = scope.retrieve(body.get(keyword))
    within = scope.days(body.get("dated_within")) if "dated_within" in body else None
    if retrieve is None or retrieve.scale is None:
        scope.report.error("no-quantity", body.at, f"{keyword} needs a retrieve that reads a quantity")
        return None
    return retrieve, retrieve.scale, within


def build_times(body: Fields, scope: Scope) -> Built | None:
    """Compile ``times_limit``."""
    read = _read(body, scope, "times_limit")
    if read is None:
        return None
    retrieve, scale, within = read
    words = scope.word("shown_times_limit", "{value} ({ratio} × {limit})")

    def evaluate(case: Case) -> Outcome:
        item = _latest(case, retrieve, within)
        if isinstance(item, Outcome):
            return item
        limit = upper_limit(item.entry.resource, scale)
        if limit is None or item.value is None:
            why = Unknown(Reason.SETTING_BLANK, retrieve.groups[0], item.entry.where)
            return unknown(why, evidence=(item.evidence,))
        ratio = item.value.value / limit.value
        said = {
            "{value}": f"{item.label} {item.value}",
            "{ratio}": number(ratio),
            "{limit}": f"{number(limit.value)} {scale.unit}",
        }
        shown = words
        for slot, value in said.items():
            shown = shown.replace(slot, value)
        quantity = Quantity(ratio, "{ratio}", item.value.comparator, shown)
        return Outcome(KNOWN, quantity, item.day, evidence=(Evidence(item.entry.where, item.day, shown),))

    return Built(VALUE, evaluate, (), (retrieve,), unit="{ratio}", days_back=within)


def build_stated(body: Fields, scope: Scope) -> Built | None:
    """Compile ``limit_stated``."""
    read = _read(body, scope, "limit_stated")
    if read is None:
        return None
    retrieve, scale, within = read

    def evaluate(case: Case) -> Outcome:
        item = _latest(case, retrieve, within)
        if isinstance(item, Outcome):
            return item
        stated = upper_limit(item.entry.resource, scale) is not None
        return Outcome(YES if stated else NO, on=item.day, evidence=(item.evidence,))

    return Built((YES, NO, ABSENT), evaluate, (), (retrieve,), days_back=within)


_KEYS = {"dated_within": "only in the last so many days, today included"}
KINDS = (
    Kind("times_limit", "The latest result divided by its own upper limit of normal.", build_times, _KEYS),
    Kind("limit_stated", "Does the latest result come with an upper limit? absent: no result.", build_stated, _KEYS),
)
