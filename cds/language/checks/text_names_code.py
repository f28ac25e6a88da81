"""``text-names-a-code``: a text for prescribers that shows a bare code."""

from __future__ import annotations

import re

from cds.language.checks.check_digit import mod10
from cds.language.checks.subject import Subject, texts_of
from cds.language.report import Report

_HYPHENATED = re.compile(r"\b(\d{3,7})-(\d)\b")
_LONG = re.compile(r"\b\d{6,18}\b")


def check(subject: Subject, report: Report) -> None:
    """Report each text of a finding that holds a code of a known system."""
    systems = tuple(subject.library.shared.systems)
    named = re.compile(rf"\b(?:{'|'.join(map(re.escape, systems))}) (?=\S*\d)\S+") if systems else None
    for _, node, case, finding in subject.findings():
        for key, template in texts_of(finding).items():
            words = " ".join(part for part in template.parts if isinstance(part, str))
            code = _code_in(words, named)
            if code:
                written = node.get(key)
                report.warning(
                    "text-names-a-code",
                    written.at if written is not None else case.at,
                    f"{key} shows the code {code}",
                    "A prescriber reads words; a code on a card helps nobody and ages badly.",
                    "Write what the code means; codes belong into value sets and suggestions.",
                )


def _code_in(words: str, named: re.Pattern[str] | None) -> str:
    found = named.search(words) if named is not None else None
    if found is not None:
        return found[0].rstrip(".,;:)")
    for each in _HYPHENATED.finditer(words):
        if mod10(each[1]) == int(each[2]):
            return each[0]
    long = _LONG.search(words)
    return long[0] if long is not None else ""
