"""Diagnostics as a list of JSON objects, one flat object each."""

from __future__ import annotations

import json
from collections.abc import Iterable

from cds.values.diagnostic import Diagnostic


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """A JSON list; columns count code points from 1, and ``endColumn`` is 0 where the end is not known.

    ``silenced`` is the reason for which a finding may stand; empty for one that is to be mended.
    """
    return json.dumps([_object(each) for each in diagnostics], indent=2, ensure_ascii=False)


def _object(found: Diagnostic) -> dict[str, str | int]:
    return {
        "id": found.id,
        "severity": str(found.severity),
        "file": found.at.file,
        "line": found.at.line,
        "column": found.at.column,
        "endColumn": found.at.end_column,
        "what": found.what,
        "meaning": found.meaning,
        "remedy": found.remedy,
        "source": found.line,
        "silenced": found.silenced,
    }
