"""``make bench``: measures, prints a table, and writes it as JSON. It asserts no time, for machines differ."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from bench import servers
from bench.bodies import ROOT, bodies, without_prefetch
from bench.client import Connection, Target, per_second, times
from bench.growth import by_chart, by_rules, content, hook_service
from bench.report import printed
from bench.servers import Running, cpu_ms
from cds.language.defaults import default_profile
from cds.web.services import load_ready

SIZES = {"2 KB": 2_000, "50 KB": 50_000, "200 KB": 200_000}
_PATH = "/cds-services/isotretinoin-order-sign"
_ROUNDS, _REQUESTS, _WARM_UP = 6, 100, 40
_SECONDS = 1.0
_DELAYS = {"0": 80, "100": 20, "300": 12}
_HANGING = 10
_STARTS = 3

Json = dict[str, Any]


def main() -> int:
    """Measure everything in one run."""
    begun = perf_counter()
    files = content()
    measured = hook_service(load_ready(files, default_profile(files)))
    groups = [measured.plan.groups[name] for name in measured.plan.needs["order-sign"]]
    made = {name: bodies(groups, size) for name, size in SIZES.items()}
    results: Json = {"made_at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": _machine()}
    with tempfile.TemporaryDirectory(prefix="isotretinoin-cds-bench-") as folder:
        data = Path(folder)
        starts = []
        for _ in range(_STARTS - 1):
            with servers.service(data) as running:
                starts.append(running.start_s)
        with servers.service(data) as service:
            starts.append(service.start_s)
            results["start_s"] = round(median(starts), 2)
            answer = data / "answer.json"
            answer.write_bytes(_one_answer(service.port, made["50 KB"].full))
            with servers.floor(answer, data) as floor:
                results["sizes"] = {
                    name: {
                        "bytes": len(each.full),
                        "resources": each.resources,
                        "paths": _paths(
                            {
                                "floor": (floor, Target(floor.port, _PATH, each.full)),
                                "other drug": (service, Target(service.port, _PATH, each.other_drug)),
                                "full": (service, Target(service.port, _PATH, each.full)),
                            }
                        ),
                    }
                    for name, each in made.items()
                }
                results["memory_mb_a_worker"] = servers.memory_mb(service.pid)
                results["floor_memory_mb_a_worker"] = servers.memory_mb(floor.pid)
            results["fallback"] = _fallback(service.port)
    results["growth"] = {"by_chart": by_chart(measured), "by_rules": by_rules(files)}
    results["took_s"] = round(perf_counter() - begun)
    target = ROOT / "bench" / "results" / "latest.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(printed(results) + f"\n\nWritten to {target.relative_to(ROOT)}\n")
    return 0


def _one_answer(port: int, body: bytes) -> bytes:
    with Connection(port) as connection:
        return connection.send(Target(port, _PATH, body).message())


def _paths(measured: Mapping[str, tuple[Running, Target]]) -> Json:
    """Times and rates of several paths, in turns, so that a machine that slows down slows all of them."""
    found: dict[str, list[float]] = {name: [] for name in measured}
    cpu = dict.fromkeys(measured, 0.0)
    for _ in range(_ROUNDS):
        for name, (server, target) in measured.items():
            before = cpu_ms(server.pid)
            found[name] += times(target, _REQUESTS, _WARM_UP)
            cpu[name] += cpu_ms(server.pid) - before
    sent = _ROUNDS * (_REQUESTS + _WARM_UP)
    paths: Json = {
        name: {
            **_spread(found[name]),
            "per_second": round(per_second(target, _SECONDS)),
            "cpu_ms": round(cpu[name] / sent, 3),
        }
        for name, (_, target) in measured.items()
    }
    floor = paths["floor"]
    for figures in paths.values():
        figures["time_to_floor"] = round(figures["p50_ms"] / floor["p50_ms"], 2)
        figures["rate_to_floor"] = round(figures["per_second"] / floor["per_second"], 2)
        figures["cpu_to_floor"] = round(figures["cpu_ms"] / floor["cpu_ms"], 2) if floor["cpu_ms"] else None
    return paths


def _fallback(port: int) -> Json:
    """Times of a call without data, by the delay of the FHIR server that it names."""
    found: Json = {}
    for delay, number in _DELAYS.items():
        with servers.fhir(delay) as bases:
            target = Target(port, _PATH, without_prefetch(bases[0]))
            found[f"{delay} ms"] = _spread(times(target, number, warm_up=4))
    # Each hanging server is asked once: after three calls in vain a worker leaves a server alone, and answers at once.
    with servers.fhir("hang", str(_HANGING)) as bases:
        several = [times(Target(port, _PATH, without_prefetch(base)), 1)[0] for base in bases]
        found["hangs"] = _spread(several)
        resting = Target(port, _PATH, without_prefetch(bases[0]))
        found["hangs, left alone"] = _spread(times(resting, 20, warm_up=4))
    return found


def _spread(several: list[float]) -> Json:
    return {
        "p50_ms": round(median(several), 3),
        "p99_ms": round(quantiles(several, n=100, method="inclusive")[98], 3),
        "number": len(several),
    }


def _machine() -> Json:
    return {"python": platform.python_version(), "system": platform.platform(), "processors": os.cpu_count()}


if __name__ == "__main__":
    sys.exit(main())
