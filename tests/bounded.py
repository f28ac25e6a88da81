"""What takes far longer than anything takes on the slowest computer hangs, and is stopped."""

import signal
from contextlib import contextmanager


@contextmanager
def bounded(what, seconds):
    """Fail with a sentence when something takes so many seconds; in the main thread only."""

    def hangs(*_):
        raise AssertionError(f"{what} took over {seconds} seconds")

    before = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
