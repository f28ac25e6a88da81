"""A thread in each serving process that tells states which change between requests, such as what waits for the disk."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from cds.web.log import log_failure

EVERY_S = 1.0


class Pulse:
    """Calls a function every second, from the first beat in this process on.

    It may be made before a server forks: the thread begins with `start`, in the process that calls it.
    """

    def __init__(self, beat: Callable[[], None], every_s: float = EVERY_S) -> None:
        self._beat = beat
        self._every_s = every_s
        self._lock = threading.Lock()
        self._process = 0

    def start(self) -> None:
        """Begin, unless it has begun in this process."""
        if self._process == os.getpid():
            return
        with self._lock:
            if self._process != os.getpid():
                self._process = os.getpid()
                # A daemon: it has nothing to finish when the process ends.
                threading.Thread(target=self._run, name="pulse", daemon=True).start()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            try:
                self._beat()
            except Exception as error:  # noqa: BLE001 - one failure must not stop what is told later
                log_failure("states are not told", error)
            pause.wait(self._every_s)
