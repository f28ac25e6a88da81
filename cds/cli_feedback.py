"""``feedback report`` and ``purge``."""

from __future__ import annotations

import argparse
import os
import sys

from cds.record.moments import start_of
from cds.record.place import find_place

# Imports stand in the functions: SQLAlchemy takes 0.3 s, which other commands need not wait for.
# ruff: noqa: PLC0415


def run_report(args: argparse.Namespace) -> int:
    """Print what clinicians accepted, overrode and ignored."""
    from cds.record.database import open_current
    from cds.record.formats import FORMATS
    from cds.record.report import read_report

    engine = open_current(find_place(args.data, os.environ))
    try:
        found = read_report(engine, start_of(args.since) if args.since is not None else "")
    finally:
        engine.dispose()
    sys.stdout.write(FORMATS[args.format](found))
    return 0


def run_purge(args: argparse.Namespace) -> int:
    """Delete what is older than a day, and say how much it was."""
    from cds.record.database import open_current
    from cds.record.purge import purge

    engine = open_current(find_place(args.data, os.environ))
    try:
        done = purge(engine, start_of(args.before))
    finally:
        engine.dispose()
    sys.stdout.write(
        f"Deleted {done.cards} cards shown before {args.before}, "
        f"and feedback for {done.unmatched} cards that are not on record.\n"
    )
    return 0
