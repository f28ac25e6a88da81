"""What is not in the database yet, on a local disk: one journal for each process, and those that dead ones left.

Every entry is appended here first. Feedback is synchronized to the disk before it is acknowledged; decisions, which
nobody waits for, are handed to the system, which keeps them when the process is killed, but not in a power failure.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cds.record.entry import Entry, UnreadableError, as_line, is_whole, read_line
from cds.record.moments import UtcNow
from cds.record.segment import Segment, left_segments, make_segment

MOST_BYTES = 256_000_000
"""Of the journal of one process. Decisions stop at three quarters of it; the rest is for feedback."""
SEGMENT_BYTES = 4_000_000
ENOUGH_ROWS = 100
LEFT_OUT = "left-out.jsonl"


@dataclass(frozen=True)
class Portion:
    """The oldest entries that are not in the database, as many as one transaction takes.

    Attributes:
        end: where the next portion begins in its file.
        torn: lines that are not as they were written. Nobody was told that they are kept.
        unreadable: whole lines that are no entries.
    """

    segment: Segment
    end: int
    entries: tuple[Entry, ...]
    torn: int
    unreadable: tuple[bytes, ...]


class Journal:
    """The journal of one process. One thread appends and another reads.

    Args:
        folder: where the files are; made when first needed.
        now: for the names of files.
        most_bytes: how much disk it may take.
        segment_bytes: length from which a file is not appended to any more.
    """

    def __init__(
        self, folder: Path, now: UtcNow, most_bytes: int = MOST_BYTES, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        self.folder = folder
        self.spilled = 0
        self.adopted = 0
        self.torn = 0
        self._now = now
        self._most_bytes = most_bytes
        self._segment_bytes = segment_bytes
        self._lock = threading.Lock()
        self._more = threading.Event()
        self._segments: list[Segment] = []
        self._own: Segment | None = None

    @property
    def size(self) -> int:
        """Bytes that its files take now."""
        return sum(each.size for each in tuple(self._segments))

    @property
    def waiting(self) -> int:
        """Entries of this process that are not in the database yet."""
        return sum(each.lines for each in tuple(self._segments))

    def append(self, entries: Sequence[Entry], *, sync: bool) -> None:
        """Append entries: all or none. With ``sync`` they are on disk afterwards, with what is before them in the file.

        Raises:
            OSError: when the disk is full or fails, or the journal is as long as it may be.
        """
        lines = b"".join(as_line(each) for each in entries)
        most = self._most_bytes if sync else self._most_bytes * 3 // 4
        with self._lock:
            if self.size + len(lines) > most:
                raise OSError(errno.EDQUOT, f"the journal has {most} bytes, which is the most it may have")
            segment = self._open_segment()
            segment.append(lines, sync=sync)
            segment.lines += len(entries)
            self.spilled += len(entries)
        self._more.set()

    def adopt(self) -> None:
        """Take over what dead processes left. What living ones have is locked by them."""
        left = left_segments(self.folder)
        with self._lock:
            self._segments[:0] = left
            for each in left:
                if each.size == 0:
                    self._finish(each)

    def next_portion(self) -> Portion | None:
        """The oldest entries that are not in the database; None when all are. The same ones until `done`."""
        self._more.clear()
        with self._lock:
            segment = next((each for each in self._segments if each.offset < each.size), None)
            if segment is None:
                return None
            size = segment.size
        return _portion(segment, size)

    def done(self, portion: Portion) -> None:
        """Note that a portion is in the database: it is never read again, and the room is free."""
        if portion.unreadable:
            self._leave_out(portion.unreadable)
        segment = portion.segment
        with self._lock:
            segment.offset = portion.end
            self.torn += portion.torn
            if segment.found:
                self.adopted += len(portion.entries)
            if segment.offset == segment.size:
                self._finish(segment)
            elif not segment.found:
                segment.lines -= len(portion.entries) + len(portion.unreadable)

    def leave_out(self, entry: Entry) -> None:
        """Put an entry that the database will never take into a file of its own, for a person to look at.

        Raises:
            OSError: when that cannot be written.
        """
        self._leave_out([as_line(entry).rstrip(b"\n")])

    def wait(self, seconds: float) -> None:
        """Wait until there is more, or the time is over."""
        self._more.wait(seconds)

    def close(self) -> None:
        """Leave what is not in the database to the next process, and no empty files."""
        with self._lock:
            for each in tuple(self._segments):
                if each.offset == each.size:
                    each.remove()
                else:
                    each.release()
            self._segments.clear()
            self._own = None

    def abandon(self) -> None:
        """In a process that was forked: let go of the files, which stay locked by the process that they belong to."""
        for each in self._segments:
            each.release()

    def _open_segment(self) -> Segment:
        own = self._own
        if own is None or own.closed or own.size >= self._segment_bytes or own.is_gone:
            if own is not None:
                own.closed = True
                if own.offset == own.size:
                    self._finish(own)
            self._own = own = make_segment(self.folder, self._now())
            self._segments.append(own)
        return own

    def _finish(self, segment: Segment) -> None:
        """Make room: all of a file is in the database."""
        if segment is self._own and not segment.closed:
            segment.clear()
        else:
            self._segments.remove(segment)
            segment.remove()
            if segment is self._own:
                self._own = None

    def _leave_out(self, lines: Iterable[bytes]) -> None:
        descriptor = os.open(self.folder / LEFT_OUT, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            content = b"".join(line + b"\n" for line in lines)
            start = os.fstat(descriptor).st_size
            if os.write(descriptor, content) < len(content):
                with suppress(OSError):
                    os.ftruncate(descriptor, start)
                raise OSError(errno.ENOSPC, f"{LEFT_OUT} cannot be written")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _portion(segment: Segment, size: int) -> Portion:
    entries: list[Entry] = []
    unreadable: list[bytes] = []
    torn, rows, end = 0, 0, segment.offset
    for line, after, ended in segment.read(size):
        end = after
        if not (ended and is_whole(line)):
            torn += 1
            continue
        try:
            entry = read_line(line)
        except UnreadableError:
            unreadable.append(line)
            continue
        entries.append(entry)
        rows += entry.rows
        if rows >= ENOUGH_ROWS:
            break
    return Portion(segment, end, tuple(entries), torn, tuple(unreadable))
