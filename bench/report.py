"""The results as a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]


def printed(results: Json) -> str:
    """All results, as lines."""
    return "\n".join(_lines(results))


def _lines(results: Json) -> Iterator[str]:
    yield (
        f"{'size':8}{'path':12}{'p50 ms':>9}{'p99 ms':>9}{'req/s':>8}{'CPU ms':>9}"
        f"{'p50 : floor':>13}{'req/s : floor':>15}{'CPU : floor':>13}"
    )
    for size, each in results["sizes"].items():
        for path, figures in each["paths"].items():
            yield (
                f"{size:8}{path:12}{figures['p50_ms']:9.2f}{figures['p99_ms']:9.2f}{figures['per_second']:8}"
                f"{figures['cpu_ms']:9.3f}{figures['time_to_floor']:13.2f}{figures['rate_to_floor']:15.2f}"
                f"{figures['cpu_to_floor'] or 0:13.2f}"
            )
    yield f"\n{'FHIR server':20}{'p50 ms':>10}{'p99 ms':>10}"
    for name, figures in results["fallback"].items():
        yield f"{name:20}{figures['p50_ms']:10.1f}{figures['p99_ms']:10.1f}"
    yield f"\nstart: {results['start_s']} s"
    for title, key in (("service", "memory_mb_a_worker"), ("floor", "floor_memory_mb_a_worker")):
        for figures in results[key]:
            amounts = ", ".join(f"{amount} MB {name}" for name, amount in figures.items())
            yield f"memory of a worker, {title}: {amounts}"
    for rows in results["growth"].values():
        yield "\n" + "".join(f"{name:>14}" for name in rows[0])
        yield from ("".join(f"{value:14}" for value in row.values()) for row in rows)
