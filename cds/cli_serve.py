"""``serve`` and ``demo``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Hashable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cds.cli_site import find_site, ready_for
from cds.content import ContentRoot, find_content, fingerprint, read_content
from cds.demo import run as run_demonstration
from cds.errors import StartError
from cds.language.defaults import default_profile
from cds.language.load import Files
from cds.language.report import Report
from cds.record.place import Place, find_place
from cds.settings import Settings, files_of
from cds.web.app import App, create_app
from cds.web.callers import Callers, Count, callers_of
from cds.web.monitoring import Monitoring, metrics_folder, open_monitoring
from cds.web.reload import Reload
from cds.web.server import check_port, serve
from cds.web.services import Ready

if TYPE_CHECKING:
    from cds.record.recorder import Recorder
    from cds.record.uses import SharedUses

_T = TypeVar("_T")


class _Start:
    """What ``serve`` was asked for; made anew from the files when they change."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._rules = tuple(args.rules)
        self._root = find_content(self._rules)
        self._named: tuple[Path, ...] = ()
        self._recorder: Recorder | None = None
        self._uses: SharedUses | None = None
        self._monitoring: Monitoring | None = None
        self.counts = Path()

    def read(self) -> tuple[Files, Settings, Report]:
        """All files as they are now.

        Raises:
            StartError: with every setting that does not hold.
            ContentError: when nothing of the site file could be read.
        """
        args = self._args
        files = read_content(self._root, self._rules)
        site, report = find_site(args, files)
        self._named = (args.site, *files_of(site)) if site is not None else ()
        if site is not None and site.memory is not None and not args.record:
            raise StartError("memory: of the site file is kept with the records: start without --no-record")
        settings = Settings(
            open=args.open,
            profile=args.profile or default_profile(files),
            host=args.host,
            port=args.port,
            workers=args.workers if args.workers is not None else os.cpu_count() or 1,
            allow_fhir=tuple(args.allow_fhir),
            threads=args.threads,
            drain_s=args.drain,
            today=args.today,
            site=site,
            tls_certificate=args.tls_cert,
            tls_key=args.tls_key,
        )
        return files, settings, report

    def application(self) -> App:
        """The application over the files as they are now.

        Raises:
            StartError, ContentError: as `read`, and for content that is broken.
        """
        files, settings, report = self.read()
        ready = ready_for(files, settings, report, self._args.client, serving=True)
        if self._recorder is None and self._args.record:
            self._recorder = _recorder(find_place(self._args.data, os.environ))
        if self._monitoring is None:
            self._monitoring = open_monitoring(self.counts, self._recorder, os.environ)
        callers = self._callers(settings, self._monitoring.metrics.access)
        sys.stderr.write("\n".join(_start_lines(ready, settings, self._root, self._recorder, self._uses)) + "\n")
        sys.stderr.flush()
        self._monitoring.serving(ready, settings)
        return create_app(ready, settings, recorder=self._recorder, callers=callers, monitoring=self._monitoring)

    def _callers(self, settings: Settings, count: Count) -> Callers | None:
        """Who may call; used tokens are shared by all processes, whether there are records or not."""
        if settings.open or settings.site is None:
            return None
        if self._uses is None:
            self._uses = _uses(find_place(self._args.data, os.environ))
        return callers_of(settings.site, self._uses, count)

    def reloaded(self, how: str) -> None:
        """Count how a reload ended."""
        if self._monitoring is not None:
            self._monitoring.metrics.reloaded(how)

    def fingerprint(self) -> Hashable:
        """The state of the files."""
        return fingerprint(self._root, self._rules, self._named)


def run_serve(args: argparse.Namespace) -> int:
    """Serve until told to stop.

    Raises:
        StartError: with everything that is wrong with options, environment and settings.
        ContentError: when the site file or the content is broken.
    """
    problems = list(args.environment_problems)
    if args.site is not None and args.profile is not None:
        problems.append("a site file and a profile exclude each other; one of them comes from the environment")
    start = _tried(partial(_Start, args), problems)
    found = _tried(start.read, problems) if start is not None else None
    if args.record or not args.open:
        _tried(partial(find_place, args.data, os.environ), problems)
    if start is None or found is None or problems:
        raise StartError("\n".join(problems))
    _, settings, _ = found
    check_port(settings)
    reload = Reload(start.fingerprint, start.application, start.reloaded) if args.reload else None
    with metrics_folder() as start.counts:
        serve(start.application, settings, reload=reload)
    return 0


def _tried(make: Callable[[], _T], problems: list[str]) -> _T | None:
    """What it makes; None when it could not, and why is then among the problems."""
    try:
        return make()
    except StartError as error:
        problems.append(str(error))
        return None


def run_demo(args: argparse.Namespace) -> int:
    """Serve invented patients until told to stop."""
    rules = tuple(args.rules)
    root = find_content(rules)
    files = read_content(root, rules)
    # The FHIR server runs on the same computer, which may be a slow one.
    settings = Settings(open=True, profile=args.profile or default_profile(files), port=args.port, budget_ms=2000)
    check_port(settings)
    run_demonstration(root, files, settings)
    return 0


# SQLAlchemy takes 0.3 s to import, which commands that keep nothing need not wait for.
def _recorder(place: Place) -> Recorder:
    from cds.record.recorder import open_recorder  # noqa: PLC0415 - see above

    return open_recorder(place)


def _uses(place: Place) -> SharedUses:
    from cds.record.uses import open_uses  # noqa: PLC0415 - see above

    return open_uses(place)


def _start_lines(
    ready: Ready, settings: Settings, root: ContentRoot, recorder: Recorder | None, uses: SharedUses | None
) -> list[str]:
    packs = ", ".join(f"{plan.name} {plan.version}, profile {plan.profile.name}" for plan in ready.plans.values())
    site = settings.site
    clients = ", ".join(each.name for each in site.clients) or "none" if site is not None else ""
    return [
        f"isotretinoin-cds: {packs}, content {ready.content_hash[:12]} ({root.how})",
        *([f"isotretinoin-cds: site {site.name}, clients: {clients}"] if site is not None else []),
        f"isotretinoin-cds: discovery at {settings.public_url}/cds-services",
        f"isotretinoin-cds: records in {recorder.where}" if recorder is not None else "isotretinoin-cds: no records",
        "isotretinoin-cds: OPEN: callers are not authenticated. For trials on this computer, never for patients."
        if uses is None
        else f"isotretinoin-cds: callers are authenticated; used tokens in {uses.where}",
    ]
