"""What a person or a program reads of the changes that were tried; nothing is rounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from cds.authoring.mutate_judge import Verdict
from cds.authoring.mutate_try import Fate, Tried

_REFUSED = "refused by the loader"


def mutant_lines(verdict: Verdict) -> Iterator[str]:
    """Every survivor that is not listed, every entry of a list that is stale, and what was counted."""
    for each in verdict.survivors:
        change = each.tried.change
        yield f"{change.at}: SURVIVES {change.owner}: {change.id}"
        yield f"  {_ran(each.tried)}"
        yield from (f"  {line}" for line in each.hint)
    for stale in verdict.stale:
        yield f"{stale.at}: STALE {stale.names}"
        yield f"  {stale.why}"
    yield from _counted(verdict)


def _ran(tried: Tried) -> str:
    if not tried.ran:
        return "no test asks for anything that turns out otherwise"
    tests = "1 test, which still passes" if tried.ran == 1 else f"{tried.ran} tests, which still pass"
    return f"it can be felt by {tests}"


def _counted(verdict: Verdict) -> Iterator[str]:
    yield f"changes of {verdict.pack}"
    kinds = dict.fromkeys(each.change.kind for each in verdict.tried)
    for kind in kinds:
        several = [each for each in verdict.tried if each.change.kind == kind]
        yield f"  {kind}: {_counts(several, verdict)}"
    skipped = verdict.known - len(verdict.tried)
    if skipped:
        yield f"  {skipped} of {verdict.known} changes were not tried"
    yield f"{len(verdict.tried)} changes: {_counts(verdict.tried, verdict)}"


def _counts(several: Sequence[Tried], verdict: Verdict) -> str:
    fates = Counter(each.fate for each in several)
    listed = sum(each.change.id in verdict.listed.get(each.change.owner, ()) for each in several if _survived(each))
    parts = [
        f"{fates[Fate.NOTICED]} noticed by a test",
        f"{fates[Fate.REFUSED]} {_REFUSED}",
        f"{listed} survive and are listed",
        f"{fates[Fate.SURVIVED] - listed} survive",
    ]
    return ", ".join(parts)


def _survived(tried: Tried) -> bool:
    return tried.fate is Fate.SURVIVED


def mutant_data(verdict: Verdict) -> dict[str, Any]:
    """The same as JSON data."""
    fates = Counter(each.fate.value for each in verdict.tried)
    return {
        "pack": verdict.pack,
        "known": verdict.known,
        "tried": len(verdict.tried),
        "fates": {fate.value: fates[fate.value] for fate in Fate},
        "survivors": [
            {
                "file": each.tried.change.at.file,
                "line": each.tried.change.at.line,
                "column": each.tried.change.at.column,
                "owner": each.tried.change.owner,
                "kind": each.tried.change.kind,
                "change": each.tried.change.id,
                "ran": each.tried.ran,
                "test": list(each.hint),
            }
            for each in verdict.survivors
        ],
        "listed": {owner: dict(listed) for owner, listed in verdict.listed.items() if listed},
        "stale": [
            {"file": each.at.file, "line": each.at.line, "change": each.names, "why": each.why}
            for each in verdict.stale
        ],
    }
