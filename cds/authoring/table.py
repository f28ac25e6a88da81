"""``isotretinoin-cds table RULE``: what a rule decides, for those who review it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from cds.authoring.table_html import render_html
from cds.authoring.table_rows import DecisionTable, decision_table
from cds.authoring.table_words import render_markdown, render_text
from cds.content import find_content, read_content
from cds.errors import ContentError, StartError
from cds.facts.kinds import KINDS
from cds.language.defaults import default_profile
from cds.language.load import Files, compile_plan, read_library
from cds.language.node import text, texts
from cds.language.pack import PackFiles
from cds.language.plan import Rule
from cds.language.report import Report, did_you_mean

DONE, COULD_NOT_RUN = 0, 2
Render = Callable[[DecisionTable, str], str]
FORMATS: Mapping[str, Render] = {"text": render_text, "markdown": render_markdown, "html": render_html}
"""How a table is printed."""


def run_table(args: argparse.Namespace) -> int:
    """Print the table of a rule. Exit code: 0 printed, 2 there is no such rule in force.

    Raises:
        ContentError: when the content has errors; a table of a rule that is not proved would mislead.
    """
    rules = tuple(Path(each) for each in args.rules)
    try:
        files = read_content(find_content(rules), rules)
        profile = args.profile or default_profile(files)
        rule = find_rule(args.rule, profile, files)
    except (StartError, OSError) as problem:
        print(f"table: {problem}", file=sys.stderr)
        return COULD_NOT_RUN
    table = decision_table(rule)
    if table is None:
        print(f"table: {rule.name} asks for more combinations than are proved", file=sys.stderr)
        return COULD_NOT_RUN
    print(FORMATS[args.format](table, profile))
    return DONE


def find_rule(asked: str, profile: str, files: Files) -> Rule:
    """A rule in force, by its name, by pack and name, or by its file.

    Raises:
        StartError: when no rule or no profile is called so, several are, or the rule is not in force there.
        ContentError: with everything that is wrong with the content.
    """
    report = Report()
    library = read_library(files, KINDS, report)
    name = Path(asked).stem
    inside = asked.removesuffix(".yaml").split("/")[-2:-1]
    known = {text(root.get("rule")) for pack in library.packs.values() for root in pack.rules}
    packs = [
        pack
        for pack, content in library.packs.items()
        if name in {text(root.get("rule")) for root in content.rules} and inside in ([], [pack])
    ]
    if report.errors:
        raise ContentError(report.found)
    if len(packs) != 1:
        several = f"{' and '.join(packs)} have a rule {name} each; write PACK/{name}"
        raise StartError(several if packs else f"no rule is called {asked}. {did_you_mean(name, known)}".rstrip())
    content = library.packs[packs[0]]
    if profile not in content.profiles:
        raise StartError(f"{packs[0]} has no profile {profile}; known: {', '.join(sorted(content.profiles))}")
    compiled = compile_plan(library, packs[0], profile, report)
    if compiled is None or report.errors:
        raise ContentError(report.found)
    found = next((rule for rule in compiled.plan.rules if rule.name == name), None)
    if found is None:
        raise StartError(f"{name} is not in force under {profile}; it is under {', '.join(_enabling(content, name))}")
    return found


def _enabling(content: PackFiles, name: str) -> list[str]:
    """The profiles that a rule is in force under, where it says ``enabled: by profile``."""
    enabled = {key: {each.value for each in texts(root.get("enables"))} for key, root in content.profiles.items()}
    return sorted(key for key, rules in enabled.items() if name in rules) or ["none"]
