"""The whole application in this process, with records, and an alarm for calls that do not end."""

import json
from io import BytesIO
from pathlib import Path

import pytest

from cds.language.defaults import default_profile
from cds.record.place import Place
from cds.record.recorder import open_recorder
from cds.settings import Settings
from cds.web.app import create_app
from cds.web.services import load_ready
from tests.bounded import bounded

FIXTURES = Path(__file__).parents[2] / "fixtures"
PATIENCE_S = 60
"""Far more than any call takes on the slowest computer: who needs it hangs."""


class Service:
    """The application, called without a socket, a thousand times a second and more."""

    def __init__(self, app, services):
        self._app = app
        self.services = services

    def post(self, path, body):
        """Status and parsed body of the answer."""
        told = []
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "cds.test",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
            "wsgi.url_scheme": "http",
        }
        with bounded("a call", PATIENCE_S):
            parts = self._app(environ, lambda status, headers, _=None: told.append(int(status[:3])))
            content = b"".join(parts)
            parts.close()
        return told[0], json.loads(content)


@pytest.fixture(scope="session")
def service(content, tmp_path_factory):
    """The shipped content behind the application."""
    ready = load_ready(content, default_profile(content))
    recorder = open_recorder(Place(tmp_path_factory.mktemp("records") / "records.sqlite"))
    settings = Settings(open=True, public_url="http://cds.test", budget_ms=100)
    app = create_app(ready, settings, recorder=recorder)
    yield Service(app, {each.hook.name: name for name, each in ready.services.items()})
    recorder.close()


@pytest.fixture(scope="session")
def bodies():
    """Real requests: recorded conversations, those of other projects, and labelled patients with their charts."""
    found = []
    for folder in ("conversations", "cdshooks", "clients"):
        read = [json.loads(path.read_text()) for path in sorted((FIXTURES / folder).glob("*.json"))]
        found += [each.get("body", each) for each in read if isinstance(each, dict)]
    found = [each for each in found if isinstance(each, dict) and "hook" in each]
    for path in sorted((FIXTURES / "vignettes").glob("*.request.json")):
        chart = json.loads(path.with_name(path.name.replace("request", "chart")).read_text())
        found.append({**json.loads(path.read_text()), "prefetch": _by_type(chart)})
    return found


def _by_type(chart):
    """A chart as prefetch: the names of the groups, and under each what it would hold."""
    types = {
        "labs": "Observation",
        "answers": "Observation",
        "conditions": "Condition",
        "procedures": "Procedure",
        "allergies": "AllergyIntolerance",
        "medications": "MedicationRequest",
        "orders": "ServiceRequest",
        "roles": "PractitionerRole",
    }
    held = [each for each in chart["entry"] if "resource" in each]
    found = {
        name: {"resourceType": "Bundle", "entry": [each for each in held if each["resource"]["resourceType"] == type]}
        for name, type in types.items()
    }
    patients = [each["resource"] for each in held if each["resource"]["resourceType"] == "Patient"]
    return {**found, "patient": patients[0] if patients else None}
