"""What is asked, and what must come: every labelled patient with data, without, and the same order for another drug."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.bodies import ROOT, prefetch
from cds.language.group import DataGroup

VIGNETTES = ROOT / "fixtures" / "vignettes"
UNAVAILABLE = "unavailable"
_EXTENSION = "isotretinoin-cds.card"

Json = dict[str, Any]


@dataclass(frozen=True)
class Patient:
    """One labelled patient.

    Attributes:
        full: the request with all data; bare: with none, to be read from a FHIR server.
        findings: the ids that the label tells, with their indicators' cards.
    """

    name: str
    full: Json
    bare: Json
    findings: frozenset[str]


def patients(groups: Sequence[DataGroup], hook: str) -> tuple[Patient, ...]:
    """The labelled patients of the usual profile whose call is of a hook."""
    labels = json.loads((VIGNETTES / "expected.json").read_text(encoding="utf-8"))
    found = []
    for path in sorted(VIGNETTES.glob("*.us.request.json")):
        name = path.name.removesuffix(".request.json")
        request = json.loads(path.read_text(encoding="utf-8"))
        if request["hook"] != hook:
            continue
        chart = json.loads(path.with_name(f"{name}.chart.json").read_text(encoding="utf-8"))
        expected = frozenset(each for card in labels[name] for each in card["findings"])
        full = {**request, "prefetch": prefetch(groups, request, chart)}
        found.append(Patient(name, full, request, expected))
    return tuple(found)


def charts() -> list[Json]:
    """The charts of all labelled patients."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(VIGNETTES.glob("*.us.chart.json"))]


def told(cards: Sequence[Json]) -> frozenset[str]:
    """Ids of the findings on cards."""
    return frozenset(each["id"] for card in cards for each in card["extension"][_EXTENSION]["findings"])


def is_right(patient: Patient, cards: Sequence[Json], *, whole: bool) -> bool:
    """Whether an answer may be given.

    Args:
        patient: who was asked about.
        cards: the answer's.
        whole: all data were there, so that the answer must be the label's exactly. Else what could not be read must be
            named: every finding of the label is there, or a card says what could not be checked.
    """
    found = told(cards)
    if whole:
        return found == patient.findings
    topics = {card["extension"][_EXTENSION]["topic"] for card in cards}
    return found == patient.findings or UNAVAILABLE in topics
