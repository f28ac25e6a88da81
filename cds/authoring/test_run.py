"""``isotretinoin-cds test``: run the tests that stand beside rules, and count what they reach."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cds.authoring.cover_report import coverage_data, suggestion_lines
from cds.authoring.cover_suggest import Suggester
from cds.authoring.finds_run import Found, find_failure, run_find
from cds.authoring.loopback import LoopbackFhir
from cds.authoring.test_coverage import coverage, coverage_lines
from cds.authoring.test_evaluate import Result, run_trial
from cds.authoring.test_mutants import run_mutants
from cds.authoring.test_options import check_options
from cds.authoring.test_paths import Named
from cds.authoring.test_report import failure, shown, summary, todo_lines
from cds.authoring.test_suite import PackTests, RuleTests, load_suite
from cds.clock import monotonic
from cds.content import find_content, read_content
from cds.errors import StartError
from cds.language.defaults import default_profile
from cds.language.load import Files
from cds.language.report import Report, did_you_mean

_PASSED, _FAILED, _NOT_RUN = 0, 1, 2


def run_tests(args: argparse.Namespace) -> int:
    """Run rule tests. Exit code: 0 all passed, 1 some failed or too little is covered, 2 could not run."""
    started = monotonic()
    check_options(args)
    rules: tuple[Path, ...] = tuple(args.rules)
    root = find_content(rules)
    named = Named(tuple(args.paths), root, rules)
    report = Report()
    files = read_content(root, rules)
    packs = load_suite(files, args.profile or default_profile(files), report)
    if report.errors:
        print("\n\n".join(shown(each) for each in report.found), file=sys.stderr)
        return _NOT_RUN
    if getattr(args, "mutants", False):
        return _PASSED if run_mutants(packs, named, args) else _FAILED
    chosen = _chosen(packs, named, getattr(args, "rule", None))
    with LoopbackFhir() as server:
        results = {pack.name: _run(several, server) for pack, several in chosen}
        found = _run_finds(packs, named, getattr(args, "rule", None), server)
        if getattr(args, "json", False):
            return _as_json(chosen, results, files, server)
        failed = _tell(chosen, results, found)
        if getattr(args, "coverage", False):
            for pack, several in chosen:
                reached = coverage(pack, several, results[pack.name])
                print("\n".join(coverage_lines(reached)))
                for each in Suggester(pack, files, server).suggest(reached):
                    print("\n".join(suggestion_lines(each)), flush=True)
                failed = failed or not reached.complete
    everything = [result for several in results.values() for result in several]
    print(summary((*everything, *found), monotonic() - started))
    return _FAILED if failed else _PASSED


def _tell(
    chosen: Sequence[tuple[PackTests, list[RuleTests]]], results: Mapping[str, list[Result]], found: Sequence[Found]
) -> bool:
    """Print what failed, and tell whether anything did."""
    everything = [result for several in results.values() for result in several]
    untested = [each for _, several in chosen for each in several if not each.trials]
    for each in everything:
        if not each.passed:
            print(failure(each))
    for one in found:
        if not one.passed:
            print(find_failure(one))
    for tests in untested:
        print(f"{tests.path}:1:1: FAIL {tests.rule} has no tests")
    for line in todo_lines(everything):
        print(line)
    return bool(untested) or not (all(each.passed for each in everything) and all(each.passed for each in found))


def _as_json(
    chosen: Sequence[tuple[PackTests, list[RuleTests]]],
    results: Mapping[str, list[Result]],
    files: Files,
    server: LoopbackFhir,
) -> int:
    """Print coverage as JSON. Exit code as without."""
    said = []
    for pack, several in chosen:
        reached = coverage(pack, several, results[pack.name])
        suggested = list(Suggester(pack, files, server).suggest(reached))
        said.append(coverage_data(reached, results[pack.name], suggested))
    print(json.dumps(said, indent=2, ensure_ascii=False))
    return _PASSED if all(each["complete"] and not each["failed"] for each in said) else _FAILED


def _run(several: Iterable[RuleTests], server: LoopbackFhir) -> list[Result]:
    return [run_trial(trial, server) for tests in several for trial in tests.trials]


def _run_finds(packs: Iterable[PackTests], named: Named, rule: str | None, server: LoopbackFhir) -> list[Found]:
    chosen = (tests for pack in packs for tests in pack.finds if named.has(tests.path) and rule is None)
    return [run_find(trial, server) for tests in chosen for trial in tests.trials]


def _chosen(packs: Sequence[PackTests], named: Named, rule: str | None) -> list[tuple[PackTests, list[RuleTests]]]:
    """The tests that the command line names."""
    found = []
    for pack in packs:
        several = [each for each in pack.rules if named.has(each.path) and rule in (None, each.rule)]
        if several or (rule is None and any(named.has(each.path) for each in pack.finds)):
            found.append((pack, several))
    if not found:
        known = [each.rule for pack in packs for each in pack.rules]
        advice = f": no rule is called {rule}. {did_you_mean(rule, known)}" if rule and rule not in known else ""
        raise StartError(f"there are no rules to test in what was named{advice}".rstrip())
    return found
