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

    @property
    def is_read(self) -> bool:
        """Whether the group is one instance read, not a search."""
        return not self.parameter

    @property
    def template(self) -> str:
        """The prefetch template (CDS Hooks 2.0, recommended subset of queries)."""
        return self.query("{{" + self.token + "}}")

    def query(self, value: str) -> str:
        """The relative FHIR query with a value (percent-encoded already, or a token) in place of the token."""
        if self.is_read:
            return f"{self.type}/{value}"
        parts = [f"{self.parameter}={value}"]
        if self.codes:
            parts.append("code=" + ",".join(f"{quote(c.system, safe=':/.')}|{quote(c.code)}" for c in self.codes))
        if self.sort:
            parts.append(f"_sort={self.sort}")
        return f"{self.type}?{'&'.join(parts)}"
