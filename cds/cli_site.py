"""The site file of a command: read, and its content compiled under it."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from cds.clock import today_in
from cds.errors import ContentError, StartError
from cds.language.load import Files
from cds.language.report import Report
from cds.language.site import SCHEMA, Site, read_site
from cds.settings import Settings, with_files
from cds.web.services import Ready, load_ready, load_site


def find_site(args: argparse.Namespace, files: Files) -> tuple[Site | None, Report]:
    """The site file that a command names, if it does, and what was found while it was read.

    Raises:
        StartError: when there is no such file, or the client that the command names is not in it.
        ContentError: when nothing of the file could be read.
    """
    report = Report()
    path: Path | None = args.site
    if path is None:
        if args.client:
            raise StartError(f"--client {args.client}: clients stand in a site file; name it with --site FILE")
        return None, report
    try:
        source = path.read_bytes()
    except OSError as error:
        raise StartError(f"--site {path} cannot be read: {error.strerror}") from None
    site = read_site(str(path), source, files[SCHEMA], report)
    if site is None:
        raise ContentError(report.found)
    if args.client and site.client(args.client) is None:
        known = ", ".join(each.name for each in site.clients) or "none"
        raise StartError(f"--client {args.client}: there is none of this name in {path}; there are: {known}")
    return with_files(site, path.parent, report), report


def ready_for(files: Files, settings: Settings, report: Report, client: str = "", serving: bool = False) -> Ready:
    """The content as settings ask for it: under their site file, or else under their profile.

    Raises:
        ContentError: with everything that is wrong with either.
    """
    today = day_of(settings)
    if settings.site is not None:
        return load_site(files, settings.site, report, today, client)
    return load_ready(files, settings.profile, today, drafts=not serving)


def day_of(settings: Settings) -> date:
    """The day that counts: the fixed one, or today's in the settings' time zone."""
    return settings.today if settings.today is not None else today_in(settings.timezone)()
