"""What became of one read or search, for whoever counts and times them: nothing of what was asked or answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

OK = "ok"
LEFT_ALONE = "left_alone"


@dataclass(frozen=True, slots=True)
class Fetched:
    """One read or search, with all of its pages.

    Attributes:
        type: the resource type that was asked for, which the content names.
        outcome: ``ok``, ``left_alone`` where the server rests after failures, else a `Reason`.
        pages: how many pages came.
        began, ended: on the reader's clock, in seconds.
    """

    type: str
    outcome: str
    pages: int
    began: float
    ended: float


OnFetched = Callable[[Fetched], None]
"""Is told of every read and search, in the thread of the call."""


def nobody(_: Fetched) -> None:
    """Nobody counts."""
