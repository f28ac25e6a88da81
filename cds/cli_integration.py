"""``integration``: the sheet that an EHR team types in."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from cds.authoring.integration import as_text, sheet
from cds.cli_site import find_site, ready_for
from cds.content import find_content, read_content
from cds.language.defaults import default_profile
from cds.language.site_client import Client
from cds.settings import Settings
from cds.web.claims import LONGEST_LIFE_S
from cds.web.key_set import ALGORITHMS


def run_integration(args: argparse.Namespace) -> int:
    """Print what an EHR team needs to call the service."""
    rules = tuple(args.rules)
    files = read_content(find_content(rules), rules)
    site, report = find_site(args, files)
    settings = Settings(open=True, profile=args.profile or default_profile(files), today=args.today, site=site)
    ready = ready_for(files, settings, report, args.client)
    public_url = site.public_url if site is not None and site.public_url else settings.public_url
    listed = [each.listed for each in ready.services.values()]
    found = sheet(listed, tuple(ready.plans.values()), public_url, _tokens(ready.client))
    if args.json:
        sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(as_text(found))
    return 0


def _tokens(client: Client | None) -> dict[str, Any] | None:
    """What the tokens of a client must say; None for no client, or one without an issuer."""
    if client is None or not client.issuer:
        return None
    access = client.access
    return {
        "issuer": access.issuer,
        "audiences": sorted(access.audiences),
        "seconds": LONGEST_LIFE_S,
        "tenants": sorted(access.tenants),
        "algorithms": list(ALGORITHMS),
        "keys": access.jwks_url or "the key set that was handed over",
    }
