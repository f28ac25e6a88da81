"""What the site wants remembered, joined to where it is kept."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from cds.answer import Answer
from cds.cards.repeats import Memory
from cds.settings import Settings
from cds.web.trace import tell

if TYPE_CHECKING:
    # SQLAlchemy takes 0.3 s to import, which `evaluate` and `explain` need not wait for.
    from cds.record.recorder import Recorder


def tell_withheld(_: str, __: bytes, ___: bytes, result: Answer) -> None:
    """Name in the call's log line the findings that were not shown again."""
    decided = result.decisions.all if result.decisions is not None else ()
    withheld = [each.finding.id for each in decided if each.remembered and each.finding is not None]
    if withheld:
        tell(withheld=withheld)


def memory_of(settings: Settings, recorder: Recorder | None) -> Memory | None:
    """The memory of a process; None where its site wants nothing remembered, or nothing is on record.

    Raises:
        ValueError: when the site's secret was not read, which is our fault: keys without it could be found by trial.
    """
    site = settings.site
    if site is None or site.memory is None or recorder is None:
        return None
    if not site.memory.secret:
        raise ValueError("the secret of memory: was not read")
    return Memory(site.name, site.memory, recorder.recall, lambda: datetime.fromisoformat(recorder.now()))
