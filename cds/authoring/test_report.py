"""What a person reads of a test run: one line a failure with its place, only what differs, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cds.authoring.finds_run import Found
from cds.authoring.test_evaluate import Result, explained
from cds.authoring.test_expect import Difference
from cds.values.diagnostic import Diagnostic

_MOST_FACTS = 5


def failure(result: Result) -> str:
    """Why a trial failed, on several lines; empty when it passed."""
    if result.passed:
        return ""
    trial = result.trial
    head = f"{trial.at}: FAIL {trial.name}"
    if result.holds:
        return f"{head}\n  it passes, so remove todo: {trial.todo}"
    lines = [head, *_table(result.wrong, "expected", "got")]
    if result.disagreement:
        lines.append("  prefetch and searches disagree")
        lines.extend(_table(result.disagreement, "prefetch", "searches"))
    lines.extend(_because(explained(result.runs[0])))
    return "\n".join(lines)


def _table(differences: Iterable[Difference], one: str, other: str) -> Iterator[str]:
    for each in differences:
        if len(each.expected) + len(each.got) <= 80:
            yield f"  {each.what:<12} {one} {each.expected or 'nothing':<24} {other} {each.got or 'nothing'}"
        else:
            yield f"  {each.what:<12} {one} {each.expected or 'nothing'}"
            yield f"  {'':<12} {other} {each.got or 'nothing'}"


def _because(rule: Mapping[str, Any]) -> Iterator[str]:
    """The facts that decided, and below each those that have something to show for it."""
    if "applies" in rule:
        yield f"  because      the rule applies when the phase is {', '.join(rule['applies'])}"
    decided = rule.get("decidedBy", ())
    for number, fact in enumerate(decided):
        yield f"  {'because' if not number else '':<12} {_fact(fact)}"
        shown = [below for below in fact.get("from", ()) if below.get("evidence") or below.get("why")]
        for below in shown[:_MOST_FACTS]:
            yield f"  {'':<14} {_fact(below)}"


def _fact(fact: Mapping[str, Any]) -> str:
    value = f" {fact['value']}" if "value" in fact else ""
    parts = [
        f"{each['says']}{' of ' + each['on'] if 'on' in each else ''} ({each['resource']})"
        for each in fact.get("evidence", ())
    ]
    parts += [*fact.get("why", ()), *fact.get("looked", ()), *(f"left out: {each}" for each in fact.get("leftOut", ()))]
    return f"{fact['fact']} {fact['state']}{value}" + (f": {'; '.join(parts)}" if parts else "")


def summary(results: Iterable[Result | Found], seconds: float) -> str:
    """The last line of a run."""
    several = tuple(results)
    failed = sum(not each.passed for each in several)
    todo = sum(isinstance(each, Result) and bool(each.trial.todo) and each.passed for each in several)
    parts = [f"{len(several) - failed - todo} passed"]
    if failed:
        parts.append(f"{failed} failed")
    if todo:
        parts.append(f"{todo} to do")
    return f"{', '.join(parts)} in {seconds:.1f} s"


def todo_lines(results: Iterable[Result]) -> Iterator[str]:
    """The known gaps of a run, one line each."""
    for each in results:
        if each.trial.todo and each.passed:
            yield f"{each.trial.at}: TODO {each.trial.name}: {each.trial.todo}"


def shown(found: Diagnostic) -> str:
    """A diagnostic with its source line and caret, as ``check`` prints it."""
    lines = [f"{found.at}: {found.severity}[{found.id}] {found.what}"]
    if found.line:
        number = str(found.at.line)
        caret = "^" * max(1, found.at.end_column - found.at.column)
        lines += [f"  {number} | {found.line}", f"  {' ' * len(number)} | {' ' * (found.at.column - 1)}{caret}"]
    lines.extend(f"  {each}" for each in (found.meaning, found.remedy) if each)
    return "\n".join(lines)
