"""``replay``: a folder of recorded requests and charts, answered and counted by card and case."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cds.authoring.tally import Tally, as_json, as_text
from cds.cli_call import read_json
from cds.cli_evaluate import BUDGET_MS
from cds.cli_recorded import Asked, newest_day, outcomes, read_recordings
from cds.cli_site import find_site, ready_for
from cds.content import find_content, read_content
from cds.errors import StartError
from cds.language.defaults import default_profile
from cds.settings import Settings


def run_replay(args: argparse.Namespace) -> int:
    """Answer everything in a folder, and print what came of it: counts, and names of files only."""
    recordings = read_recordings(args.folder)
    rules = tuple(args.rules)
    files = read_content(find_content(rules), rules)
    site, report = find_site(args, files)
    order = read_order(args.order) if args.order is not None else None
    settings = Settings(
        open=True,
        profile=args.profile or default_profile(files),
        budget_ms=BUDGET_MS,
        today=args.today or newest_day(recordings),
        site=site,
    )
    ready = ready_for(files, settings, report, args.client)
    tally = Tally()
    for each in outcomes(recordings, ready, settings, Asked(args.service or "", order, args.today)):
        if each.answer is None:
            tally.refuse(each.recording.file, each.refused)
        else:
            tally.add(each.recording.file, each.answer)
    said = as_json(tally, each=args.each)
    sys.stdout.write(json.dumps(said, indent=2, ensure_ascii=False) + "\n" if args.json else as_text(said))
    return 0


def read_order(path: Path) -> Mapping[str, Any]:
    """The order that is written for charts without a request: a resource, without its patient.

    Raises:
        StartError: when the file cannot be read, or holds no resource.
    """
    try:
        found = read_json(path.read_bytes())
    except OSError as error:
        raise StartError(f"--order {path} cannot be read: {error.strerror}") from None
    if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
        raise StartError(f"--order {path}: it is no FHIR resource, such as a MedicationRequest")
    if found["resourceType"] == "Bundle":
        raise StartError(f"--order {path}: it is a Bundle; write the order alone")
    return found
