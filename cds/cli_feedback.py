"""``feedback report`` and ``purge``."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import timedelta

from cds.clock import utc_now
from cds.record.moments import as_text, start_of
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
    sys.stdout.write(FORMATS[args.format](found, tuple(dict.fromkeys(args.by))))
    return 0


def run_purge(args: argparse.Namespace) -> int:
    """Delete what is older than a day, and of the memory what has expired, or all of it. Say how much it was.

    What ended processes left in their journals is written first: it may be older too.
    """
    from cds.record.database import open_current
    from cds.record.memory import forget_all, forget_expired
    from cds.record.purge import purge
    from cds.record.recorder import write_left

    now = utc_now()
    before = args.before if args.keep is None else now.date() - timedelta(days=args.keep)
    place = find_place(args.data, os.environ)
    engine = open_current(place)
    try:
        left = write_left(place)
        done = purge(engine, start_of(before)) if before is not None else None
        forgotten = forget_all(engine) if args.memory else forget_expired(engine, as_text(now))
    finally:
        engine.dispose()
    if left:
        sys.stdout.write(f"Wrote {left} entries that ended processes had left in their journals.\n")
    if done is not None:
        sys.stdout.write(
            f"Deleted {done.cards} cards shown before {before}, feedback for {done.unmatched} cards that are not on"
            f" record, and {done.shadow} findings of rules in shadow.\n"
        )
    sys.stdout.write(f"Deleted {forgotten}{' ' if args.memory else ' expired '}entries of the memory.\n")
    return 0
