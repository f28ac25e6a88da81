"""Takes over changed content while the service runs: compiled apart, swapped whole, and refused when it is broken.

The main process looks and compiles. What it compiled reaches the serving processes by new ones that take their place,
one after the other; each of the old ones finishes its calls first. So a call sees one content, and none is dropped.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from flask import Flask

from cds.errors import ContentError, StartError
from cds.web.log import log, log_failure

LOOK_S = 1.0
SETTLE_S = 0.3
MOST_TOLD = 20

TAKEN, REFUSED, FAILED = "taken", "refused", "failed"


@dataclass(frozen=True)
class Reload:
    """How changed content is noticed and taken over.

    Attributes:
        fingerprint: what tells the state of all files that count; another one when any of them changed.
        make: reads and compiles everything anew.
        counted: is told how each attempt ended: ``taken``, ``refused`` for what is broken, ``failed`` by our fault.
    """

    fingerprint: Callable[[], Hashable]
    make: Callable[[], Flask]
    counted: Callable[[str], None] = lambda _: None


class Watch:
    """Looks every second whether content changed, in a thread of its own.

    Args:
        reload: what to look at and how to compile it.
        swap: puts a new application in the place of the old one.
    """

    def __init__(self, reload: Reload, swap: Callable[[Flask], None]) -> None:
        self._reload = reload
        self._swap = swap
        self._seen = reload.fingerprint()
        self._wake = threading.Event()

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._run, name="reload", daemon=True).start()

    def look_now(self) -> None:
        """Do not wait for the second to pass. May be called from a signal handler."""
        self._wake.set()

    def look(self) -> None:
        """Look once. Files that are still being written are waited for."""
        found = self._settled()
        if found == self._seen:
            return
        self._seen = found
        try:
            app = self._reload.make()
        except (ContentError, StartError) as error:
            log("changed content is refused; the old one stays", logging.ERROR, problems=_told(error))
            self._reload.counted(REFUSED)
        except Exception as error:  # noqa: BLE001 - the service goes on with what it has, whatever happens here
            log_failure("changed content could not be compiled; the old one stays", error)
            self._reload.counted(FAILED)
        else:
            self._swap(app)
            log("changed content is taken over", logging.WARNING)
            self._reload.counted(TAKEN)

    def _settled(self) -> Hashable:
        found = self._reload.fingerprint()
        while found != self._seen:
            threading.Event().wait(SETTLE_S)
            again = self._reload.fingerprint()
            if again == found:
                break
            found = again
        return found

    def _run(self) -> None:
        while True:
            self._wake.wait(LOOK_S)
            self._wake.clear()
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - a folder that is away for a moment must not end the looking
                log_failure("content could not be looked at", error)


def _told(error: ContentError | StartError) -> list[str]:
    if isinstance(error, StartError):
        return str(error).splitlines()[:MOST_TOLD]
    return [f"{each.at}: {each.id}: {each.what}" for each in error.diagnostics[:MOST_TOLD]]
