"""``make soak``: holds load on the real service for a while, brings faults about, and says what became of every call.

Ends with 1 when any answer was wrong or missing, or feedback that was acknowledged is not on record.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import quantiles

from bench.bodies import ROOT
from bench.growth import content, hook_service
from bench.servers import memory_mb, serving
from bench.soak.faults import Injector
from bench.soak.load import Load
from bench.soak.patients import charts, patients
from bench.soak.tally import Tally
from cds.authoring.loopback import LoopbackFhir
from cds.language.defaults import default_profile
from cds.record.place import FILE
from cds.web.services import load_ready

_RULE = Path("rules") / "isotretinoin" / "counselling.yaml"
_LOOK_S = 1.0


def main() -> int:
    """Hold the load, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="how long the load is held (120)")
    seconds = parser.parse_args().seconds
    files = content()
    measured = hook_service(load_ready(files, default_profile(files)))
    asked = patients([measured.plan.groups[name] for name in measured.plan.needs["order-sign"]], "order-sign")
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="isotretinoin-cds-soak-") as name, LoopbackFhir(charts()) as fhir:
        folder = Path(name)
        shutil.copytree(ROOT / "rules", folder / "rules", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        with serving(folder, "--reload", "--rules", str(folder / "rules")) as service:
            until = time.monotonic() + seconds
            threads = Load(service.port, asked, fhir.base, until, tally).start()
            weights: list[float] = []
            weigher = threading.Thread(target=_weigh, args=(service.pid, until, weights), daemon=True)
            weigher.start()
            Injector(fhir, service.pid, folder / _RULE, folder / FILE, tally).run(until)
            for each in (*threads, weigher):
                each.join()
        lost = tally.acknowledged - _on_record(folder / FILE)
    _print(tally, seconds, weights, lost)
    return 1 if tally.wrong or lost or not tally.outcomes["with prefetch", "200"] else 0


def _weigh(pid: int, until: float, weights: list[float]) -> None:
    """The memory that the serving processes have for themselves, in MB, second by second."""
    while time.monotonic() < until:
        found = [each["own"] for each in memory_mb(pid)]
        if found:
            weights.append(sum(found) / len(found))
        time.sleep(_LOOK_S)


def _on_record(database: Path) -> set[str]:
    connection = sqlite3.connect(database)
    try:
        return {card for (card,) in connection.execute("select card from feedback")}
    finally:
        connection.close()


def _print(tally: Tally, seconds: float, weights: list[float], lost: set[str]) -> None:
    lines = [f"load held for {seconds:.0f} s: {len(tally.times_ms) / seconds:.0f} answers a second"]
    if len(tally.times_ms) > 1:
        cuts = quantiles(tally.times_ms, n=100)
        lines.append(f"time of an answer: median {cuts[49]:.0f} ms, 99 of 100 within {cuts[98]:.0f} ms")
    lines += [f"  {number:7} {kind}: {outcome}" for (kind, outcome), number in sorted(tally.outcomes.items())]
    lines.append("faults brought about:")
    lines += [f"  {number:7} {name}" for name, number in sorted(tally.faults.items())]
    if len(weights) >= 4:
        quarter = len(weights) // 4
        first, last = (sum(part) / len(part) for part in (weights[quarter : 2 * quarter], weights[-quarter:]))
        lines.append(f"memory of a serving process: {first:.0f} MB in the second quarter, {last:.0f} MB in the last")
    lines.append(f"feedback acknowledged: {len(tally.acknowledged)} cards, not on record: {len(lost)}")
    lines.append(f"wrong or missing answers: {sum(n for (_, what), n in tally.outcomes.items() if what == 'WRONG')}")
    sys.stdout.write("\n".join([*lines, *(f"  {each}" for each in tally.wrong)]) + "\n")


if __name__ == "__main__":
    sys.exit(main())
