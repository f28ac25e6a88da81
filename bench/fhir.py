"""A loopback FHIR server in a process of its own. Run as ``python -m bench.fhir DELAY_MS`` or ``... hang NUMBER``.

Prints one base URL a line (a hanging server several, since the service leaves one that hangs alone after three calls)
and serves until its standard input is closed.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack

from bench.bodies import request_and_chart
from cds.authoring.loopback import Faults, LoopbackFhir


def main(delay: str, number: str = "1") -> None:
    """Serve the labelled patient's chart."""
    _, chart = request_and_chart()
    faults = Faults(hang=True) if delay == "hang" else Faults(delay_s=int(delay) / 1000)
    with ExitStack() as running:
        for _ in range(int(number)):
            sys.stdout.write(running.enter_context(LoopbackFhir([chart], faults=faults)).base + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
