"""A site file as values: which packs under which profile, which EHRs call, and the site's own settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from cds.language.node import NONE, Fields, Text, fields, items, text, texts
from cds.language.parameters import Layer
from cds.language.plan import ACTIONS
from cds.language.report import Report, did_you_mean
from cds.language.schema import check_structure, validator
from cds.language.yaml import read_yaml
from cds.values.diagnostic import Position

SCHEMA = "rules/schema/site.schema.json"
MOST_MS = 60_000


@dataclass(frozen=True)
class RuleSetting:
    """What a site or a client decided about one rule.

    Attributes:
        name: of the rule with its pack, ``pack/rule``.
        mode: ``off``, ``shadow`` or ``show``; empty when it decided nothing about that.
    """

    name: Text
    mode: str
    because: str
    parameters: Fields


@dataclass(frozen=True)
class Decided:
    """What a site, or one of its clients, sets in place of rules and profile.

    Attributes:
        by: ``site NAME`` or ``client NAME``, said wherever such a value is explained.
        shared: pack → values of parameters that its rules share.
        rules: by ``pack/rule``.
    """

    by: str
    shared: Mapping[str, Fields] = field(default_factory=dict)
    rules: Mapping[str, RuleSetting] = field(default_factory=dict)

    def layer(self, pack: str) -> Layer:
        """Its parameter values for a pack."""
        own = {
            name.partition("/")[2]: each.parameters for name, each in self.rules.items() if name.startswith(f"{pack}/")
        }
        return Layer(self.by, self.shared.get(pack, NONE), own)

    @property
    def changes_values(self) -> bool:
        """Whether it sets any parameter, so that packs are compiled anew for it."""
        return any(each.values for each in self.shared.values()) or any(
            each.parameters.values for each in self.rules.values()
        )


@dataclass(frozen=True)
class Client:
    """One EHR.

    Attributes:
        base: of its FHIR server; empty when the file names none.
        budget_ms: for what one call reads there; None for the usual.
        offers: optional data groups that it supplies.
        never: data groups that it never supplies → why.
        lost: ``pack/rule`` → why that safety-critical rule may be lost.
        relative_dates: it understands ``today()`` in prefetch queries.
        actions: what suggestions may do.
    """

    name: str
    at: Position
    decided: Decided
    pack_names: tuple[Text, ...] = ()
    issuer: str = ""
    base: str = ""
    version: str = "R4"
    budget_ms: int | None = None
    private_address: bool = False
    ca_file: str = ""
    offers: tuple[Text, ...] = ()
    never: Fields = NONE
    lost: Fields = NONE
    relative_dates: bool = False
    actions: frozenset[str] = ACTIONS


@dataclass(frozen=True)
class Chosen:
    """The profile of a pack, and who reviewed it, where it is a draft."""

    profile: Text
    reviewer: str


@dataclass(frozen=True)
class Site:
    """A site file that was read; names in it are compared with the content later.

    Attributes:
        packs: pack → its profile.
        systems: short name → URI of the site's own code systems.
        codes: value set → codes that mean the same here.
        orders: suggestion → the site's own code.
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
    check_structure(root, validator(json.loads(schema)), report)
    if not isinstance(root, Fields):
        return None
    _check_zone(root, report)
    packs = fields(root.get("packs"))
    _check_reason(packs, report)
    name = text(root.get("site"))
    site = Site(
        name=name,
        at=root.at,
        public_url=text(root.get("public_url")).rstrip("/"),
        timezone=text(root.get("timezone"), "UTC"),
        packs={
            key.value: Chosen(profile, text(fields(node).get("reviewer")))
            for key, node in packs
            if isinstance(profile := fields(node).get("profile"), Text)
        },
        pack_names=tuple(key for key, _ in packs),
        decided=_decided(f"site {name}", packs, root),
        clients=tuple(_client(fields(node), report) for node in items(root.get("clients"))),
        systems=fields(root.get("systems")),
        codes=fields(root.get("codes")),
        orders=fields(root.get("orders")),
    )
    _check_clients(site, report)
    return site


def _decided(by: str, packs: Fields, root: Fields) -> Decided:
    return Decided(
        by,
        {key.value: fields(fields(node).get("parameters")) for key, node in packs},
        {
            key.value: RuleSetting(
                key, text(body.get("mode")), text(body.get("because")), fields(body.get("parameters"))
            )
            for key, node in fields(root.get("rules"))
            for body in (fields(node),)
        },
    )


def _client(body: Fields, report: Report) -> Client:
    fhir, data, cards = (fields(body.get(key)) for key in ("fhir", "data", "cards"))
    base = text(fhir.get("base")).rstrip("/")
    issuer = text(body.get("issuer"))
    host = _host(base)
    name = text(body.get("name")) or host or issuer
    if not name:
        report.error("no-name", body.at, "this client has no name", remedy="Write name:, or fhir: {base: …}.")
    if base.startswith("http:") and not _is_here(host):
        report.error(
            "plain-http",
            (fhir.get("base") or body).at,
            f"{base} is not encrypted",
            "Patient data would cross the network in the clear.",
            "Write https://…; http is for this computer only.",
        )
    version = text(fhir.get("version"), "R4")
    actions = frozenset(each.value for each in texts(cards.get("actions"))) if "actions" in cards else ACTIONS
    ca_file = text(fhir.get("ca_file"))
    return Client(
        name=name,
        at=body.at,
        decided=_decided(f"client {name}", fields(body.get("packs")), body),
        pack_names=tuple(key for key, _ in fields(body.get("packs"))),
        issuer=issuer,
        base=base,
        version=version,
        budget_ms=_budget(fhir.get("budget"), report),
        private_address=text(fhir.get("private_address"), "yes" if _is_here(host) else "no") == "yes",
        ca_file="" if ca_file in ("null", "~") else ca_file,
        offers=texts(data.get("offers")),
        never=fields(data.get("never")),
        lost=fields(data.get("lost")),
        relative_dates=text(data.get("relative_dates")) == "yes",
        actions=actions if version == "R4" else actions - {"create"},
    )


def _host(base: str) -> str:
    try:
        return urlsplit(base).hostname or ""
    except ValueError:
        return ""


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _budget(node: object, report: Report) -> int | None:
    number = node.value.removesuffix(" ms") if isinstance(node, Text) else ""
    if not isinstance(node, Text) or not number.isdecimal():
        return None
    if int(number) > MOST_MS:
        report.error("out-of-bounds", node.at, f"{node.value} is outside 1 ms to {MOST_MS} ms of the budget")
    return int(number)


def _check_zone(root: Fields, report: Report) -> None:
    node = root.get("timezone")
    if not isinstance(node, Text):
        return
    try:
        ZoneInfo(node.value)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        advice = did_you_mean(node.value, available_timezones())
        report.error("unknown-timezone", node.at, f"there is no time zone {node.value}", remedy=advice)


def _check_reason(packs: Fields, report: Report) -> None:
    for key, node in packs:
        body = fields(node)
        if "parameters" in body and "because" not in body:
            report.error(
                "no-reason",
                body.keys["parameters"].at,
                f"{key.value} has changed parameters and no reason",
                "Whoever reads an explanation could not tell why a value differs.",
                "Write because: and the decision on which it rests.",
            )


def _check_clients(site: Site, report: Report) -> None:
    seen: dict[str, Position] = {}
    for each in site.clients:
        if each.name in seen:
            remedy = "Give each a name: of its own."
            report.error("name-twice", each.at, f"client {each.name} stands in {seen[each.name]} already", "", remedy)
        seen.setdefault(each.name, each.at)
