"""Fact kinds that look at data, in plain English: what is looked at, within which time, and when nobody can tell."""

from __future__ import annotations

from collections.abc import Mapping

from cds.authoring.book_names import either, listed, spaced
from cds.authoring.book_written import NEVER, FactWords, Frame, WrittenFact


def _exists(its: WrittenFact) -> FactWords:
    also = no = ""
    if "since" in its.body:
        also, no = f"{its.fact_at('since')} is unknown", f", or where {its.fact_at('since')} has no day"
    found = f"Yes when there is {its.record} {its.window()}; no when the data arrived and hold none{no}.{its.undated()}"
    return FactWords(found, its.not_had(also))


def _latest(its: WrittenFact) -> FactWords:
    found = f"The newest value from {its.record} {its.window()}; of two on one day the greater. Absent without one."
    return FactWords(found, its.not_had())


def _highest(its: WrittenFact) -> FactWords:
    found = f"The greatest value from {its.record} {its.window()}. Absent without one."
    least = " Where more may be hidden, a value that was found counts as the least that it may be."
    return FactWords(found, its.not_had() + least)


def _age(its: WrittenFact) -> FactWords:
    found = f"The age in completed years, from the date of birth in the {its.names.group(its.said)}."
    unknown = (
        "Unknown when the record did not arrive or holds no date of birth. Of a month or a year alone, both ages that "
        "it allows count."
    )
    return FactWords(found, unknown)


def _patient_code(its: WrittenFact) -> FactWords:
    part = f", its part “{its.body['part']}”" if "part" in its.body else ""
    read = "; ".join(f"“{spaced(name)}” for {either(listed(codes))}" for name, codes in its.body["names"].items())
    found = (
        f"What the {its.names.group(its.body['group'])} holds at {either(listed(its.said))}{part}; the first that "
        f"holds anything counts. It is read as {read}. Another code, or two that disagree: “other”. Nothing: “absent”."
    )
    return FactWords(found, "Unknown when the record did not arrive.")


def _context(its: WrittenFact) -> FactWords:
    return FactWords(f"What the call itself tells of this: {spaced(its.said)}.", NEVER)


def _times_limit(its: WrittenFact) -> FactWords:
    found = f"The newest value from {its.record} {its.window()}, divided by the upper limit that came with it."
    return FactWords(f"{found} Absent without one.", its.not_had("the result came without its upper limit"))


def _limit_stated(its: WrittenFact) -> FactWords:
    found = f"Yes when the newest value from {its.record} {its.window()} came with its upper limit; no when not."
    return FactWords(f"{found} Absent without one.", its.not_had())


def _distinct_days(its: WrittenFact) -> FactWords:
    found = (
        f"Yes when there are at least {its.value('at_least')} results, each {its.record} {its.window()}, on days that "
        f"lie at least {its.value('apart')} apart, and never two on one day; no when the data arrived and hold fewer."
    )
    return FactWords(found, its.not_had())


def _not_cancelled(its: WrittenFact) -> FactWords:
    same = "ends it" if its.body.get("same_day") == "ends" else "leaves it standing"
    if its.body["if_unread"] == "stands":
        open_end = " Where what ends it could not be checked, it counts as standing."
    else:
        open_end = " Where what ends it could not be checked, it is unknown whether it stands."
    found = (
        f"Yes when there is {its.record} {its.window()} that nothing later has ended, be it "
        f"{its.names.record(its.body['by'])}; no when there is none, or all have ended. "
        f"An end of the same day {same}.{its.undated()}{open_end}"
    )
    return FactWords(found, its.not_had())


def _current(its: WrittenFact) -> FactWords:
    lasting = ""
    if "lasting" in its.body:
        lasting = f" It counts where its course, so far or as ordered, lasts {its.value('lasting')} or longer."
    found = (
        f"Yes when there is {its.record} that is being taken today: its period or supply, refills included, reaches "
        f"today. Active without a stated end counts as taken.{lasting}"
    )
    return FactWords(found, its.not_had("a supply that is stated has no date"))


def _illegible(its: WrittenFact) -> FactWords:
    groups = either(its.names.group(name) for each in its.fact.built.retrieves for name in each.groups)
    found = f"Yes when the {groups} hold an entry that cannot be read at all, so that it may be {its.record} or not."
    return FactWords(found, "Unknown when the data did not arrive.")


def _in_session(its: WrittenFact) -> FactWords:
    kept_out = ""
    if "unless" in its.body:
        marks = its.body["unless"]
        said = [f"{spaced(name)} {its.names.coded(of)}" for name, of in marks.items() if name != "words"]
        said += [f"the words {either(listed(marks['words']))}"] if "words" in marks else []
        kept_out = f" An order with {either(said)} does not count."
    found = f"Yes when another order of the session is one of {its.names.coded(its.said)}.{kept_out}"
    return FactWords(found, "Never unknown: the call brings the orders.")


def _long_since(its: WrittenFact) -> FactWords:
    found = f"Yes when there is {its.record} that is {its.value('at_least')} old or older, or has no exact date."
    return FactWords(f"{found} No when the data arrived and hold none.", its.not_had())


def _offered(its: WrittenFact) -> FactWords:
    groups = either(its.names.group(name) for each in its.fact.built.retrieves for name in each.groups)
    return FactWords(f"Yes when the client supplies {groups} at all, from which {its.record} would come.", NEVER)


def _ordered(its: WrittenFact) -> FactWords:
    found = f"Yes when a new order names a product of {its.names.coded(its.said)}."
    return FactWords(found, "Never unknown: the call brings the orders.")


def _overlaps(its: WrittenFact) -> FactWords:
    found = (
        f"Yes when there is {its.record} of another prescriber or of the same product whose supply lasts more than "
        f"{its.value('more_than')} beyond today. Where none is stated, {its.value('longest_supply')} are assumed."
    )
    return FactWords(found, its.not_had("such an order has no date"))


def _uninterpretable(its: WrittenFact) -> FactWords:
    found = (
        f"Yes when {its.record} {its.window()} has a value or unit that cannot be read and none later can, "
        "or when one has no date."
    )
    return FactWords(found, "Unknown when the data did not arrive.")


def _upcoming(its: WrittenFact) -> FactWords:
    found = f"Yes when there is {its.record} planned for today or the next {its.value('within')}."
    return FactWords(f"{found} No when the data arrived and hold none.", its.not_had())


OF_DATA: Mapping[str, Frame] = {
    "exists": _exists,
    "latest": _latest,
    "highest": _highest,
    "age": _age,
    "patient_code": _patient_code,
    "context": _context,
    "times_limit": _times_limit,
    "limit_stated": _limit_stated,
    "distinct_days": _distinct_days,
    "not_cancelled": _not_cancelled,
    "current": _current,
    "illegible": _illegible,
    "in_session": _in_session,
    "long_since": _long_since,
    "offered": _offered,
    "ordered": _ordered,
    "overlaps_new_order": _overlaps,
    "uninterpretable": _uninterpretable,
    "upcoming": _upcoming,
}
