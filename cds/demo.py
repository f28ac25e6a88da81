"""``demo``: the open service, a FHIR server with invented patients, and a worked example in the terminal."""

from __future__ import annotations

import json
import multiprocessing
import re
import signal
import socket
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode, urlsplit

from cds.authoring.loopback import PATH, LoopbackFhir
from cds.clock import monotonic, today_in
from cds.content import ContentRoot
from cds.errors import StartError
from cds.language.load import Files
from cds.record.place import FILE, Place
from cds.settings import Settings
from cds.web.app import App
from cds.web.demo_page import DemoPage
from cds.web.demo_patients import Demonstration, load, shifted
from cds.web.demo_site import demo_application, served_profiles
from cds.web.server import serve

__all__ = ["load", "run", "shifted"]

SANDBOX = "https://sandbox.cds-hooks.org/"
# The sandbox's screen for each of its hooks; the first one calls at every change.
_SCREENS = {"order-select": "rx-view", "order-sign": "rx-sign"}
_PATIENCE_S = 30.0
_COLOURS = {"critical": "31", "warning": "33", "info": "34"}


def run(root: ContentRoot, files: Files, settings: Settings) -> None:
    """Serve, and guide through an example, until Ctrl-C."""
    folder = root.path / "fixtures" / "demo"
    demonstration = load(folder, today_in(settings.timezone)())
    fhir_port = _port_for_fhir(settings)
    page = DemoPage(
        fhir=f"http://127.0.0.1:{fhir_port}{PATH}",
        default=demonstration.default,
        patients=tuple(asdict(each) for each in demonstration.patients),
        orders=(demonstration.order, *demonstration.other_orders),
        profiles=served_profiles(files, settings, demonstration.profiles),
    )
    # A process of its own: the server forks, and a fork must not meet the threads of the FHIR server.
    guide = multiprocessing.get_context("spawn").Process(
        target=_guide, args=(folder, settings.public_url, fhir_port, settings.timezone), daemon=True
    )
    with TemporaryDirectory(prefix="isotretinoin-cds-", ignore_cleanup_errors=True) as records:
        try:
            # A line for each request would break into the example.
            serve(
                partial(_application, files, settings, page, Place(Path(records) / FILE)),
                settings,
                on_start=guide.start,
                log_level="WARNING",
            )
        finally:
            if guide.pid is not None:
                guide.terminate()
                guide.join(5)


def _port_for_fhir(settings: Settings) -> int:
    """The port after the service's, so that addresses stay the same from one start to the next; else any free one."""
    for port in (settings.port + 1, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return int(probe.getsockname()[1])
    raise StartError("no port is free for the FHIR server of the demonstration")


def _application(files: Files, settings: Settings, page: DemoPage, place: Place) -> App:
    # SQLAlchemy takes 0.3 s to import, which commands that keep no records need not wait for.
    from cds.record.recorder import open_recorder  # noqa: PLC0415

    return demo_application(files, settings, page, open_recorder(place))


def _guide(folder: Path, url: str, fhir_port: int, timezone: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both processes; the serving one ends this one
    demonstration = load(folder, today_in(timezone)())
    try:
        with LoopbackFhir(demonstration.charts, port=fhir_port) as fhir:
            _tell(demonstration, url, fhir.base)
            parent = multiprocessing.parent_process()
            if parent is not None:
                parent.join()
    except OSError as error:
        sys.stdout.write(f"There is no FHIR server: port {fhir_port} cannot be bound ({error.strerror}).\n")
        sys.stdout.flush()


def _tell(demonstration: Demonstration, url: str, fhir: str) -> None:
    try:
        _Talk(demonstration, url, fhir, sys.stdout.write, colour=sys.stdout.isatty()).tell()
    except (OSError, HTTPException, ValueError, KeyError) as error:
        sys.stdout.write(f"The example could not be shown ({type(error).__name__}: {error}).\n")
    sys.stdout.flush()


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
        self._line(f"Or play the EHR on a page of our own: {self._url}/demo")
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
