"""The time between being told to stop and stopping: calls are answered, and ``/readyz`` sends new ones elsewhere."""

from __future__ import annotations

import signal
import threading
from mmap import mmap

# One byte that the main process shares with the processes that it forks. Those that are not forked never see it.
_STATE = mmap(-1, 1)


def is_draining() -> bool:
    """Whether the service was told to stop."""
    return _STATE[0] == 1


def drain_on_terminate(seconds: float) -> None:
    """On SIGTERM, say so first, and stop after some seconds; a second SIGTERM stops at once.

    To be called in the main process, after the server has set its own handler. Ctrl-C stops at once in any case.
    """
    stop = signal.getsignal(signal.SIGTERM)
    if not callable(stop):
        return
    _STATE[0] = 0

    def drain(number: int, _: object) -> None:
        if is_draining() or not seconds:
            _STATE[0] = 1
            stop(number, None)
            return
        _STATE[0] = 1
        timer = threading.Timer(seconds, stop, (number, None))
        timer.daemon = True
        timer.start()

    signal.signal(signal.SIGTERM, drain)
