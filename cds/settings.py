"""Settings of a serving process, checked all at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cds.errors import StartError
from cds.language.report import Report
from cds.language.site import Site
from cds.language.site_client import Client
from cds.language.site_memory import SiteMemory, check_secret, make_secret

NO_AUTHENTICATION = (
    "authenticated serving needs a site file, which names the EHRs that may call: serve --site FILE. "
    "To try the service on this computer only, start it with: serve --open, with or without --site FILE"
)


@dataclass(frozen=True)
class Settings:
    """How the service is served. An instance is valid: whatever is wrong is said at once when it is made.

    Attributes:
        open: callers are not authenticated; only this computer can call, and only FHIR servers on it are read.
        profile: the jurisdiction's values under which packs are compiled; that of the site file where there is one.
        workers: processes.
        threads: calls that each of them works on at once, most of them waiting for FHIR servers.
        public_url: where this service is reached, for links in cards; empty for the address that is bound. Of an
            authenticated service, that of the site file.
        budget_ms: for everything that one call reads from a FHIR server.
        timezone: IANA name of the zone in which days are counted.
        allow_fhir: bases of FHIR servers elsewhere that may be read as well.
        max_body: bytes of the largest request.
        today: a fixed day instead of the clock's, for demonstrations.
        drain_s: seconds between SIGTERM and the end, in which ``/readyz`` sends new calls elsewhere.
        site: the site file in force; its clients' FHIR servers may be read, and days are counted in its time zone.
        tls_certificate, tls_key: files (PEM) with which TLS is spoken here; None where something in front speaks it.

    Raises:
        StartError: listing every setting that does not hold.
    """

    open: bool = False
    profile: str = ""
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    threads: int = 32
    public_url: str = ""
    budget_ms: int = 400
    timezone: str = "UTC"
    allow_fhir: tuple[str, ...] = ()
    max_body: int = 20_000_000
    today: date | None = None
    drain_s: int = 0
    site: Site | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None

    def __post_init__(self) -> None:
        problems = tuple(_problems(self))
        if problems:
            raise StartError("\n".join(problems))
        if self.site is not None:
            chosen = dict.fromkeys(each.profile.value for each in self.site.packs.values())
            object.__setattr__(self, "timezone", self.site.timezone)
            object.__setattr__(self, "profile", ", ".join(chosen))
        if self.site is not None and not self.open:
            object.__setattr__(self, "public_url", self.site.public_url)
        if not self.public_url:
            host = f"[{self.host}]" if ":" in self.host else self.host
            scheme = "https" if self.tls_certificate is not None else "http"
            object.__setattr__(self, "public_url", f"{scheme}://{host}:{self.port}")
        object.__setattr__(self, "public_url", self.public_url.rstrip("/"))


def _problems(settings: Settings) -> Iterator[str]:
    if not settings.open:
        yield from _unready(settings.site)
        yield from _only_open(settings)
    elif not _is_loopback(settings.host):
        yield f"--host {settings.host}: --open serves this computer only; use 127.0.0.1, ::1 or localhost"
    if settings.open and settings.site is None and settings.timezone != "UTC":
        yield f"timezone {settings.timezone}: --open counts days in UTC"
    elif not _is_zone(settings.timezone):
        yield f"timezone {settings.timezone}: there is no such time zone"
    for name, value, least, most in (
        ("--port", settings.port, 1, 65535),
        ("--workers", settings.workers, 1, 256),
        ("threads", settings.threads, 1, 1024),
        ("budget_ms", settings.budget_ms, 1, 60_000),
        ("--drain", settings.drain_s, 0, 600),
        ("max_body", settings.max_body, 1024, 1_000_000_000),
    ):
        if not least <= value <= most:
            yield f"{name} {value}: it is a number from {least} to {most}"
    for base in settings.allow_fhir:
        if not _is_base(base):
            yield f"--allow-fhir {base}: it is the base of a FHIR server, such as https://fhir.example.org/r4"
    yield from _tls(settings)
    if settings.public_url and not _is_base(settings.public_url):
        yield f"public_url {settings.public_url}: it is an http or https address without query"


def _unready(site: Site | None) -> Iterator[str]:
    """What a site file lacks for callers to be told from strangers (S-2, S-5, S-7)."""
    if site is None:
        yield NO_AUTHENTICATION
        return
    if not site.public_url.startswith("https://"):
        found = f"public_url {site.public_url} is not of https" if site.public_url else "it has no public_url"
        yield f"site {site.name}: {found}. Tokens name the address that they are for, such as https://cds.example.org"
    if not site.clients:
        yield f"site {site.name}: it has no clients, so nobody may call. Write clients: with an EHR"
    for each in site.clients:
        if not each.issuer:
            yield f"{each.at}: client {each.name} has no issuer. Write the iss of its tokens"
        if not each.access.has_keys:
            yield f"{each.at}: client {each.name} has no keys. Write jwks_url: or jwks_file:"


def _only_open(settings: Settings) -> Iterator[str]:
    if settings.today is not None:
        yield "--today is for trials: it needs --open"
    if settings.allow_fhir:
        yield "--allow-fhir is for trials: it needs --open. A client's FHIR server stands in the site file"


def _tls(settings: Settings) -> Iterator[str]:
    for name, file in (("--tls-cert", settings.tls_certificate), ("--tls-key", settings.tls_key)):
        if file is not None and not file.is_file():
            yield f"{name} {file}: there is no such file"
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        yield "--tls-cert and --tls-key belong together: give both or none"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return False
    return True


def _is_base(url: str) -> bool:
    try:
        found = urlsplit(url)
        return (
            found.scheme in ("http", "https")
            and bool(found.hostname)
            and not (found.query or found.fragment or found.username is not None or found.password)
            and found.port != 0
        )
    except ValueError:
        return False


def files_of(site: Site) -> tuple[Path, ...]:
    """The files that a site and its clients name, by whole paths."""
    secret = (Path(site.memory.secret_file),) if site.memory is not None else ()
    return secret + tuple(
        Path(file)
        for each in site.clients
        for file in (each.access.jwks_file, each.ca_file, each.certificate, each.certificate_key)
        if file
    )


def with_files(site: Site, folder: Path, report: Report) -> Site:
    """The site with whole paths of its clients' files and its secret read; all are named relative to the site file."""
    return replace(
        site,
        clients=tuple(_with_files(each, folder, report) for each in site.clients),
        memory=_with_secret(site.memory, folder, report) if site.memory is not None else None,
    )


def _with_secret(memory: SiteMemory, folder: Path, report: Report) -> SiteMemory:
    if not memory.secret_file:  # the schema has said so
        return memory
    path = folder / memory.secret_file
    try:
        secret, mode = path.read_bytes(), path.stat().st_mode
    except OSError as error:
        said = f"memory: secret_file {memory.secret_file} cannot be read: {error.strerror}"
        meaning = "Nothing can be remembered, and nothing that was remembered can be found."
        report.error("no-file", memory.at, said, meaning, make_secret(memory.secret_file))
        return memory
    check_secret(memory, secret, mode, report)
    return replace(memory, secret_file=str(path.resolve()), secret=secret)


def _with_files(client: Client, folder: Path, report: Report) -> Client:
    def whole(file: str, called: str) -> str:
        if not file:
            return ""
        path = (folder / file).resolve()
        if not path.is_file():
            report.error("no-file", client.at, f"client {client.name}: {called} {file} is not there")
        return str(path)

    return replace(
        client,
        access=replace(client.access, jwks_file=whole(client.access.jwks_file, "jwks_file")),
        ca_file=whole(client.ca_file, "ca_file"),
        certificate=whole(client.certificate, "client_certificate file"),
        certificate_key=whole(client.certificate_key, "client_certificate key"),
    )
