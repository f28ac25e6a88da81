"""Compiles ``drugs``, ``readings`` and ``retrieves`` of a pack."""

from __future__ import annotations

from cds.language.node import Fields, Text, fields, text, texts
from cds.language.report import did_you_mean
from cds.language.retrieve import Drug, Marks, Reading, Retrieve, Setting, word_pattern
from cds.language.scope import Scope
from cds.values.codes import code_set
from cds.values.quantity import Scale

_NO_CODES = code_set("none", "none", ())
_TYPES_WITHOUT_STATUS = frozenset({"Patient", "PractitionerRole"})


def read_drug(name: Text, body: Fields, scope: Scope) -> Drug | None:
    """One drug with the layers by which it is recognised."""
    names = word_pattern(tuple(each.value for each in texts(body.get("names"))))
    if names is None:
        scope.report.error("no-names", name.at, f"drug {name.value} has no names", "An order by text would be missed.")
        return None
    return Drug(
        name=name.value,
        title=text(body.get("title")),
        products=scope.code_set(body.get("products")) or _NO_CODES,
        ingredients=scope.code_set(body.get("ingredients")) or _NO_CODES,
        not_products=scope.code_set(body.get("not_products")) or _NO_CODES,
        names=names,
        not_names=word_pattern(tuple(each.value for each in texts(body.get("not_names")))),
        wanted=read_marks(fields(body.get("wanted")), scope),
        unwanted=read_marks(fields(body.get("unwanted")), scope),
    )


def read_marks(body: Fields, scope: Scope) -> Marks:
    """Routes, dose forms and words that tell one form of a drug from another."""
    words = word_pattern(tuple(each.value for each in texts(body.get("words"))))
    return Marks(scope.code_set(body.get("routes")), scope.code_set(body.get("forms")), words)


def read_reading(body: Fields, scope: Scope) -> tuple[Reading, ...]:
    """A named way of reading a result: each meaning with its answers, words or range."""
    unit = text(body.get("unit"))
    readings = []
    for meaning, node in fields(body.get("meanings")):
        keys = fields(node)
        at_least = scope.quantity(keys.get("at_least"), unit) if "at_least" in keys else None
        below = scope.quantity(keys.get("below"), unit) if "below" in keys else None
        readings.append(
            Reading(
                meaning.value,
                scope.code_set(keys.get("answer_in")),
                scope.code_set(keys.get("interpretation_in")),
                word_pattern(tuple(each.value for each in texts(keys.get("words")))),
                at_least,
                below,
                text(keys.get("says")) or meaning.value,
            )
        )
    return tuple(readings)


def read_retrieve(name: Text, body: Fields, types: dict[str, str], scope: Scope) -> Retrieve | None:
    """One retrieve; ``types`` maps the names of data groups to their resource types."""
    groups = texts(body.get("group"))
    wrong = [each for each in groups if each.value not in types]
    for each in wrong:
        scope.report.error(
            "unknown-group",
            each.at,
            f"no data group is called {each.value}",
            "Nothing would ever be fetched for it.",
            did_you_mean(each.value, types),
        )
    if wrong or not groups:
        return None
    type_ = types[groups[0].value]
    statuses = frozenset(each.value for each in texts(body.get("status")))
    if not statuses and type_ not in _TYPES_WITHOUT_STATUS:
        scope.report.error(
            "no-status",
            name.at,
            f"{name.value} does not say which statuses count",
            "Results entered in error would count as results.",
            "Write status: [final, amended, corrected].",
        )
    readings, wanted = _reading(body, scope)
    value = text(body.get("value"), "none")
    codes = scope.code_set(body.get("code_in"))
    drug = _drug(body, scope)
    return Retrieve(
        name=name.value,
        at=name.at,
        groups=tuple(each.value for each in groups),
        type=type_,
        statuses=statuses,
        called=text(body.get("called")),
        coded=text(body.get("coded")) == "yes",
        codes=codes,
        drug=drug,
        words=word_pattern(tuple(each.value for each in texts(body.get("words")))),
        code_at=tuple(each.value for each in texts(body.get("code_at"))),
        unless=read_marks(fields(body.get("unless")), scope) if "unless" in body else None,
        readings=readings,
        wanted=wanted,
        setting=_setting(body),
        value=value,
        scale=_scale(name, body, value, scope),
        scores=scope.code_set(body.get("answers")),
        date_at=tuple(each.value for each in texts(body.get("date_at"))),
        doubtful=text(body.get("doubtful"), "unknown"),
        ahead=text(body.get("ahead")) == "yes",
    )


def _drug(body: Fields, scope: Scope) -> Drug | None:
    node = body.get("drug")
    if not isinstance(node, Text):
        return None
    found = scope.names.drugs.get(node.value)
    if found is None:
        advice = did_you_mean(node.value, scope.names.drugs)
        scope.report.error("unknown-drug", node.at, f"no drug is called {node.value}", remedy=advice)
    return found


def _reading(body: Fields, scope: Scope) -> tuple[tuple[Reading, ...], frozenset[str]]:
    for key, node in fields(body.get("reads")):
        readings = scope.names.readings.get(key.value)
        if readings is None:
            advice = did_you_mean(key.value, scope.names.readings)
            scope.report.error("unknown-reading", key.at, f"no reading is called {key.value}", remedy=advice)
            continue
        meanings = {each.meaning for each in readings}
        wanted = texts(node)
        for each in wanted:
            if each.value not in meanings:
                advice = did_you_mean(each.value, meanings)
                scope.report.error("unknown-meaning", each.at, f"{key.value} never reads {each.value}", remedy=advice)
        return readings, frozenset(each.value for each in wanted)
    return (), frozenset()


def _setting(body: Fields) -> Setting | None:
    if "setting" not in body:
        return None
    keys = fields(body.get("setting"))
    never = word_pattern(tuple(each.value for each in texts(keys.get("never_words"))))
    performers = frozenset(each.value for each in texts(keys.get("performer")))
    return Setting(performers, text(keys.get("category")), never)


def _scale(name: Text, body: Fields, value: str, scope: Scope) -> Scale | None:
    """The scale of the quantities that a retrieve reads, as its value or through a reading with limits."""
    scales = [
        each.scale
        for set_name in texts(body.get("code_in"))
        if (each := scope.names.value_sets.get(set_name.value)) is not None and each.scale is not None
    ]
    if scales and all(each.unit == scales[0].unit for each in scales):
        return scales[0] if value == "quantity" or "reads" in body else None
    if value == "quantity":
        scope.report.error(
            "no-unit",
            name.at,
            f"{name.value} reads a quantity, and its value sets name no common unit",
            "A number without a unit must never be compared.",
            "Give the value set a unit.",
        )
    return None
