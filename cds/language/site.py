"""A site file as values: which packs under which profile, which EHRs call, and the site's own settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, available_timezones

from cds.language.node import NONE, Fields, Text, fields, items, text
from cds.language.report import Report, did_you_mean
from cds.language.schema import check_structure, read_schema
from cds.language.site_client import Client, read_client
from cds.language.site_decided import Chosen, Decided, check_reason, read_chosen, read_decided
from cds.language.site_memory import SiteMemory, read_memory
from cds.language.yaml import read_yaml
from cds.values.diagnostic import Position

SCHEMA = "rules/schema/site.schema.json"


@dataclass(frozen=True)
class Site:
    """A site file that was read; names in it are compared with the content later.

    Attributes:
        packs: pack → its profile.
        systems: short name → URI of the site's own code systems.
        codes: value set → codes that mean the same here.
        orders: suggestion → the site's own code.
        memory: what need not be shown again; None where nothing is remembered.
        refuse_unshared_replay: calls are refused while it cannot be told whether another process saw their token.
    """

    name: str
    at: Position
    public_url: str
    timezone: str
    packs: Mapping[str, Chosen]
    pack_names: tuple[Text, ...]
    decided: Decided
    clients: tuple[Client, ...]
    systems: Fields = NONE
    codes: Fields = NONE
    orders: Fields = NONE
    refuse_unshared_replay: bool = False
    memory: SiteMemory | None = None

    def client(self, name: str) -> Client | None:
        """The client of that name, issuer or FHIR base; None when there is none."""
        return next((each for each in self.clients if name and name in (each.name, each.issuer, each.base)), None)


def read_site(file: str, source: bytes, schema: bytes, report: Report) -> Site | None:
    """Read a site file; everything wrong with its form is reported at once.

    Args:
        file: its name in messages.
        source: its bytes.
        schema: the site file's JSON Schema.
        report: takes what is wrong.

    Returns:
        The site, which counts only if no error was reported; None when the file cannot be read at all.
    """
    root = read_yaml(file, source, report)
    if root is None:
        return None
    check_structure(root, read_schema(SCHEMA, schema, report), report)
    if not isinstance(root, Fields):
        return None
    _check_zone(root, report)
    packs = fields(root.get("packs"))
    check_reason(packs, report)
    name = text(root.get("site"))
    site = Site(
        name=name,
        at=root.at,
        public_url=text(root.get("public_url")).rstrip("/"),
        timezone=text(root.get("timezone"), "UTC"),
        packs=read_chosen(packs),
        pack_names=tuple(key for key, _ in packs),
        decided=read_decided(f"site {name}", packs, root),
        clients=tuple(read_client(fields(node), report) for node in items(root.get("clients"))),
        systems=fields(root.get("systems")),
        codes=fields(root.get("codes")),
        orders=fields(root.get("orders")),
        refuse_unshared_replay=text(fields(root.get("replay")).get("on_failure")) == "refuse",
        memory=read_memory(root, report),
    )
    _check_clients(site, report)
    return site


def _check_zone(root: Fields, report: Report) -> None:
    node = root.get("timezone")
    if not isinstance(node, Text):
        return
    try:
        ZoneInfo(node.value)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        advice = did_you_mean(node.value, available_timezones())
        report.error("unknown-timezone", node.at, f"there is no time zone {node.value}", remedy=advice)


def _check_clients(site: Site, report: Report) -> None:
    seen: dict[str, Position] = {}
    for each in site.clients:
        if each.name in seen:
            remedy = "Give each a name: of its own."
            report.error("name-twice", each.at, f"client {each.name} stands in {seen[each.name]} already", "", remedy)
        seen.setdefault(each.name, each.at)
    issuers: dict[str, str] = {}
    for each in site.clients:
        if each.issuer and each.issuer in issuers:
            said = f"client {each.name} has the issuer of {issuers[each.issuer]}"
            report.error("issuer-twice", each.at, said, "A token would not tell which of them calls.", "Keep one.")
        issuers.setdefault(each.issuer, each.name)
