"""``serve`` and ``demo``."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial

from flask import Flask

from cds.content import ContentRoot, find_content, read_content
from cds.demo import run as run_demonstration
from cds.errors import StartError
from cds.language.load import Files
from cds.settings import NO_AUTHENTICATION, Settings
from cds.web.app import create_app
from cds.web.server import check_port, serve
from cds.web.services import Ready, load_ready


def run_serve(args: argparse.Namespace) -> int:
    """Serve until told to stop."""
    if args.site is not None:
        raise StartError(NO_AUTHENTICATION)
    settings = Settings(
        open=args.open,
        profile=args.profile,
        host=args.host,
        port=args.port,
        workers=args.workers if args.workers is not None else os.cpu_count() or 1,
        allow_fhir=tuple(args.allow_fhir),
        today=args.today,
    )
    rules = tuple(args.rules)
    root = find_content(rules)
    check_port(settings)
    serve(partial(_application, read_content(root, rules), settings, root), settings)
    return 0


def run_demo(args: argparse.Namespace) -> int:
    """Serve invented patients until told to stop."""
    rules = tuple(args.rules)
    root = find_content(rules)
    settings = Settings(open=True, profile=args.profile, port=args.port)
    check_port(settings)
    run_demonstration(root, read_content(root, rules), settings)
    return 0


def _application(files: Files, settings: Settings, root: ContentRoot) -> Flask:
    ready = load_ready(files, settings.profile)
    sys.stderr.write("\n".join(_start_lines(ready, settings, root)) + "\n")
    sys.stderr.flush()
    return create_app(ready, settings)


def _start_lines(ready: Ready, settings: Settings, root: ContentRoot) -> list[str]:
    packs = ", ".join(f"{plan.name} {plan.version}" for plan in ready.plans.values())
    return [
        f"isotretinoin-cds: {packs}, profile {settings.profile}, content {ready.content_hash[:12]} ({root.how})",
        f"isotretinoin-cds: discovery at {settings.public_url}/cds-services",
        "isotretinoin-cds: OPEN: callers are not authenticated. For trials on this computer, never for patients.",
    ]
