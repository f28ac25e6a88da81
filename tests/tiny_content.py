"""The smallest content that compiles: schemas, hooks, units and systems as shipped, and a pack of one rule."""

from __future__ import annotations

from cds.content import find_content, read_content
from cds.facts.kinds import KINDS
from cds.language.load import compile_plan, read_library
from cds.language.node import Fields
from cds.language.pack import Compiled
from cds.language.report import Report
from cds.language.yaml import read_yaml

_KEPT = ("rules/schema/", "hooks/", "rules/units.yaml", "rules/systems.yaml", "rules/words.yaml")

PACK = """\
pack: tiny
title: A tiny pack
version: 1.0.0
hooks: [order-sign]
services: {order-sign: {title: Tiny, description: A tiny service.}}
drugs: {drug: {title: drug, products: [product], ingredients: [product], names: [drug]}}
trigger: {drug: drug, ignored_statuses: [], tentative_intents: [], tentative_hooks: []}
phase: phase
topic_system: urn:tiny:topic
topics: {labs: Laboratory, unavailable: Could not be checked, alsoCheck: Also check}
shows: {order-sign: {initial: [critical, warning, info], unknown: [critical, warning, info]}}
evidence: {label: {title: Label, section: '1', grade: label, url: 'https://example.org'}}
override_system: urn:tiny:override
overrides: {done: Done elsewhere}
suggestions: {task: {label: A task, description: Creates a task., create: Task, text: A task}}
attributes: {developer: nobody}
rules: [only]
"""
DATA = """\
groups:
  patient: {title: patient record, read: Patient, id: context.patientId}
  labs: {title: results, search: Observation, by: patient, id: context.patientId}
  medications: {title: orders, search: MedicationRequest, by: patient, id: context.patientId}
"""
FACTS = """\
retrieves:
  orders: {group: medications, drug: drug, status: active}
  results: {group: labs, code_in: analyte, status: final, value: quantity}
facts:
  phase:
    ask: Which phase?
    phase: orders
    longest_supply: 30 days
    continues_within: 30 days
    restarts_within: 90 days
    post_within: 30 days
  on_file: {ask: Is a result on file?, exists: results, dated_within: 31 days}
  result: {ask: What is the latest result?, latest: results}
"""
RULE = """\
rule: only
title: The only rule
version: 1.0.0
status: active
topic: labs
applies: {phase: [initial, unknown]}
evidence: [label]
safety_critical: yes
cases:
  - when: {on_file: yes}
    silent: A result is on file.
  - when: {on_file: no}
    finding: LAB-01
    indicator: warning
    headline: No result
    found: 'Latest: {result | or "none"}.'
    why: A result is needed.
    do: a test.
    suggest: [task]
    override: [done]
  - when: {on_file: unknown}
    not_checked: results
"""
PROFILE = "profile: here\ntitle: Here\nstatus: active\nsources: [nowhere]\n"
ANALYTE = """\
valueset: analyte
title: An analyte
version: 2026.11
reviewed: 2026-11-24
source: nowhere
unit: mg/dL
convert: {mmol/L: 88.57}
codes:
  - {code: LOINC 2571-8, display: Analyte}
"""
PRODUCT = """\
valueset: product
title: A product
version: 2026.11
reviewed: 2026-11-24
source: nowhere
codes:
  - {code: RxNorm 1, display: Product}
"""


def tiny(**changed: str) -> dict[str, bytes]:
    """The tiny content; the keywords ``pack, data, facts, rule, profile, analyte`` replace a file."""
    files = {path: body for path, body in read_content(find_content()).items() if path.startswith(_KEPT)}
    written = {
        "rules/tiny/pack.yaml": changed.get("pack", PACK),
        "rules/tiny/data.yaml": changed.get("data", DATA),
        "rules/tiny/facts/shared.yaml": changed.get("facts", FACTS),
        "rules/tiny/only.yaml": changed.get("rule", RULE),
        "rules/tiny/profiles/here.yaml": changed.get("profile", PROFILE),
        "rules/valuesets/analyte.yaml": changed.get("analyte", ANALYTE),
        "rules/valuesets/product.yaml": PRODUCT,
    }
    return {**files, **{path: text.encode() for path, text in written.items()}}


def compiled(**changed: str) -> tuple[Compiled | None, Report]:
    """The tiny pack, compiled and proved, and what was found."""
    report = Report()
    library = read_library(tiny(**changed), KINDS, report)
    return compile_plan(library, "tiny", "here", report), report


def ids(report: Report) -> list[str]:
    """The ids of what was found."""
    return [each.id for each in report.found]


def fields_of(words: str) -> Fields:
    """YAML text as a mapping."""
    report = Report()
    root = read_yaml("test.yaml", words.encode(), report)
    assert isinstance(root, Fields), report.found
    return root
