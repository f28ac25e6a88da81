"""The invented patients of the demonstration, as old today as they were on the day they were written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from cds.errors import StartError

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?)?)?")
_DATE_KEYS = re.compile(
    r".*[dD]ate(?:Time|Written|Asserted)?|.*Instant|authoredOn|issued|start|end|whenPrepared|whenHandedOver|lastUpdated"
)


@dataclass(frozen=True)
class Patient:
    """An invented patient: the FHIR id, who prescribes, and a sentence about the case."""

    id: str
    user: str
    says: str


@dataclass(frozen=True)
class Demonstration:
    """The fixtures, their dates shifted so that the reference day is today.

    Attributes:
        hook, order, default: of the worked example, whose patient is the default one.
        other_orders: more that the page lets one choose.
        paste: what to paste into the sandbox's box for the drug.
        profiles: what to call each profile that can be looked at.
    """

    hook: str
    order: Mapping[str, Any]
    default: str
    paste: str
    patients: tuple[Patient, ...]
    charts: tuple[Mapping[str, Any], ...]
    other_orders: tuple[Mapping[str, Any], ...] = ()
    profiles: Mapping[str, str] = field(default_factory=dict)

    def request(self, patient: Patient, fhir: str, prefetch: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A request of the hook for a patient, as an EHR would send it."""
        subject = {"subject": {"reference": f"Patient/{patient.id}"}, "requester": {"reference": patient.user}}
        draft = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {**self.order, **subject}}]}
        body: dict[str, Any] = {
            "hook": self.hook,
            "hookInstance": "5b1b3b7e-4a68-4d3b-9a1e-0f6f1f0f9d01",
            "fhirServer": fhir,
            "context": {"userId": patient.user, "patientId": patient.id, "draftOrders": draft},
        }
        return body if prefetch is None else {**body, "prefetch": dict(prefetch)}


def load(folder: Path, today: date) -> Demonstration:
    """Read the fixtures of a folder.

    Raises:
        StartError: when they are not there.
    """
    try:
        index = json.loads((folder / "demo.json").read_bytes())
        charts = [json.loads((folder / each["chart"]).read_bytes()) for each in index["patients"]]
    except OSError as error:
        raise StartError(f"the demonstration's patients are missing: {error.filename}") from None
    days = (today - date.fromisoformat(index["reference_day"])).days
    return Demonstration(
        hook=index["hook"],
        order=shifted(index["order"], days),
        default=index["default"],
        paste=index["paste"],
        patients=tuple(Patient(each["id"], each["user"], each["says"]) for each in index["patients"]),
        charts=tuple(shifted(chart, days) for chart in charts),
        other_orders=tuple(shifted(each, days) for each in index["other_orders"]),
        profiles={each["name"]: each["says"] for each in index["profiles"]},
    )


def shifted(value: Any, days: int) -> Any:
    """FHIR JSON with every date moved by a number of days; time of day and zone stay."""
    if isinstance(value, Mapping):
        return {
            key: _moved(inner, days) if isinstance(inner, str) and _DATE_KEYS.fullmatch(key) else shifted(inner, days)
            for key, inner in value.items()
        }
    return [shifted(each, days) for each in value] if isinstance(value, list) else value


def _moved(text: str, days: int) -> str:
    found = _DATE.fullmatch(text)
    if found is None:
        return text
    year, month, day, time_of_day = found.groups()
    moved = (date(int(year), int(month or 7), int(day or 15)) + timedelta(days=days)).isoformat()
    return moved[: 10 if day else 7 if month else 4] + (time_of_day or "")
