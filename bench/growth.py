"""How the cost of an answer grows with the chart and with the number of rules, in one process without a server."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter, thread_time

import orjson

from bench.bodies import HOOK, TODAY, with_resources
from cds.answer import answer
from cds.content import find_content, read_content
from cds.errors import ContentError
from cds.language.defaults import default_profile
from cds.settings import Settings
from cds.web.edge import edges
from cds.web.services import CdsService, Ready, load_ready
from cds.wire.request import read_call
from cds.wire.response import render

RESOURCES = (10, 100, 1_000, 10_000)
COPIES = (0, 1, 3, 7)
_PACK = "rules/isotretinoin/"
_LEAST_RUNS, _SECONDS = 5, 0.6

Files = Mapping[str, bytes]
Row = dict[str, float | int]


def content() -> dict[str, bytes]:
    """The shipped content."""
    return read_content(find_content())


def hook_service(ready: Ready) -> CdsService:
    """The service that is measured."""
    return next(each for each in ready.for_hook(HOOK))


def by_chart(service: CdsService) -> list[Row]:
    """Cost by the number of resources: reading the envelope, the answer to another drug, and the whole answer."""
    groups = [service.plan.groups[name] for name in service.plan.needs[HOOK]]
    rows = []
    for number in RESOURCES:
        made = with_resources(groups, number)
        rows.append(
            {
                "resources": made.resources,
                "kilobytes": round(len(made.full) / 1000),
                "parse_ms": milliseconds(orjson.loads, made.full),
                "other_drug_ms": milliseconds(_whole, made.other_drug, service),
                "full_ms": milliseconds(_whole, made.full, service),
            }
        )
    return rows


def by_rules(files: Files) -> list[Row]:
    """Cost by the number of rules: those that are shipped, then with copies that ask facts of their own."""
    rows = []
    for copies in COPIES:
        begun = perf_counter()
        service = hook_service(load_ready(_copied(files, copies), default_profile(files)))
        loaded = perf_counter() - begun
        groups = [service.plan.groups[name] for name in service.plan.needs[HOOK]]
        body = with_resources(groups, 100).full
        full = milliseconds(_whole, body, service)
        rows.append({"rules": len(service.plan.rules), "load_s": round(loaded, 2), "full_ms": full})
    return rows


def milliseconds(work: Callable[..., object], *args: object) -> float:
    """The median processor time of a piece of work."""
    work(*args)
    found: list[float] = []
    while len(found) < _LEAST_RUNS or sum(found) < _SECONDS:
        begun = thread_time()
        work(*args)
        found.append(thread_time() - begun)
    return round(median(found) * 1000, 3)


def _whole(body: bytes, service: CdsService) -> bytes:
    call = read_call(body, service.hook, service.problems)
    return orjson.dumps(render(answer(call, service.plan, _EDGE()).cards))


_EDGE = edges(Settings(open=True, today=TODAY))


def _copied(files: Files, copies: int) -> dict[str, bytes]:
    """The content with so many copies of each rule, under other names and ids."""
    made = dict(files)
    pack = files[f"{_PACK}pack.yaml"].decode()
    names = re.search(r"^rules:\n((?:  - .+\n)+)", pack, re.MULTILINE)
    if names is None:
        raise ContentError([])
    listed = names[1]
    for number in range(1, copies + 1):
        for name in re.findall(r"- (\S+)", names[1]):
            text = files[f"{_PACK}{name}.yaml"].decode()
            text = re.sub(r"^rule: .+$", f"rule: {name}-copy-{number}", text, flags=re.MULTILINE)
            text = re.sub(r"\bfinding: ([A-Z]+)", rf"finding: \1X{chr(64 + number)}", text)
            made[f"{_PACK}{name}-copy-{number}.yaml"] = text.encode()
            listed += f"  - {name}-copy-{number}\n"
    made[f"{_PACK}pack.yaml"] = pack.replace(names[1], listed).encode()
    return made
