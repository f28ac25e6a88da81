"""Whether a token was used before: in this process, and in any other (S-17)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum, auto
from hashlib import sha256
from typing import Protocol

from cds.clock import UnixNow, unix_now

MOST_REMEMBERED = 100_000
"""Uses that a process remembers; about 15 MB. The oldest goes first."""


class Seen(Enum):
    """What is known of a use."""

    NEVER = auto()
    BEFORE = auto()
    UNKNOWN = auto()


class Shared(Protocol):
    """A memory that all processes share and that outlives them."""

    def first(self, use: bytes, until: float) -> bool | None:
        """Remember a use; whether it is the first. None when that cannot be told in time.

        Args:
            use: 32 bytes that stand for the use.
            until: when it may be forgotten, in seconds since 1970.
        """
        ...


class Memory:
    """The uses that one process has seen. Safe to share by threads."""

    def __init__(self, now: UnixNow = unix_now, most: int = MOST_REMEMBERED) -> None:
        self._now = now
        self._most = most
        self._lock = threading.Lock()
        self._until: dict[bytes, float] = {}

    def first(self, use: bytes, until: float) -> bool:
        """Remember a use; whether it is the first."""
        now = self._now()
        with self._lock:
            if self._until.get(use, 0.0) > now:
                return False
            self._until.pop(use, None)
            self._until[use] = until
            self._forget(now)
            return True

    def _forget(self, now: float) -> None:
        """Forget the oldest while it is over, or while there are too many."""
        while self._until:
            oldest = next(iter(self._until))
            if self._until[oldest] > now and len(self._until) <= self._most:
                return
            del self._until[oldest]


class Replays:
    """Tells whether a token was used before. Each process has its own; made before a fork, it is empty in each.

    Args:
        shared: what all processes share; None leaves it to each process.
        unshared: is told each time that the shared memory gave no answer, and the process's own decided.
        memory: what this process remembers.
    """

    def __init__(self, shared: Shared | None, unshared: Callable[[], None], memory: Memory | None = None) -> None:
        self._shared = shared
        self._unshared = unshared
        self._memory = memory if memory is not None else Memory()

    def look(self, issuer: str, use: str, until: float) -> Seen:
        """Remember a use, and tell what was known of it.

        Args:
            issuer: of the token: each has its own ids.
            use: its ``jti``.
            until: when the token can no longer be used, in seconds since 1970.
        """
        key = sha256(f"{issuer}\0{use}".encode()).digest()
        if not self._memory.first(key, until):
            return Seen.BEFORE
        if self._shared is None:
            return Seen.NEVER
        first = self._shared.first(key, until)
        if first is None:
            self._unshared()
            return Seen.UNKNOWN
        return Seen.NEVER if first else Seen.BEFORE
