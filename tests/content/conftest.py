"""The shipped content, compiled once for each profile that these tests need."""

import pytest
from answer.answer_samples import PACK, PROFILES, Service
from content_pseudo import pseudo_content

from cds.authoring.loopback import LoopbackFhir
from cds.facts.kinds import KINDS
from cds.language.load import compile_plan, read_library
from cds.language.report import Report
from cds.web.services import load_ready


@pytest.fixture(scope="session")
def services(content):
    """The shipped content by short name of the profile."""
    return {short: Service(load_ready(content, profile)) for short, profile in PROFILES.items()}


@pytest.fixture(scope="session")
def pseudo_services(content):
    """The same with all sentences in the pseudo-locale."""
    files = pseudo_content(content)
    return {short: Service(load_ready(files, profile)) for short, profile in PROFILES.items()}


@pytest.fixture(scope="session")
def fhir():
    """One FHIR server whose charts are exchanged."""
    with LoopbackFhir() as running:
        yield running


@pytest.fixture(scope="session")
def plans(content):
    """The pack under every profile that it has."""
    report = Report()
    library = read_library(content, KINDS, report)
    found = {name: compile_plan(library, PACK, name, report) for name in library.packs[PACK].profiles}
    assert report.errors == 0, report.found
    return {name: each.plan for name, each in found.items()}
