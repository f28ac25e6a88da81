"""What a retrieve finds: the resources that fit, those that cannot be judged, and what may be missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from cds.chart.chart import Entry
from cds.language.retrieve import Retrieve
from cds.values.dates import Coarse, Day, When
from cds.values.known import Evidence, Reason, Unknown
from cds.values.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Item:
    """A resource that fits: when, what it is called, and its value where the retrieve reads one."""

    entry: Entry = field(repr=False)
    when: When
    label: str
    value: Quantity | None = None
    strength: str = ""

    @property
    def day(self) -> date | None:
        """Its calendar day, or None when the date is missing or too coarse."""
        return self.when.day if isinstance(self.when, Day) else None

    @property
    def evidence(self) -> Evidence:
        """The item as evidence."""
        shown = f"{self.label} {self.value}" if self.value is not None else self.label
        return Evidence(self.entry.where, self.day, shown)


@dataclass(frozen=True, slots=True)
class Flawed:
    """A resource of the right kind whose value, meaning or drug cannot be told."""

    entry: Entry = field(repr=False)
    when: When
    why: Unknown
    label: str = ""


@dataclass(frozen=True)
class Retrieved:
    """What a retrieve found in one chart.

    Attributes:
        items: resources that fit, in the order in which they came.
        flawed: resources that may fit and cannot be judged.
        why: reasons for which a group could not be had at all.
        truncated: groups with unread pages, and the day from which on each is complete (None: nowhere).
        broken: resources of the groups that could not be read at all.
    """

    retrieve: Retrieve
    items: tuple[Item, ...] = ()
    flawed: tuple[Flawed, ...] = ()
    why: tuple[Unknown, ...] = ()
    truncated: tuple[tuple[str, date | None], ...] = ()
    broken: tuple[Unknown, ...] = ()

    @property
    def is_bare(self) -> bool:
        """Whether there is nothing to be seen and nothing that may hide: the usual case, and quick to tell."""
        return not (self.items or self.flawed or self.why or self.truncated or self.broken)

    def may_hide(self, since: date | None) -> tuple[Unknown, ...]:
        """Reasons for which something that fits may exist, on or after a day (None: ever), and not be seen.

        Single resources that cannot be judged count only where the retrieve says ``doubtful: unknown``.
        """
        hidden = list(self.why)
        for group, complete in self.truncated:
            if since is None or complete is None or complete > since:
                hidden.append(Unknown(Reason.TRUNCATED, group))
        if self.retrieve.doubtful == "unknown":
            hidden.extend(self.broken)
            hidden.extend(each.why for each in self.flawed if _may_be_since(each.when, since))
        return tuple(hidden)


def _may_be_since(when: When, since: date | None) -> bool:
    if since is None:
        return True
    match when:
        case Day(day):
            return day >= since
        case Coarse(latest=latest):
            return latest >= since
        case _:
            return True


@lru_cache(maxsize=4096)
def nothing(retrieve: Retrieve) -> Retrieved:
    """That a retrieve found nothing, and nothing is hidden from it."""
    return Retrieved(retrieve)
