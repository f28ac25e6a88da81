"""Servers as processes: started, awaited, weighed, stopped."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter, sleep

from bench.bodies import ROOT, TODAY

WORKERS = 2
_PATIENCE_S = 30.0


@dataclass(frozen=True)
class Running:
    """A server that answers: its port, its main process, and the seconds from its start to its first answer."""

    port: int
    pid: int
    start_s: float


@contextmanager
def service(data: Path) -> Iterator[Running]:
    """The service as it is run in production, but for authentication."""
    with serving(data) as running:
        yield running


@contextmanager
def serving(data: Path, *options: str) -> Iterator[Running]:
    """The service with further options."""
    port = free_port()
    command = ["-m", "cds", "serve", "--open", "--workers", str(WORKERS), "--port", str(port)]
    with _server([*command, "--data", str(data), "--today", TODAY.isoformat(), *options], port) as running:
        yield running


@contextmanager
def floor(answer: Path, data: Path) -> Iterator[Running]:
    """The floor, with the same settings of the server."""
    port = free_port()
    with _server(["-m", "bench.floor", str(port), str(WORKERS), str(answer), str(data)], port) as running:
        yield running


@contextmanager
def fhir(*args: str) -> Iterator[list[str]]:
    """Base URLs of loopback FHIR servers."""
    number = int(args[1]) if len(args) > 1 else 1
    command = [sys.executable, "-m", "bench.fhir", *args]
    # S603: the words of the command are this benchmark's own.
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the FHIR server has no pipes")
        try:
            yield [process.stdout.readline().strip() for _ in range(number)]
        finally:
            process.stdin.close()


def memory_mb(pid: int) -> list[dict[str, float]]:
    """Of each worker: resident, its fair share where pages are shared, and what is its own alone (Linux only)."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        return [_memory_of(child) for child in children]
    except OSError:
        return []


def cpu_ms(pid: int) -> float:
    """Processor time of all workers so far, which other work on the machine does not lengthen (Linux only, else 0)."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        tasks = [task for child in children for task in Path(f"/proc/{child}/task").iterdir()]
        return sum(int((task / "schedstat").read_text(encoding="ascii").split()[0]) for task in tasks) / 1e6
    except OSError:
        return 0.0


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def _memory_of(pid: str) -> dict[str, float]:
    kilobytes: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]:
        name, value, *_ = line.split()
        kilobytes[name] = int(value)
    own = kilobytes["Private_Clean:"] + kilobytes["Private_Dirty:"]
    figures = {"resident": kilobytes["Rss:"], "proportional": kilobytes["Pss:"], "own": own}
    return {name: round(value / 1024, 1) for name, value in figures.items()}


@contextmanager
def _server(args: list[str], port: int) -> Iterator[Running]:
    begun = perf_counter()
    # S603: the words of the command are this benchmark's own.
    with subprocess.Popen([sys.executable, *args], cwd=ROOT, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            while not _answers(port):
                if process.poll() is not None or perf_counter() > begun + _PATIENCE_S:
                    raise RuntimeError(f"{' '.join(args)} did not start")
                sleep(0.01)
            yield Running(port, process.pid, perf_counter() - begun)
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
