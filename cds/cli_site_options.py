"""The options by which a command takes a site file: apart from what reads it, which needs the whole service."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_site(parser: argparse.ArgumentParser) -> None:
    """The options of a command that answers as a site would: its file and a client of it, or else a profile."""
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--site", type=Path, metavar="FILE", help="site file: profiles, settings and clients")
    chosen.add_argument("--profile", metavar="NAME", help="profile, without a site file (that of rules/defaults.yaml)")
    parser.add_argument(
        "--client", default="", metavar="NAME", help="client of the site file, for calls that come from none of them"
    )
