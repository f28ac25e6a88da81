"""What a person or a program reads of what tests reach, and of the tests that would reach the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cds.authoring.cover_suggest import Suggestion
from cds.authoring.test_coverage import PackCoverage, PartCoverage
from cds.authoring.test_evaluate import Result
from cds.authoring.test_report import failure


def suggestion_lines(each: Suggestion) -> Iterator[str]:
    """One suggestion, below what it is for."""
    yield f"to reach {each.missed.words}"
    yield from _said(each)


def _said(each: Suggestion) -> Iterator[str]:
    if each.above:
        yield f"# the test {each.above!r} above reaches it as well"
    elif each.piece is not None:
        yield f"# passes, pasted at the end of {each.piece.section}: in {each.path}"
        yield from each.piece.lines
    else:
        tried = f"{each.tried} tried" if each.tried else "what could be tried"
        yield f"# no test found among {tried}. What no test can reach is declared in {each.path}:"
        yield from ("unreachable:", f"  - what: {_quoted(each.missed.words)}", "    because: …")


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "''") + "'" if ": " in words or "{" in words else words


def coverage_data(found: PackCoverage, results: Iterable[Result], suggestions: Sequence[Suggestion]) -> dict[str, Any]:
    """A pack as JSON data."""
    return {
        "pack": found.pack,
        "complete": found.complete,
        "failed": [
            {"file": each.trial.at.file, "line": each.trial.at.line, "test": each.trial.name, "why": failure(each)}
            for each in results
            if not each.passed
        ],
        "parts": [_part(part) for part in found.parts],
        "missing": [_suggestion(each) for each in suggestions],
    }


def _part(part: PartCoverage) -> dict[str, Any]:
    return {
        "name": part.name,
        "file": part.path,
        "counts": {
            count.what: {"known": count.known, "reached": count.known - len(count.missed)} for count in part.counts
        },
        "never": [missed.words for missed in part.missed],
        "unreachable": {each.names: each.because for each in part.declared if each not in part.stale},
        "stale": [{"file": each.at.file, "line": each.at.line, "what": each.names} for each in part.stale],
    }


def _suggestion(each: Suggestion) -> dict[str, Any]:
    return {
        "what": each.missed.words,
        "kind": each.missed.item.kind,
        "file": each.path,
        "section": each.piece.section if each.piece is not None else None,
        "test": list(each.piece.lines) if each.piece is not None else None,
        "reachedBy": each.above or None,
        "tried": each.tried,
    }
