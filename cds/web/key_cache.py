"""The keys of one client, as a process knows them: fetched by one thread at a time, kept, renewed (S-13)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from cds.clock import Monotonic, monotonic
from cds.web.denial import DeniedError, Why
from cds.web.key_fetch import FETCH_S, Fetched, FetchError
from cds.web.key_set import Key, KeySet, KeySetError, read_key_set
from cds.web.rate import Bucket

BETWEEN_FETCHES_S = 30.0
FETCHES_AT_ONCE = 3
"""Fetches that may follow each other at once, after a while without any; beyond them there is one in 30 seconds."""
STALE_S = 12 * 3600.0
"""How long keys are used beyond their time while their server cannot be reached: else no alert would be shown."""
MOST_WAITING = 8
"""Calls of one client that wait for a fetch at once: an unknown key must not occupy every thread."""
PATIENCE_S = FETCH_S + 0.5

Report = Callable[[str], None]
"""Takes a sentence for the log about a key set."""


class Keys(Protocol):
    """Where the keys of a client come from."""

    def find(self, key_id: str, algorithm: str) -> Key:
        """The key of a token.

        Raises:
            DeniedError: when there is none.
        """
        ...

    def warm(self) -> None:
        """Begin to fetch, so that the first call need not wait."""
        ...


class KeysOfFile:
    """Keys that were handed over in a file."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys

    def find(self, key_id: str, algorithm: str) -> Key:
        """The key of a token."""
        found = self._keys.find(key_id, algorithm)
        if found is None:
            raise DeniedError(Why.UNKNOWN_KEY)
        return found

    def warm(self) -> None:
        """Nothing is fetched."""


class KeyCache:
    """Keys that are fetched. Safe to share by threads; it has none until it is first used, so it may be forked before.

    Args:
        fetch: fetches the key set.
        report: is told of trouble.
        clock: a clock that only goes forward, in seconds.
    """

    def __init__(self, fetch: Callable[[], Fetched], report: Report, clock: Monotonic = monotonic) -> None:
        self._fetch = fetch
        self._report = report
        self._clock = clock
        self._bucket = Bucket(1 / BETWEEN_FETCHES_S, FETCHES_AT_ONCE, clock)
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)
        self._lock = threading.Lock()
        self._under_way: threading.Event | None = None
        self._keys: KeySet | None = None
        self._fresh_until = 0.0

    def find(self, key_id: str, algorithm: str) -> Key:
        """The key of a token. For one that is not known, the set is fetched again if that is not too often."""
        waited = self._renew()
        keys = self._usable()
        found = keys.find(key_id, algorithm) if keys is not None else None
        if found is None and not waited and self._wait(self._begin()):
            keys = self._usable()
            found = keys.find(key_id, algorithm) if keys is not None else None
        if found is None:
            raise DeniedError(Why.UNKNOWN_KEY if keys is not None else Why.NO_KEYS)
        return found

    def warm(self) -> None:
        """Begin to fetch; the calls renew what they need."""
        self._begin()

    def _renew(self) -> bool:
        """Fetch what is not fresh; true when that was waited for, because there is nothing else to use."""
        if self._clock() < self._fresh_until:
            return False
        nothing = self._usable() is None
        under_way = self._begin()
        return nothing and self._wait(under_way)

    def _usable(self) -> KeySet | None:
        with self._lock:
            return self._keys if self._clock() < self._fresh_until + STALE_S else None

    def _begin(self) -> threading.Event | None:
        """The fetch that is under way, perhaps a new one; None when it is too early for another."""
        with self._lock:
            if self._under_way is not None:
                return self._under_way
            if not self._bucket.take():
                return None
            done = self._under_way = threading.Event()
        threading.Thread(target=self._run, args=(done,), name="key-set", daemon=True).start()
        return done

    def _wait(self, done: threading.Event | None) -> bool:
        if done is None or not self._waiting.acquire(blocking=False):
            return False
        try:
            return done.wait(PATIENCE_S)
        finally:
            self._waiting.release()

    def _run(self, done: threading.Event) -> None:
        try:
            fetched = self._fetch()
            keys = read_key_set(fetched.content)
            with self._lock:
                before, self._keys = self._keys, keys
                self._fresh_until = self._clock() + fetched.life_s
            if before is None or before.dropped != keys.dropped:
                for each in keys.dropped:
                    self._report(each)
        except (FetchError, KeySetError) as error:
            self._report(str(error))
        finally:
            with self._lock:
                self._under_way = None
            done.set()
