"""Plans of one rule with one fact, over a group that can be searched by date."""

from dataclasses import replace

from cds.content import find_content, read_content
from cds.facts.kinds import KINDS
from cds.language.load import compile_plan, read_library
from cds.language.report import Report

_KEPT = ("rules/schema/", "hooks/", "rules/units.yaml", "rules/systems.yaml", "rules/words.yaml")
_PACK = """\
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
shows: {order-sign: {initial: [warning], unknown: [warning]}}
evidence: {label: {title: Label, section: '1', grade: label, url: 'https://example.org'}}
override_system: urn:tiny:override
overrides: {done: Done elsewhere}
suggestions: {task: {label: A task, description: Creates a task., create: Task, text: A task}}
attributes: {developer: nobody}
rules: [only]
"""
_DATA = """\
groups:
  labs: {title: results, search: Observation, by: patient, id: context.patientId, newest_first: date}
  medications: {title: orders, search: MedicationRequest, by: patient, id: context.patientId}
"""
_FACTS = """\
retrieves:
  orders: {group: medications, drug: drug, status: active}
  results: {group: labs, code_in: analyte, status: final, value: quantity, doubtful: DOUBTFUL}
facts:
  phase:
    ask: Which phase?
    phase: orders
    longest_supply: 30 days
    continues_within: 30 days
    restarts_within: 90 days
    post_within: 30 days
  wanted: {ask: What is wanted?, FACT}
"""
_RULE = """\
rule: only
title: The only rule
version: 1.0.0
status: active
topic: labs
applies: {phase: [initial, unknown]}
evidence: [label]
safety_critical: no
cases:
  - when: {phase: [initial, restart, continuation, on_treatment, post, none, unknown]}
    finding: LAB-01
    indicator: warning
    headline: 'A result {wanted | or "none"}'
    found: One.
    why: One.
    do: one.
    override: [done]
"""
_SET = """\
valueset: NAME
title: A set
version: 2026.11
reviewed: 2026-11-24
source: nowhere
UNIT
codes:
  - {code: CODE, display: One}
"""


def plan_of(fact, doubtful):
    """A plan whose only rule shows a fact over the retrieve ``results`` of the group ``labs``."""
    files = {path: body for path, body in read_content(find_content()).items() if path.startswith(_KEPT)}
    written = {
        "tiny/pack.yaml": _PACK,
        "tiny/data.yaml": _DATA,
        "tiny/facts/shared.yaml": _FACTS.replace("FACT", fact).replace("DOUBTFUL", doubtful),
        "tiny/only.yaml": _RULE,
        "tiny/profiles/here.yaml": "profile: here\ntitle: Here\nstatus: active\nsources: [nowhere]\n",
        "valuesets/analyte.yaml": _SET.replace("NAME", "analyte")
        .replace("UNIT", "unit: mg/dL")
        .replace("CODE", "LOINC 2571-8"),
        "valuesets/product.yaml": _SET.replace("NAME", "product").replace("UNIT\n", "").replace("CODE", "RxNorm 1"),
    }
    files.update({f"rules/{path}": text.encode() for path, text in written.items()})
    report = Report()
    compiled = compile_plan(read_library(files, KINDS, report), "tiny", "here", report)
    assert report.errors == 0, report.found
    return replace(compiled.plan)
