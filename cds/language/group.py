"""A data group: one FHIR read or search, the unit of prefetch, of failure and of fallback."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from cds.values.codes import Code


@dataclass(frozen=True, slots=True)
class DataGroup:
    """One group of ``data.yaml``.

    Attributes:
        name: the prefetch key.
        title: what it is, in words for a card: "laboratory results".
        type: FHIR resource type.
        parameter: search parameter that takes the token; empty for a read by id.
        token: the prefetch token without braces: ``context.patientId``, ``userPractitionerRoleId``, ...
        codes: codes to filter by; empty for no filter.
        sort: ``_sort`` value, newest first, such as ``-date``; empty for none.
        optional: off until the client offers it; while off it makes nothing unknown.
        alternative_to: another group that answers the same question; only when both are missing is it unknown.
        since_days: the template asks for the last so many days only, by a relative date; None for no date.
    """

    name: str
    title: str
    type: str
    parameter: str
    token: str
    codes: tuple[Code, ...] = field(default=(), repr=False)
    sort: str = ""
    optional: bool = False
    alternative_to: str = ""
    since_days: int | None = None

    @property
    def is_read(self) -> bool:
        """Whether the group is one instance read, not a search."""
        return not self.parameter

    @property
    def template(self) -> str:
        """The prefetch template (CDS Hooks 2.0, recommended subset of queries; a relative date is of 3.0)."""
        since = f"ge{{{{today() - {self.since_days} days}}}}" if self.since_days is not None else ""
        return self.query("{{" + self.token + "}}", since)

    def query(self, value: str, since: str = "") -> str:
        """The relative FHIR query.

        Args:
            value: what stands in place of the token, percent-encoded already.
            since: the least date, with its prefix; empty for any date.
        """
        if self.is_read:
            return f"{self.type}/{value}"
        parts = [f"{self.parameter}={value}"]
        if self.codes:
            parts.append("code=" + ",".join(f"{quote(c.system, safe=':/.')}|{quote(c.code)}" for c in self.codes))
        if since:
            parts.append(f"{self.sort.lstrip('-')}={since}")
        if self.sort:
            parts.append(f"_sort={self.sort}")
        return f"{self.type}?{'&'.join(parts)}"
