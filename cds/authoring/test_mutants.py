"""``isotretinoin-cds test --mutants``: change the content, one thing at a time, and list what no test notices."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence

from cds.authoring.mutate_hint import Hints
from cds.authoring.mutate_judge import Verdict, judged
from cds.authoring.mutate_list import changes_of
from cds.authoring.mutate_report import mutant_data, mutant_lines
from cds.authoring.mutate_try import sampled, try_changes
from cds.authoring.test_paths import Named
from cds.authoring.test_suite import PackTests
from cds.clock import monotonic
from cds.errors import StartError


def run_mutants(packs: Sequence[PackTests], named: Named, args: argparse.Namespace) -> bool:
    """Try the changes that the command line chooses, and print what became of them.

    Args:
        packs: with their tests.
        named: the files that may be changed.
        args: ``rule`` chooses one rule, ``sample`` every so many-th change, ``jobs`` is the number of processes,
            ``json`` the form of what is printed.

    Returns:
        Whether every change was noticed, refused or listed, and every list is true.
    """
    started = monotonic()
    verdicts = [found for pack in packs if (found := _verdict(pack, named, args)) is not None]
    if not verdicts:
        raise StartError("there is nothing to change in what was named")
    if args.json:
        print(json.dumps([mutant_data(each) for each in verdicts], indent=2, ensure_ascii=False))
    else:
        for each in verdicts:
            print("\n".join(mutant_lines(each)))
        print(f"in {monotonic() - started:.1f} s")
    return all(each.clean for each in verdicts)


def _verdict(pack: PackTests, named: Named, args: argparse.Namespace) -> Verdict | None:
    known = changes_of(pack.library, pack.name)
    chosen = [each for each in known if named.has(each.at.file) and args.rule in (None, each.owner)]
    if not chosen:
        return None
    tried = tuple(try_changes(pack, sampled(chosen, args.sample or 1), args.jobs or os.cpu_count() or 1))
    return judged(pack, known, tried, Hints(pack).of)
