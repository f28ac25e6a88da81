"""What a prefetch member means (CDS Hooks checklist, P-20 to P-29).

Keys that no group declares are ignored by never being asked for (P-27).
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import orjson

from cds.chart.arrive import arrive, missing
from cds.chart.chart import Arrival, Source
from cds.chart.page import EMPTY, read_page
from cds.language.group import DataGroup
from cds.values.known import Reason


def read_prefetch(group: DataGroup, raw: bytes | None, patient_id: str, zone: ZoneInfo) -> Arrival:
    """Read the prefetch member of one group.

    Args:
        group: the definition, whose name is the prefetch key.
        raw: the member's JSON; None when the key is absent.
        patient_id: whose resources count.
        zone: the site's time zone.
    """
    if raw is None:
        return missing(group, Reason.NOT_SUPPLIED)
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return missing(group, Reason.UNUSABLE_VALUE)
    page = EMPTY if body is None else read_page(body)
    if isinstance(page, Reason):
        return missing(group, page)
    return arrive(group, [page], patient_id, zone, Source.PREFETCH)
