"""The whole service before a FHIR server that fails: cards come all the same, and say what could not be checked."""

from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from faulty_fhir import FAULTS, TOLERATED, FaultyFhir, says

from cds.settings import Settings
from cds.values.known import Reason
from cds.web.app import create_app
from cds.web.services import Ready, load_ready

VIGNETTES = Path(__file__).parents[2] / "fixtures" / "vignettes"
SAID = {
    Reason.NOT_PERMITTED: "reading the laboratory results was not permitted",
    Reason.FETCH_FAILED: "reading the laboratory results failed",
    Reason.TIMED_OUT: "the laboratory results did not arrive in time",
    Reason.UNUSABLE_VALUE: "an entry among the laboratory results could not be read",
}
"""How each reason is said on a card."""


@pytest.fixture(scope="module")
def ready(content: Any) -> Ready:
    """The shipped content."""
    return load_ready(content, "us-rems-2026")


def cards(ready: Ready, base: str, budget_s: float) -> list[dict[str, Any]]:
    """The cards of an order without prefetch, whose FHIR server is this one."""
    request = json.loads((VIGNETTES / "V12.us.request.json").read_text())
    budget = int(budget_s * 1000)
    app = create_app(ready, Settings(open=True, today=date(2026, 11, 24), budget_ms=budget))
    sent = {**request, "fhirServer": base}
    answer = app.test_client().post(f"/cds-services/isotretinoin-{request['hook']}", json=sent)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json["cards"]
    return found


@pytest.mark.parametrize("name", FAULTS)
def test_cards_come_and_say_what_could_not_be_checked(ready: Ready, name: str) -> None:
    """A prescriber is answered within the budget, and unknown is never no."""
    fault = FAULTS[name]
    with FaultyFhir(fault.play) as server:
        before = time.monotonic()
        found = cards(ready, server.base, fault.budget_s)
        assert time.monotonic() - before < fault.budget_s + 10
    assert server.targets
    (told,) = [each for each in found if each["source"]["topic"]["code"].startswith("unavailable")]
    assert SAID[fault.reason] in told["detail"]


@pytest.mark.parametrize("name", TOLERATED)
def test_an_odd_answer_stops_nothing(ready: Ready, name: str) -> None:
    """Whatever the server puts into a resource, it is neither walked nor written without end."""
    with FaultyFhir(says(TOLERATED[name])) as server:
        assert cards(ready, server.base, 10)
    assert server.targets
