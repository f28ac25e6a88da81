"""Which options of ``isotretinoin-cds test`` go together: one that would do nothing is refused."""

from __future__ import annotations

import argparse

from cds.errors import StartError

_NEEDS = {
    "json": ("--json", ("mutants", "coverage")),
    "rule": ("--rule", ("mutants", "coverage")),
    "sample": ("--sample", ("mutants",)),
    "jobs": ("--jobs", ("mutants",)),
}


def check_options(args: argparse.Namespace) -> None:
    """Refuse what would have no effect.

    Raises:
        StartError: an option that has none beside the others.
    """
    if getattr(args, "mutants", False) and getattr(args, "coverage", False):
        raise StartError("--mutants and --coverage are two runs: name one of them")
    for name, (option, needs) in _NEEDS.items():
        given = getattr(args, name, None)
        if given not in (None, False) and not any(getattr(args, each, False) for each in needs):
            raise StartError(f"{option} does nothing here: it goes with {' or '.join(f'--{each}' for each in needs)}")
