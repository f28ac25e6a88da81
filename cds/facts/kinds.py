"""The table of fact kinds: the whole vocabulary of ``facts:``."""

from __future__ import annotations

from cds.facts import (
    compare,
    context,
    cumulative_dose,
    current,
    days_since,
    distinct_days,
    either,
    exists,
    illegible,
    in_session,
    latest,
    logic,
    long_since,
    new_order,
    not_cancelled,
    offered,
    ordered,
    overlaps_new_order,
    person,
    phase,
    setting,
    times_limit,
    uninterpretable,
    upcoming,
)
from cds.language.fact import Kind, KindTable

_ALL: tuple[Kind, ...] = (
    exists.KIND,
    latest.LATEST,
    latest.HIGHEST,
    *compare.KINDS,
    *logic.KINDS,
    either.KIND,
    *person.KINDS,
    context.KIND,
    setting.KIND,
    *phase.KINDS,
    days_since.KIND,
    *new_order.KINDS,
    *cumulative_dose.KINDS,
    *times_limit.KINDS,
    distinct_days.KIND,
    not_cancelled.KIND,
    current.KIND,
    illegible.KIND,
    in_session.KIND,
    long_since.KIND,
    offered.KIND,
    ordered.KIND,
    overlaps_new_order.KIND,
    uninterpretable.KIND,
    upcoming.KIND,
)

KINDS: KindTable = {kind.name: kind for kind in _ALL}
