"""What came of one call, which is kept whole or not at all; and the same as one line of the journal."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import msgspec

from cds.cards.repeats import Memo
from cds.record.feedback import FeedbackItem
from cds.record.shown import ShadowFinding, ShownCard

_ENCODER = msgspec.json.Encoder()
_CHECK = 9  # eight hexadecimal digits and a space


@dataclass(frozen=True, slots=True)
class Entry:
    """Cards and shadow findings of one answer with what is to be remembered of it, or the items of one feedback call.

    Every part of it has a key of its own, so an entry may be written twice and is there once.

    Attributes:
        received_at: when the items came, or when the memos were made.
    """

    cards: tuple[ShownCard, ...] = ()
    shadow: tuple[ShadowFinding, ...] = ()
    items: tuple[FeedbackItem, ...] = ()
    received_at: str = ""
    memos: tuple[Memo, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows it takes, about."""
        return sum(card.rows for card in self.cards) + len(self.shadow) + len(self.items) + len(self.memos)


_DECODER = msgspec.json.Decoder(Entry)


class UnreadableError(ValueError):
    """A line that is whole and is no entry: one of another release."""


def as_line(entry: Entry) -> bytes:
    """An entry as a line, with a checksum in front by which a torn line is known."""
    content = _ENCODER.encode(entry)
    return b"%08x %b\n" % (zlib.crc32(content), content)


def is_whole(line: bytes) -> bool:
    """Whether a line, without its newline, is as it was written."""
    return line[:_CHECK] == b"%08x " % zlib.crc32(line[_CHECK:])


def read_line(line: bytes) -> Entry:
    """The entry of a whole line.

    Raises:
        UnreadableError: when it is none.
    """
    try:
        return _DECODER.decode(line[_CHECK:])
    except msgspec.MsgspecError as error:
        raise UnreadableError(type(error).__name__) from error
