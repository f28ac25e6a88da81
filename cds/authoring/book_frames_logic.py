"""Fact kinds that rest on other facts, on settings, on a course or on new orders, in plain English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cds.authoring.book_names import either, listed, spaced
from cds.authoring.book_written import NEVER, FactWords, Frame, WrittenFact


def _comparison(words: str) -> Frame:
    def frame(its: WrittenFact) -> FactWords:
        of, limit = its.fact_at("of"), its.value(its.fact.kind)
        return FactWords(
            f"Yes when {of} is {words.format(limit)}; no when it is not, or when there is no value.", _open(of)
        )

    return frame


def _open(of: str) -> str:
    return f"Unknown when {of} is unknown, or when its value leaves it open, such as “<500” beside a limit of 300."


def _band(its: WrittenFact) -> FactWords:
    of, beyond = its.fact_at("of"), its.body.get("beyond", ())
    steps = []
    for name, limit in its.said.items():
        value = its.names.value(limit)
        how = f"from {value} on"
        if isinstance(beyond, Mapping) and name in beyond:
            said = beyond[name]
            how = f"above {value}{its.names.decided(said)}" if its.names.is_yes(said) else how
            how += ", else at it too" if str(said) in its.names.values else ""
        elif name in listed(beyond):
            how = f"above {value}"
        steps.append(f"“{spaced(name)}” {how}")
    found = f"By the value of {of}: {', '.join(steps)}; the last that it reaches counts. “None” below the first."
    return FactWords(f"{found} “Absent” when there is no value.", _open(of))


def _all(its: WrittenFact) -> FactWords:
    found = f"Yes when all of this holds: {_conditions(its)}. No as soon as one surely does not hold."
    return FactWords(found, "Unknown when one is unknown and none surely fails.")


def _any(its: WrittenFact) -> FactWords:
    found = f"Yes when any of this holds: {_conditions(its)}. No when none does."
    return FactWords(found, "Unknown when one is unknown and none surely holds.")


def _not(its: WrittenFact) -> FactWords:
    return FactWords(f"Yes when this does not hold: {_conditions(its)}.", "Unknown when that is unknown.")


def _several(its: WrittenFact) -> FactWords:
    found = f"Yes when at least {its.value('at_least')} of these hold: {_conditions(its)}."
    return FactWords(found, "Unknown when those that are unknown could make up the number.")


def _conditions(its: WrittenFact) -> str:
    several = its.said if isinstance(its.said, list) else [its.said]
    return "; ".join(its.names.condition(each) for each in several)


def _first(its: WrittenFact) -> FactWords:
    steps = [
        f"otherwise “{spaced(step['otherwise'])}”"
        if "otherwise" in step
        else f"“{spaced(step['then'])}” when {_together(its, step['if'])}"
        for step in its.said
    ]
    unknown = "Unknown while an earlier condition is unknown, unless every answer still possible is the same."
    return FactWords(f"The first that holds: {'; else '.join(steps[:-1])}; {steps[-1]}.", unknown)


def _together(its: WrittenFact, said: Any) -> str:
    return either(map(its.names.condition, said)) if isinstance(said, list) else its.names.condition(said)


def _either(its: WrittenFact) -> FactWords:
    order = ", then ".join(f"“{its.names.fact(each)}”" for each in listed(its.said))
    unknown = "Unknown when one is unknown before a value was found: it may be the one that counts."
    return FactWords(f"The first of these that has a value: {order}. Absent when none has.", unknown)


def _setting(its: WrittenFact) -> FactWords:
    return FactWords(f"What the profile or the site decided: {its.names.value(its.said)}.", NEVER)


def _phase(its: WrittenFact) -> FactWords:
    found = (
        f"From the chain of earlier supplies: {its.record}. With a new order it is a continuation within "
        f"{its.value('continues_within')} of the end of the last supply, a restart within "
        f"{its.value('restarts_within')}, and initial later or without any. Without a new order it is on treatment "
        f"while a supply lasts, post for {its.value('post_within')} after it, and none later or without any. "
        f"Where nothing states how long a supply lasts, {its.value('longest_supply')} are assumed."
    )
    return FactWords(found, its.not_had("a supply has no date"))


def _start_of(its: WrittenFact) -> FactWords:
    course = its.quoted
    found = f"The first day of the present course, from the supplies of {course}. Absent when there is none."
    return FactWords(found, "Unknown when earlier supplies may not have been seen.")


def _end_of(its: WrittenFact) -> FactWords:
    course = its.quoted
    found = f"The day on which the last supply ends, from the supplies of {course}. Absent when there is none."
    return FactWords(found, "Unknown when later supplies may not have been seen.")


def _days_since(its: WrittenFact) -> FactWords:
    of = its.quoted
    return FactWords(f"Whole days from the day of {of} until today. Absent when {of} is.", f"Unknown when {of} is.")


def _daily_dose(its: WrittenFact) -> FactWords:
    found = f"Milligrams a day of {spaced(its.said)}, all new orders taken together. Absent without a new order."
    return FactWords(found, "Unknown when one of them does not state its dose so that it can be read.")


def _supply_days(its: WrittenFact) -> FactWords:
    found = f"Days that one filling of the new orders of {spaced(its.said)} lasts, the longest of them."
    unknown = "Unknown when one of them does not state how long it lasts."
    return FactWords(f"{found} Absent without a new order.", unknown)


def _refills(its: WrittenFact) -> FactWords:
    found = f"Refills of the new orders of {spaced(its.said)}, the most of them; an order that states none has none."
    return FactWords(f"{found} Absent without a new order.", NEVER)


def _cumulative_dose(its: WrittenFact) -> FactWords:
    new = ""
    if its.switched("and_new_orders"):
        new = f" What the new orders add counts too{its.names.decided(its.body['and_new_orders'])}."
    found = (
        f"Milligrams of {spaced(its.body['drug'])} over the present course of {its.quoted}: dose times "
        f"days of each supply; an order and its dispense count once.{new}"
    )
    unknown = "Unknown when a supply or a new order does not state its dose or its days, or supplies may be unseen."
    return FactWords(found, unknown)


def _per_weight(its: WrittenFact) -> FactWords:
    dose, weight = its.quoted, its.fact_at("weight")
    return FactWords(f"{dose} divided by {weight}. Absent where either is missing.", "Unknown when either is unknown.")


OF_OTHER_FACTS: Mapping[str, Frame] = {
    "at_least": _comparison("{} or more"),
    "above": _comparison("more than {}"),
    "below": _comparison("less than {}"),
    "band": _band,
    "all": _all,
    "any": _any,
    "not": _not,
    "several": _several,
    "first": _first,
    "either": _either,
    "setting": _setting,
    "phase": _phase,
    "start_of": _start_of,
    "end_of": _end_of,
    "days_since": _days_since,
    "daily_dose": _daily_dose,
    "supply_days": _supply_days,
    "refills": _refills,
    "cumulative_dose": _cumulative_dose,
    "per_weight": _per_weight,
}
