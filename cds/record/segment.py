"""One file of the journal: whole lines that are appended, read once in their order, and then gone.

A lock on the open file tells every other process that its owner lives. The system takes the lock back however the owner
ends, and a process id that is used again means nothing.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

# The number is that of the form of the lines: a release takes up only what it can read.
SUFFIX = ".v1.journal"
_READ_BYTES = 1 << 18


class Segment:
    """An open, locked file.

    Attributes:
        size: bytes that are whole lines, or, of a file that was found, all of it.
        offset: bytes whose entries are in the database; lines: how many entries are not, where that is known.
        found: another process left it; closed: nothing may be appended any more.
    """

    def __init__(self, path: Path, descriptor: int, size: int, *, found: bool) -> None:
        self.path = path
        self.size = size
        self.offset = 0
        self.lines = 0
        self.found = found
        self.closed = found
        self._descriptor = descriptor

    @property
    def is_gone(self) -> bool:
        """Whether somebody deleted the file, so that nothing in it outlives this process."""
        return os.fstat(self._descriptor).st_nlink == 0

    def append(self, lines: bytes, *, sync: bool) -> None:
        """Append lines: all of them, or none. With ``sync`` they are on disk afterwards, and what was before them too.

        Raises:
            OSError: when there is no room, or the disk does not take them. The file is closed to more then.
        """
        try:
            rest = memoryview(lines)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            if sync:
                os.fsync(self._descriptor)
        except OSError:
            self.closed = True
            with suppress(OSError):
                os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(lines)

    def read(self, end: int) -> Iterator[tuple[bytes, int, bool]]:
        """From the offset to the end: each line without its newline, where the next begins, and whether it is ended."""
        start, most = self.offset, _READ_BYTES
        while start < end:
            part = os.pread(self._descriptor, min(most, end - start), start)
            if not part:  # shorter than it was: nothing else is there to be read
                yield b"", end, False
                return
            *lines, rest = part.split(b"\n")
            for line in lines:
                start += len(line) + 1
                yield line, start, True
            if not lines and start + len(part) < end:
                most *= 2  # a line longer than what was read
            elif rest and start + len(rest) == end:
                yield rest, end, False
                return

    def clear(self) -> None:
        """Take out all lines, and go on with the same file."""
        os.ftruncate(self._descriptor, 0)
        self.size = self.offset = self.lines = 0

    def remove(self) -> None:
        """Delete the file."""
        with suppress(FileNotFoundError):
            self.path.unlink()
        self.release()

    def release(self) -> None:
        """Leave the file to whoever comes next."""
        os.close(self._descriptor)


def make_folder(folder: Path) -> None:
    """Make the folder of a journal, and the one around it, for their owner alone.

    Raises:
        OSError: when that cannot be done.
    """
    for each in (folder.parent, folder):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)


def make_segment(folder: Path, moment: str) -> Segment:
    """A new, empty file, which its owner alone may read; its name begins with a moment, by which files are sorted.

    Raises:
        OSError: when it cannot be made.
    """
    make_folder(folder)
    while True:
        path = folder / f"{moment.replace(':', '')}-{uuid4().hex}{SUFFIX}"
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            # Between the two steps another process may have taken the file for a left one, and deleted it.
            if _is_locked(descriptor):
                _sync_folder(folder)
                return Segment(path, descriptor, 0, found=False)
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)


def left_segments(folder: Path) -> list[Segment]:
    """The files of processes that ended before they could write them to the database, oldest first."""
    try:
        names = sorted(each.name for each in os.scandir(folder) if each.name.endswith(SUFFIX))
    except FileNotFoundError:
        return []
    return [segment for name in names if (segment := _left(folder / name)) is not None]


def _left(path: Path) -> Segment | None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if _is_locked(descriptor):
            return Segment(path, descriptor, os.fstat(descriptor).st_size, found=True)
    except OSError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _is_locked(descriptor: int) -> bool:
    """Lock an open file; False when another has it, or it was deleted in between."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return os.fstat(descriptor).st_nlink > 0


def _sync_folder(folder: Path) -> None:
    """Put the name of a new file on disk; a file without one is not found after a power failure."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
