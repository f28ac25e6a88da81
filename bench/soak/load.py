"""Callers of several kinds, each in threads of its own, who check every answer."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from bench.soak.patients import Patient, is_right, told
from bench.soak.tally import Tally

SERVICE = "/cds-services/isotretinoin-order-sign"
_PATIENCE_S = 30.0
_GARBAGE = (b"", b"{", b"[]", b'{"hook": 1}', b"\xff\xfe", b'{"hook":"order-sign","context":{}}', b"[" * 5000)
_OTHER_DRUG = {
    "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "314076"}],
    "text": "lisinopril 10 MG Oral Tablet",
}

Json = dict[str, Any]


@dataclass(frozen=True)
class Load:
    """Who calls.

    Attributes:
        fhir: base of the FHIR server that misbehaves.
        until: on the monotonic clock.
    """

    port: int
    patients: Sequence[Patient]
    fhir: str
    until: float
    tally: Tally

    def start(self) -> list[threading.Thread]:
        """Start all callers."""
        callers: list[Callable[[random.Random], None]] = [
            *[self._with_data] * 3,
            *[self._without_data] * 3,
            self._other_drug,
            self._garbage,
            self._slowly,
        ]
        threads = [
            threading.Thread(target=self._keep, args=(each, seed), daemon=True) for seed, each in enumerate(callers)
        ]
        for each in threads:
            each.start()
        return threads

    def _keep(self, call: Callable[[random.Random], None], seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - the same load for the same seed is what is wanted
        while time.monotonic() < self.until:
            call(chance)

    def _with_data(self, chance: random.Random) -> None:
        patient = chance.choice(self.patients)
        cards = self._answer("with prefetch", patient.full)
        if cards is None:
            return
        if not is_right(patient, cards, whole=True):
            self.tally.is_wrong("with prefetch", f"{patient.name}: {sorted(told(cards))}")
        if cards and chance.random() < 0.3:
            self._feedback(chance.choice(cards)["uuid"])

    def _without_data(self, chance: random.Random) -> None:
        patient = chance.choice(self.patients)
        cards = self._answer("from FHIR", {**patient.bare, "fhirServer": self.fhir})
        if cards is not None and not is_right(patient, cards, whole=False):
            self.tally.is_wrong("from FHIR", f"{patient.name}: {sorted(told(cards))}")

    def _other_drug(self, chance: random.Random) -> None:
        body = json.loads(json.dumps(chance.choice(self.patients).full))
        for entry in body["context"]["draftOrders"]["entry"]:
            entry["resource"] |= {"medicationCodeableConcept": _OTHER_DRUG}
            entry["resource"].pop("medicationReference", None)
        cards = self._answer("another drug", body)
        if cards:
            self.tally.is_wrong("another drug", f"{sorted(told(cards))}")
        time.sleep(0.01)

    def _garbage(self, chance: random.Random) -> None:
        self._answer("garbage", chance.choice(_GARBAGE), wanted=400)
        time.sleep(0.02)

    def _slowly(self, chance: random.Random) -> None:
        """A caller that sends half of its body, waits, and goes away or goes on."""
        body = json.dumps(chance.choice(self.patients).full).encode()
        head = (
            f"POST {SERVICE} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        )
        begun = time.monotonic()
        try:
            with socket.create_connection(("127.0.0.1", self.port), _PATIENCE_S) as connection:
                connection.sendall(head.encode() + b"\r\n" + body[: len(body) // 2])
                time.sleep(0.5)
                if chance.random() < 0.5:
                    self.tally.count("slowly", "went away")
                    return
                connection.sendall(body[len(body) // 2 :])
                status = connection.recv(100).split(b" ")[1].decode()
        except (OSError, IndexError) as error:
            self._cut("slowly", begun, error)
            return
        if status in ("200", "503"):
            self.tally.count("slowly", status)
        else:
            self.tally.is_wrong("slowly", status)

    def _feedback(self, card: str) -> None:
        item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-24T10:00:00Z"}
        item["overrideReason"] = {"userComment": "soak"}
        if self._post("feedback", f"{SERVICE}/feedback", json.dumps({"feedback": [item]}).encode(), 200) is not None:
            self.tally.keep(card)

    def _answer(self, kind: str, body: Json | bytes, wanted: int = 200) -> list[Json] | None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        found = self._post(kind, SERVICE, content, wanted)
        return found.get("cards", []) if found is not None else None

    def _post(self, kind: str, path: str, body: bytes, wanted: int) -> Json | None:
        """The parsed answer of the wanted status. None, and counted, for another; 503 says to come again."""
        begun = time.monotonic()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE_S)
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as error:
            self._cut(kind, begun, error)
            return None
        finally:
            connection.close()
        if answer.status == 503:
            self.tally.count(kind, "503, come again")
            time.sleep(0.05)
            return None
        if answer.status != wanted:
            self.tally.is_wrong(kind, f"{answer.status} {content[:200]!r}")
            return None
        self.tally.count(kind, str(wanted), (time.monotonic() - begun) * 1000)
        found: Json = json.loads(content)
        return found

    def _cut(self, kind: str, begun: float, error: Exception) -> None:
        """A connection broke: that is what a kill does to the calls of its process, and what nothing else may do."""
        if self.tally.was_killed_between(begun, time.monotonic()):
            self.tally.count(kind, "cut by a kill")
            time.sleep(0.1)
        else:
            self.tally.is_wrong(kind, f"no answer: {type(error).__name__}")
