"""Diagnostics as SARIF 2.1.0, the form in which code hosts take the results of static analysis."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from cds.values.diagnostic import Diagnostic

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render_sarif(diagnostics: Iterable[Diagnostic]) -> str:
    """One run with one result for each diagnostic, and each id described once."""
    found = tuple(diagnostics)
    ids = sorted({each.id for each in found})
    driver = {"name": "isotretinoin-cds check", "rules": [_rule(id) for id in ids]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, ids.index(each.id)) for each in found],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(id: str) -> dict[str, Any]:
    return {"id": id, "help": {"text": f"See rules/guide/lints/{id}.md."}}


def _result(found: Diagnostic, index: int) -> dict[str, Any]:
    # SARIF counts from 1; a diagnostic about something that is missing may have no line.
    region = {"startLine": max(1, found.at.line), "startColumn": max(1, found.at.column)}
    if found.at.end_column > found.at.column:
        region["endColumn"] = found.at.end_column
    message = " ".join(part for part in (found.what, found.meaning, found.remedy) if part)
    place = {"artifactLocation": {"uri": found.at.file}, "region": region}
    suppressions = [{"kind": "inSource", "status": "accepted", "justification": found.silenced}]
    return {
        "ruleId": found.id,
        "ruleIndex": index,
        "level": str(found.severity),
        "message": {"text": message},
        "locations": [{"physicalLocation": place}],
        "suppressions": suppressions if found.silenced else [],
    }
