"""``demo``: the open service, a FHIR server with invented patients, and a worked example in the terminal."""

from __future__ import annotations

import json
import multiprocessing
import re
import signal
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask

from cds.authoring.loopback import LoopbackFhir
from cds.clock import monotonic, today_in
from cds.content import ContentRoot
from cds.errors import StartError
from cds.language.load import Files
from cds.settings import Settings
from cds.web.app import create_app
from cds.web.last import Last
from cds.web.server import serve
from cds.web.services import load_ready

SANDBOX = "https://sandbox.cds-hooks.org/"
# The sandbox's screen for each of its hooks; the first one calls at every change.
_SCREENS = {"order-select": "rx-view", "order-sign": "rx-sign"}
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?)?)?")
_DATE_KEYS = re.compile(
    r".*[dD]ate(?:Time|Written|Asserted)?|.*Instant|authoredOn|issued|start|end|whenPrepared|whenHandedOver|lastUpdated"
)
_PATIENCE_S = 30.0
_COLOURS = {"critical": "31", "warning": "33", "info": "34"}


@dataclass(frozen=True)
class Patient:
    """An invented patient: the FHIR id, who prescribes, and a sentence about the case."""

    id: str
    user: str
    says: str


@dataclass(frozen=True)
class Demonstration:
    """The fixtures, their dates shifted so that the reference day is today.

    Attributes:
        hook, order, default: of the worked example, whose patient is the default one.
        paste: what to paste into the sandbox's box for the drug.
    """

    hook: str
    order: Mapping[str, Any]
    default: str
    paste: str
    patients: tuple[Patient, ...]
    charts: tuple[Mapping[str, Any], ...]

    def request(self, patient: Patient, fhir: str, prefetch: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A request of the hook for a patient, as an EHR would send it."""
        subject = {"subject": {"reference": f"Patient/{patient.id}"}, "requester": {"reference": patient.user}}
        draft = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {**self.order, **subject}}]}
        body: dict[str, Any] = {
            "hook": self.hook,
            "hookInstance": "5b1b3b7e-4a68-4d3b-9a1e-0f6f1f0f9d01",
            "fhirServer": fhir,
            "context": {"userId": patient.user, "patientId": patient.id, "draftOrders": draft},
        }
        return body if prefetch is None else {**body, "prefetch": dict(prefetch)}


def load(folder: Path, today: date) -> Demonstration:
    """Read the fixtures of a folder.

    Raises:
        StartError: when they are not there.
    """
    try:
        index = json.loads((folder / "demo.json").read_bytes())
        charts = [json.loads((folder / each["chart"]).read_bytes()) for each in index["patients"]]
    except OSError as error:
        raise StartError(f"the demonstration's patients are missing: {error.filename}") from None
    days = (today - date.fromisoformat(index["reference_day"])).days
    return Demonstration(
        hook=index["hook"],
        order=shifted(index["order"], days),
        default=index["default"],
        paste=index["paste"],
        patients=tuple(Patient(each["id"], each["user"], each["says"]) for each in index["patients"]),
        charts=tuple(shifted(chart, days) for chart in charts),
    )


def shifted(value: Any, days: int) -> Any:
    """FHIR JSON with every date moved by a number of days; time of day and zone stay."""
    if isinstance(value, Mapping):
        return {
            key: _moved(inner, days) if isinstance(inner, str) and _DATE_KEYS.fullmatch(key) else shifted(inner, days)
            for key, inner in value.items()
        }
    return [shifted(each, days) for each in value] if isinstance(value, list) else value


def _moved(text: str, days: int) -> str:
    found = _DATE.fullmatch(text)
    if found is None:
        return text
    year, month, day, time_of_day = found.groups()
    moved = (date(int(year), int(month or 7), int(day or 15)) + timedelta(days=days)).isoformat()
    return moved[: 10 if day else 7 if month else 4] + (time_of_day or "")


def run(root: ContentRoot, files: Files, settings: Settings) -> None:
    """Serve, and guide through an example, until Ctrl-C."""
    folder = root.path / "fixtures" / "demo"
    load(folder, today_in(settings.timezone)())
    # A process of its own: the server forks, and a fork must not meet the threads of the FHIR server.
    guide = multiprocessing.get_context("spawn").Process(
        target=_guide, args=(folder, settings.public_url, settings.timezone), daemon=True
    )
    try:
        # A line for each request would break into the example.
        serve(partial(_application, files, settings), settings, on_start=guide.start, log_level="WARNING")
    finally:
        if guide.pid is not None:
            guide.terminate()
            guide.join(5)


def _application(files: Files, settings: Settings) -> Flask:
    return create_app(load_ready(files, settings.profile), settings, Last())


def _guide(folder: Path, url: str, timezone: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both processes; the serving one ends this one
    demonstration = load(folder, today_in(timezone)())
    with LoopbackFhir(demonstration.charts) as fhir:
        try:
            _Talk(demonstration, url, fhir.base, sys.stdout.write, colour=sys.stdout.isatty()).tell()
        except (OSError, HTTPException, ValueError, KeyError) as error:
            sys.stdout.write(f"The example could not be shown ({type(error).__name__}: {error}).\n")
        sys.stdout.flush()
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()


class _Talk:
    """What the terminal shows."""

    def __init__(
        self, demonstration: Demonstration, url: str, fhir: str, write: Callable[[str], object], *, colour: bool
    ) -> None:
        self._demonstration = demonstration
        self._url = url
        self._fhir = fhir
        self._write = write
        self._colour = colour
        self._patient = next(each for each in demonstration.patients if each.id == demonstration.default)

    def tell(self) -> None:
        """Wait for the service, show the example, and say what else can be tried."""
        services = _discovered(self._url)
        service = next(each for each in services if each["hook"] == self._demonstration.hook)
        self._line(f"\nA FHIR server with invented patients: {self._fhir}")
        for patient in self._demonstration.patients:
            self._line(f"  {patient.id:<16} {patient.says}")
        self._line(f"\n{service['title']}: {service['hook']} for {self._patient.id}\n")
        bare = self._call(service["id"], "Without prefetch: the service reads the FHIR server itself")
        for card in bare:
            self._card(card)
        prefetch = {name: self._prefetched(query) for name, query in service.get("prefetch", {}).items()}
        full = self._call(service["id"], f"With {len(prefetch)} groups of prefetch", prefetch)
        same = [_lasting(each) for each in bare] == [_lasting(each) for each in full]
        self._line("  The same cards.\n" if same else "  Other cards:\n")
        for card in [] if same else full:
            self._card(card)
        self._sandbox([each["hook"] for each in services])
        self._line(f"The last call, its answer, and why it is so: {self._url}/demo/last")
        self._line("Ctrl-C ends the demonstration.")

    def _call(self, service: str, title: str, prefetch: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        body = self._demonstration.request(self._patient, self._fhir, prefetch)
        started = monotonic()
        cards: list[dict[str, Any]] = _json(self._url, f"/cds-services/{service}", body)["cards"]
        self._line(f"{title}: {len(cards)} cards in {(monotonic() - started) * 1000:.0f} ms")
        return cards

    def _prefetched(self, template: str) -> Any:
        kind, _, name = self._patient.user.partition("/")
        tokens = {"context.patientId": self._patient.id, f"user{kind}Id": name}
        query = re.sub(r"\{\{(.+?)\}\}", lambda token: tokens.get(token[1], ""), template)
        return _json(self._fhir, f"/{query}")

    def _card(self, card: Mapping[str, Any]) -> None:
        indicator = card["indicator"]
        label = f"[{indicator}]"
        if self._colour:
            label = f"\x1b[1;{_COLOURS.get(indicator, '0')}m{label}\x1b[0m"
        self._line(f"\n  {label} {card['summary']}")
        plain = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", re.sub(r"\*\*|^_|_$", "", card.get("detail", ""), flags=re.M))
        for line in plain.splitlines():
            self._line(textwrap.fill(line, 100, initial_indent="    ", subsequent_indent="    "))
        for suggestion in card.get("suggestions", ()):
            self._line(f"    > {suggestion['label']}")
        for link in card.get("links", ()):
            self._line(f"    {link['label']}: {link['url']}")
        self._line("")

    def _sandbox(self, hooks: list[str]) -> None:
        hook = next((each for each in _SCREENS if each in hooks), self._demonstration.hook)
        query = {
            "fhirServiceUrl": self._fhir,
            "patientId": self._patient.id,
            "serviceDiscoveryURL": f"{self._url}/cds-services",
            "hook": hook,
            "screen": _SCREENS.get(hook, "rx-view"),
        }
        self._line("Try it in the public CDS Hooks sandbox, in a browser on this computer:")
        self._line(f"  1. Open {SANDBOX}?{urlencode(query)}")
        self._line("     Chrome asks whether the page may reach this computer (local network access): allow it.")
        self._line(f"  2. Paste {self._demonstration.paste} into the box for the medication, and choose one.")
        self._line("  3. On Rx Sign press Sign Order, for what is shown before signing.")
        self._line(f"  By hand: discovery at {self._url}/cds-services, FHIR server (R4) {self._fhir}\n")

    def _line(self, text: str) -> None:
        self._write(f"{text}\n")


def _lasting(card: Mapping[str, Any]) -> dict[str, Any]:
    """A card without the ids that are fresh in every answer."""
    kept = {name: value for name, value in card.items() if name != "uuid"}
    kept["suggestions"] = [{**each, "uuid": ""} for each in card.get("suggestions", ())]
    return kept


def _discovered(url: str) -> list[dict[str, Any]]:
    """The services, as soon as the server answers."""
    give_up = monotonic() + _PATIENCE_S
    while True:
        try:
            found: list[dict[str, Any]] = _json(url, "/cds-services")["services"]
            return found
        except OSError:
            if monotonic() >= give_up:
                raise
            time.sleep(0.05)


def _json(base: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """GET, or POST of a body; the JSON of the answer."""
    where = urlsplit(base)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=_PATIENCE_S)
    try:
        headers = {"Accept": "application/json"}
        if body is None:
            connection.request("GET", f"{where.path}{path}", headers=headers)
        else:
            content = json.dumps(body).encode()
            connection.request("POST", f"{where.path}{path}", content, {**headers, "Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()
