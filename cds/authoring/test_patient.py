"""The Patient resource of a test; ``pack.test.yaml`` says where each field of the patient stands in it."""

from __future__ import annotations

from datetime import date
from typing import Any

from cds.authoring.test_dates import read_when, with_dates
from cds.authoring.test_file import NONE, Line
from cds.authoring.test_pack import TestedPack
from cds.language.node import Fields, Text, fields, plain, text
from cds.language.report import did_you_mean


def build_patient(
    lines: tuple[Line, ...], places: Fields, patient: str, today: date, pack: TestedPack
) -> dict[str, Any]:
    """The Patient: of several lines a later one goes before an earlier one, field by field.

    Args:
        lines: those that are called ``patient``.
        places: field → its element, or its extension.
        patient: the id.
        today: the day of the test.
        pack: takes what is wrong.
    """
    resource: dict[str, Any] = {"resourceType": "Patient", "id": patient}
    values: dict[str, tuple[Text, Text]] = {}
    raw: dict[str, Any] = {}
    for line in lines:
        for key, node in line.body:
            if key.value == "elements":
                raw.update(plain(node))
            elif isinstance(node, Text):
                values[key.value] = (key, node)
    for name, (key, value) in values.items():
        if name not in places:
            advice = did_you_mean(name, [*places.values, "elements"])
            pack.report.error("unknown-field", key.at, f"the patient has no field {name}", remedy=advice)
        elif value.value != NONE:
            _put(resource, fields(places.get(name)), value, today, pack)
    return {key: each for key, each in {**resource, **with_dates(raw, today)}.items() if each is not None}


def _put(resource: dict[str, Any], place: Fields, value: Text, today: date, pack: TestedPack) -> None:
    element = text(place.get("element"))
    if element:
        resource[element] = read_when(value.value, today) or value.value
        return
    how = text(place.get("as"), "valueCode")
    part = text(place.get("part"))
    system = place.get("system")
    url = pack.system(system) if isinstance(system, Text) else ""
    coding = {"system": url, "code": value.value} if url else {"code": value.value}
    said: dict[str, Any] = {how: value.value if how == "valueCode" else {"coding": [coding]}}
    inner = {"extension": [{"url": part, **said}]} if part else said
    resource.setdefault("extension", []).append({"url": text(place.get("extension")), **inner})
