"""The commands of rule authors that write or show files: ``fmt``, ``new``, ``table``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

Authoring = Callable[[str, str], Callable[[argparse.Namespace], int]]


def add_writing(commands: Any, authoring: Authoring) -> None:
    """Add the commands to the parser.

    Args:
        commands: what ``add_subparsers`` returned.
        authoring: makes a command of a module and a function of ``cds.authoring``.
    """
    _add_fmt(commands.add_parser("fmt", help="lay rule files out canonically, comments kept"), authoring)
    _add_table(commands.add_parser("table", help="what a rule decides, as a table"), authoring)
    _add_new(commands.add_parser("new", help="files to start a rule, a pack or a value set from"), authoring)


def _add_fmt(parser: argparse.ArgumentParser, authoring: Authoring) -> None:
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files or folders, or - for stdin; all when left out"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and list the files that differ")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change")
    parser.add_argument("--name", metavar="PATH", help="with -: the file's name in messages")
    _add_rules(parser)
    parser.set_defaults(run=authoring("fmt", "run_fmt"))


def _add_new(parser: argparse.ArgumentParser, authoring: Authoring) -> None:
    kinds = parser.add_subparsers(title="what", metavar="WHAT", dest="what", required=True)
    for what, help_text in (
        ("rule", "a rule with its tests, in a pack"),
        ("pack", "a pack with one rule, a profile and data groups"),
        ("valueset", "a value set"),
    ):
        kind = kinds.add_parser(what, help=help_text)
        kind.add_argument("name", metavar="NAME", help="small letters, digits and hyphens")
        if what == "rule":
            kind.add_argument("--pack", metavar="PACK", help="the pack; needed where there are several")
            kind.add_argument("--topic", metavar="TOPIC", help="the card on which it speaks (the pack's first)")
        kind.add_argument("--today", type=date.fromisoformat, metavar="DATE", help="the day that is written in it")
        _add_rules(kind)
        kind.set_defaults(run=authoring("new", "run_new"))


def _add_table(parser: argparse.ArgumentParser, authoring: Authoring) -> None:
    parser.add_argument("rule", metavar="RULE", help="its name, its pack and name, or its file")
    parser.add_argument("--profile", metavar="NAME", help="profile (that of rules/defaults.yaml)")
    parser.add_argument("--format", choices=("text", "markdown", "html"), default="text", help="how to print it (text)")
    _add_rules(parser)
    parser.set_defaults(run=authoring("table", "run_table"))


def _add_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rules", action="append", default=[], type=Path, metavar="DIR", help="a folder with packs")
