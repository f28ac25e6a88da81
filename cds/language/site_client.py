"""One EHR of a site file: who it is, its FHIR server, what it supplies and what its cards may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from cds.language.node import NONE, Fields, Text, fields, text, texts
from cds.language.plan import ACTIONS
from cds.language.report import Report
from cds.language.site_decided import Chosen, Decided, check_reason, read_chosen, read_decided
from cds.values.diagnostic import Position

MOST_MS = 60_000
_NUMBER = re.compile("[1-9][0-9]{0,4}")
USUAL_RATE = 100


@dataclass(frozen=True)
class Access:
    """How calls of one EHR are told from those of others (checklist section 6.1).

    Attributes:
        issuer: the ``iss`` of its tokens.
        jwks_url: where its public keys are; empty when they are in a file, or nowhere.
        jwks_file: a key set that was handed over; a whole path once the site file's folder is known.
        tenants: the ``tenant`` of a token must be among them; empty for any, and for none.
        audiences: accepted besides the address that is called, for EHRs that have it typed in by hand.
        origins: of browser clients that may read answers.
        per_second: calls that are answered in a second, on average, by each process.
    """

    issuer: str = ""
    jwks_url: str = ""
    jwks_file: str = ""
    tenants: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    per_second: int = USUAL_RATE

    @property
    def has_keys(self) -> bool:
        """Whether there is a way to check its tokens."""
        return bool(self.jwks_url or self.jwks_file)


@dataclass(frozen=True)
class Client:
    """One EHR.

    Attributes:
        base: of its FHIR server; empty when the file names none.
        budget_ms: for what one call reads there; None for the usual.
        client_id: for which its access tokens must be issued (``fhirAuthorization.subject``); empty for any.
        proxy: through which its FHIR server is reached; empty for none.
        certificate, certificate_key: files by which the service identifies itself there; empty for none.
        profiles: pack → its own profile, where it has one.
        offers: optional data groups that it supplies.
        never: data groups that it never supplies → why.
        lost: ``pack/rule`` → why that safety-critical rule may be lost.
        relative_dates: it understands ``today()`` in prefetch queries.
        actions: what suggestions may do.
    """

    name: str
    at: Position
    decided: Decided
    access: Access = Access()
    pack_names: tuple[Text, ...] = ()
    profiles: Mapping[str, Chosen] = field(default_factory=dict)
    base: str = ""
    version: str = "R4"
    budget_ms: int | None = None
    private_address: bool = False
    ca_file: str = ""
    client_id: str = ""
    proxy: str = ""
    certificate: str = ""
    certificate_key: str = ""
    offers: tuple[Text, ...] = ()
    never: Fields = NONE
    lost: Fields = NONE
    relative_dates: bool = False
    actions: frozenset[str] = ACTIONS

    @property
    def issuer(self) -> str:
        """The ``iss`` of its tokens."""
        return self.access.issuer


def read_client(body: Fields, report: Report) -> Client:
    """One entry of ``clients:``."""
    fhir, data, cards, packs = (fields(body.get(key)) for key in ("fhir", "data", "cards", "packs"))
    base = text(fhir.get("base")).rstrip("/")
    access = _access(body, report)
    host = _host(base)
    name = text(body.get("name")) or host or access.issuer
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
    check_reason(packs, report)
    version = text(fhir.get("version"), "R4")
    actions = frozenset(each.value for each in texts(cards.get("actions"))) if "actions" in cards else ACTIONS
    certificate = fields(fhir.get("client_certificate"))
    return Client(
        name=name,
        at=body.at,
        decided=read_decided(f"client {name}", packs, body),
        access=access,
        pack_names=tuple(key for key, _ in packs),
        profiles=read_chosen(packs),
        base=base,
        version=version,
        budget_ms=_budget(fhir.get("budget"), report),
        private_address=text(fhir.get("private_address"), "yes" if _is_here(host) else "no") == "yes",
        ca_file=_file(fhir.get("ca_file")),
        client_id=text(fhir.get("client_id")),
        proxy=_file(fhir.get("proxy")),
        certificate=text(certificate.get("file")),
        certificate_key=text(certificate.get("key")),
        offers=texts(data.get("offers")),
        never=fields(data.get("never")),
        lost=fields(data.get("lost")),
        relative_dates=text(data.get("relative_dates")) == "yes",
        actions=actions if version == "R4" else actions - {"create"},
    )


def _access(body: Fields, report: Report) -> Access:
    if "jwks_url" in body and "jwks_file" in body:
        report.error(
            "keys-twice",
            body.keys["jwks_file"].at,
            "its keys are at an address and in a file",
            "Which of them counts could not be told.",
            "Keep one of jwks_url and jwks_file.",
        )
    rate = text(body.get("rate")).removesuffix(" per second")
    return Access(
        issuer=text(body.get("issuer")),
        jwks_url=text(body.get("jwks_url")),
        jwks_file=text(body.get("jwks_file")),
        tenants=_several(body, "tenants"),
        audiences=_several(body, "audiences"),
        origins=_several(body, "origins"),
        per_second=int(rate) if _NUMBER.fullmatch(rate) else USUAL_RATE,
    )


def _several(body: Fields, key: str) -> frozenset[str]:
    return frozenset(each.value for each in texts(body.get(key)))


def _file(node: object) -> str:
    """A file or an address; what YAML calls null is none."""
    found = node.value if isinstance(node, Text) else ""
    return "" if found in ("null", "~") else found


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
    if not isinstance(node, Text) or not _NUMBER.fullmatch(number):
        return None
    if int(number) > MOST_MS:
        said = f"{node.value} is outside 1 ms to {MOST_MS} ms of the budget"
        report.error("out-of-bounds", node.at, said, remedy="Write a number between them, such as 400 ms.")
    return int(number)
