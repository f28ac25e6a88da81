"""``uninterpretable``: is the newest result one whose value or unit cannot be read?"""

from __future__ import annotations

from datetime import date

from cds.facts.case import Case
from cds.facts.reading import unit_of
from cds.facts.retrieved import Flawed
from cds.facts.window import opening
from cds.language.fact import TRUTH, Built, Kind
from cds.language.node import Fields
from cds.language.scope import Scope
from cds.values.dates import Coarse, Day, When
from cds.values.known import Evidence, Outcome, truth, unknown


def _day(when: When) -> date | None:
    match when:
        case Day(day):
            return day
        case Coarse(latest=latest):
            return latest
        case _:
            return None


def build(body: Fields, scope: Scope) -> Built | None:
    """Compile the fact: flawed results inside the window that no readable result of a later day supersedes."""
    retrieve = scope.retrieve(body.get("uninterpretable"))
    within = scope.days(body.get("dated_within"))
    if retrieve is None or within is None:
        return None
    of_unit, bare = scope.word("shown_unit", '"{unit}"'), scope.word("shown_unreadable", "–")
    dateless = scope.word("shown_undated", "–")

    def evidence(flawed: Flawed) -> Evidence:
        unit = unit_of(flawed.entry.resource)
        says = of_unit.replace("{unit}", unit) if unit else bare
        return Evidence(flawed.entry.where, _day(flawed.when), says)

    def evaluate(case: Case) -> Outcome:
        found = case.retrieved(retrieve)
        since = opening(case.today, within) or date.min
        newest = max((item.day for item in found.items if item.day is not None), default=date.min)
        open_ones = [
            each for each in found.flawed if (day := _day(each.when)) is None or (day >= since and day > newest)
        ]
        undated = [Evidence(item.entry.where, None, dateless) for item in found.items if item.day is None]
        if open_ones or undated:
            return truth(True, (*(evidence(each) for each in open_ones), *undated))
        hidden = tuple(found.why)
        return unknown(*hidden) if hidden else truth(False)

    return Built(TRUTH, evaluate, (), (retrieve,))


KIND = Kind(
    "uninterpretable",
    "Is there a result without a date, or one whose value or unit cannot be read and none later that can?",
    build,
    {"dated_within": "only in the last so many days"},
    ("dated_within",),
)
