"""Serves the shipped content with everything on that could tell too much, and with failures that a mark asks for."""

import argparse
import logging
import os
import threading
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from flask import request

import cds.web.hook_call
from cds.answer import answer
from cds.content import find_content, read_content
from cds.language.defaults import default_profile
from cds.record.place import FILE, Place
from cds.record.recorder import open_recorder
from cds.settings import Settings
from cds.web.app import create_app
from cds.web.log import log
from cds.web.monitoring import open_monitoring
from cds.web.server import serve
from cds.web.services import load_ready

PLANTED = "a planted line"


def failing(call, plan, edge):
    """`answer`, and what a mistake of ours could make of it: the patient's id begins with what is wanted."""
    patient = call.context.patient_id
    if patient.startswith("raise-"):
        raise ValueError(f"no way with {patient} and {call!r}")
    if patient.startswith("thread-"):
        threading.Thread(target=_fail, args=(patient,)).start()
    if patient.startswith("library-"):
        logging.getLogger("some.library").warning("GET /Observation?patient=%s", patient)
    result = answer(call, plan, edge)
    if patient.startswith("invalid-"):
        return replace(result, cards=tuple(replace(each, indicator=patient) for each in result.cards))
    if patient.startswith("planted-"):
        log(PLANTED, patient=patient)
    return result


def _fail(patient):
    raise ValueError(patient)


def application(files, settings, folder):
    """The application: records, metrics, and traces to the collector that the environment names."""
    cds.web.hook_call.answer = failing
    ready = load_ready(files, default_profile(files))
    recorder = open_recorder(Place(folder / FILE))
    (folder / "metrics").mkdir()
    monitoring = open_monitoring(folder / "metrics", recorder, os.environ)
    monitoring.serving(ready, settings)
    app = create_app(ready, settings, recorder=recorder, monitoring=monitoring)
    app.teardown_request(after_all)
    return app


def after_all(_):
    """A mistake behind the last point at which the application catches any."""
    if "teardown" in request.path:
        raise ValueError(request.path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    chosen = Settings(open=True, port=given.port, workers=2, budget_ms=10_000, today=date(2026, 11, 24))
    serve(partial(application, read_content(find_content()), chosen, given.data), chosen, log_level="DEBUG")
