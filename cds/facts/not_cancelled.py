"""``not_cancelled``: an event on record that no later event of another kind has ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from cds.facts.case import Case
from cds.facts.retrieved import Item, Retrieved
from cds.facts.window import PLAIN_NO, evidence, opening, place
from cds.language.fact import TRUTH, Built, Kind
from cds.language.node import Fields
from cds.language.scope import Scope
from cds.values.dates import Coarse, Day, NoDate, When
from cds.values.known import Outcome, Reason, Unknown, truth, unknown

STANDS = "stands"


def _later(event: When, end: When, same_day_ends: bool) -> bool | None:
    """Whether an end comes after an event, by whole days; None when their dates do not tell."""
    if same_day_ends and isinstance(event, Day) and event == end:
        return True
    last_event = event.day if isinstance(event, Day) else (event.latest if isinstance(event, Coarse) else None)
    first_event = event.day if isinstance(event, Day) else (event.earliest if isinstance(event, Coarse) else None)
    first_end = end.day if isinstance(end, Day) else (end.earliest if isinstance(end, Coarse) else None)
    last_end = end.day if isinstance(end, Day) else (end.latest if isinstance(end, Coarse) else None)
    if last_event is None or first_event is None or first_end is None or last_end is None:
        return None
    if first_end > last_event:
        return True
    return False if last_end <= first_event else None


def _open_ends(
    item: Item, ends: Iterable[Retrieved], unread_stands: bool, same_day_ends: bool
) -> tuple[str, list[Unknown]]:
    """``ended``, ``stands`` or ``open`` for one event, with the reasons for which it is open."""
    reasons: list[Unknown] = []
    for found in ends:
        group = found.retrieve.groups[0]
        for each in found.items:
            later = _later(item.when, each.when, same_day_ends)
            if later:
                return "ended", []
            if later is None:
                reasons.append(Unknown(Reason.DATE_MISSING, group, each.entry.where))
        if not unread_stands:
            since = item.day + timedelta(days=1) if item.day is not None else None
            reasons.extend(found.may_hide(since))
    return ("open" if reasons else STANDS), reasons


def _hidden(found: Retrieved, since: date | None, ends: Iterable[Retrieved]) -> Iterable[Unknown]:
    """Reasons for which an event may be hidden and stand.

    On pages that were not read every event is older than the pages that were; one end that is as new as those pages
    has ended it, whatever it was.
    """
    newest_end = max((item.day for end in ends for item in end.items if item.day is not None), default=None)
    for why in found.may_hide(since):
        complete = dict(found.truncated).get(why.group)
        if (
            why.reason is Reason.TRUNCATED
            and complete is not None
            and newest_end is not None
            and newest_end >= complete
        ):
            continue
        yield why


def build(body: Fields, scope: Scope) -> Built | None:
    """Compile the fact."""
    events, ends = scope.retrieves(body.get("not_cancelled")), scope.retrieves(body.get("by"))
    within = scope.days(body.get("dated_within")) if "dated_within" in body else None
    unread = scope.option(body.get("if_unread"))
    if unread not in (STANDS, "unknown"):
        scope.report.error("option", body.at, "if_unread is stands or unknown")
        return None
    if not events or not ends:
        return None
    unread_stands = unread == STANDS
    undated_counts = scope.option(body.get("undated_counts")) == "yes"
    same_day_ends = scope.option(body.get("same_day")) == "ends"

    def evaluate(case: Case) -> Outcome:
        found_events = [case.retrieved(each) for each in events]
        if all(found.is_bare for found in found_events):
            return PLAIN_NO
        since: date | None = opening(case.today, within)
        found_ends = [case.retrieved(each) for each in ends]
        standing: list[Item] = []
        reasons: list[Unknown] = []
        notes: list[Unknown] = []
        for retrieve, found in zip(events, found_events, strict=True):
            placed = place(found.items, since, retrieve.groups[0])
            undated = [item for item in found.items if since and undated_counts and isinstance(item.when, NoDate)]
            for item in (*placed.inside, *undated):
                state, why = _open_ends(item, found_ends, unread_stands, same_day_ends)
                if state == STANDS or (state == "open" and unread_stands):
                    standing.append(item)
                reasons.extend(why if state == "open" else ())
            reasons.extend(_hidden(found, since, found_ends))
            (reasons if retrieve.doubtful == "unknown" else notes).extend(placed.doubtful)
        if standing:
            return truth(True, evidence(standing))
        return unknown(*reasons) if reasons else truth(False, notes=tuple(notes))

    return Built(TRUTH, evaluate, (), (*events, *ends))


KIND = Kind(
    "not_cancelled",
    "Is there an event that no later event of another kind has ended? Of the same day: it stands.",
    build,
    {
        "by": "the retrieves whose later events end it",
        "dated_within": "only events of the last so many days",
        "undated_counts": "yes: an event without a date counts as one inside the window",
        "same_day": "ends: an end of the same day ends it; left out, it stands",
        "if_unread": "what an event is when later ends could not be checked: stands, or unknown",
    },
    ("by", "if_unread"),
)
