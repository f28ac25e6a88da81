import pytest

from cds.errors import RequestError
from cds.wire.outcome import outcome, outcome_of_status


def test_a_refusal_names_its_path_and_what_to_do():
    """E-2, E-5: an OperationOutcome with issue type, words, and the JSON path as location and expression."""
    assert outcome(RequestError(400, "context.patientId", "It is missing. Send it.", "required")) == {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": "required",
                "diagnostics": "It is missing. Send it.",
                "location": ["context.patientId"],
                "expression": ["context.patientId"],
            }
        ],
    }


def test_a_refusal_of_the_whole_body_has_no_path():
    """E-5: no empty member."""
    assert set(outcome(RequestError(400, "", "Not JSON."))["issue"][0]) == {"severity", "code", "diagnostics"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 412, 413, 415, 418, 429, 500, 503, 599])
def test_every_status_has_an_outcome(status):
    """E-2, E-11: words of the service's own; 5xx is fatal."""
    (issue,) = outcome_of_status(status)["issue"]
    assert issue["severity"] == ("fatal" if status >= 500 else "error")
    assert issue["code"]
    assert issue["diagnostics"]
