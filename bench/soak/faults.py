"""What goes wrong while calls go on: one thing after the other, by turns, until the end."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.soak.tally import Tally
from cds.authoring.loopback import Faults, LoopbackFhir

_FOR_S = 1.0


@dataclass(frozen=True)
class Injector:
    """Brings faults about.

    Attributes:
        pid: of the main process; its children serve.
        rule: a rule file that may be changed.
        database: the SQLite file of the records.
    """

    fhir: LoopbackFhir
    pid: int
    rule: Path
    database: Path
    tally: Tally

    def run(self, until: float) -> None:
        """One fault after the other, until a moment of the monotonic clock; then all is well again."""
        chance = random.Random(1)  # noqa: S311 - the same faults for the same seed are what is wanted
        faults: list[Callable[[], None]] = [
            lambda: self._fhir("slow FHIR server", Faults(delay_s=0.15)),
            lambda: self._fhir(
                "FHIR server answers 500", Faults(status=dict.fromkeys(("Observation", "Condition"), 500))
            ),
            lambda: self._fhir("FHIR server hangs", Faults(hang=True)),
            lambda: self._fhir("FHIR server drips", Faults(drip_s=0.01)),
            lambda: self._fhir("FHIR server answers no JSON", Faults(body=b"<html>log in</html>")),
            lambda: self._fhir("FHIR server pages, and sorts nothing", Faults(page_size=1, shuffled=True)),
            self._kill,
            self._reload,
            self._break,
            self._lock,
        ]
        while time.monotonic() < until - 2 * _FOR_S:
            chance.shuffle(faults)
            for fault in faults:
                if time.monotonic() < until - 2 * _FOR_S:
                    fault()
                    time.sleep(_FOR_S / 2)

    def _fhir(self, name: str, faults: Faults) -> None:
        self.tally.injected(name)
        self.fhir.faults = faults
        time.sleep(_FOR_S)
        self.fhir.faults = Faults()

    def _kill(self) -> None:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii").split()
        if not children:
            return
        self.tally.injected("process killed")
        self.tally.killed(time.monotonic())
        os.kill(int(children[0]), signal.SIGKILL)
        time.sleep(6)  # a process that is killed again within seconds of its start counts as one that cannot run
        self.tally.killed(time.monotonic())

    def _reload(self) -> None:
        self.tally.injected("rules changed")
        text = self.rule.read_text(encoding="utf-8")
        self.rule.write_text(f"{text}# changed\n", encoding="utf-8")
        time.sleep(_FOR_S)

    def _break(self) -> None:
        self.tally.injected("rules broken")
        text = self.rule.read_text(encoding="utf-8")
        self.rule.write_text(text.replace("topic:", "topik:"), encoding="utf-8")
        time.sleep(2 * _FOR_S)
        self.rule.write_text(text, encoding="utf-8")

    def _lock(self) -> None:
        self.tally.injected("records locked")
        connection = sqlite3.connect(self.database, timeout=10, isolation_level=None)
        try:
            connection.execute("begin exclusive")
            time.sleep(_FOR_S)
            connection.execute("rollback")
        finally:
            connection.close()
