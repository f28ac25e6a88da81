"""A fact as it is written, with the phrases that the sentences of several kinds share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cds.authoring.book_names import Names
from cds.language.fact import Fact

Body = Mapping[str, Any]
NEVER = "Never unknown."


@dataclass(frozen=True)
class FactWords:
    """How a fact is found.

    Attributes:
        found: what is looked at, within which time, and what each answer means.
        unknown: when it is unknown, or that it never is.
    """

    found: str
    unknown: str

    @property
    def ever_unknown(self) -> bool:
        """Whether there is any way in which it can be unknown."""
        return not self.unknown.startswith(NEVER.rstrip("."))


@dataclass(frozen=True)
class WrittenFact:
    """A fact: compiled, as plain data, and with words for the names in it."""

    fact: Fact
    body: Body
    names: Names

    @property
    def said(self) -> Any:
        """What stands beside the keyword of the kind."""
        return self.body[self.fact.kind]

    @property
    def quoted(self) -> str:
        """The fact that stands beside the keyword."""
        return f"“{self.names.fact(self.said)}”"

    @property
    def record(self) -> str:
        return self.names.record(self.said)

    def value(self, key: str) -> str:
        return self.names.value(self.body[key])

    def fact_at(self, key: str) -> str:
        return f"“{self.names.fact(self.body[key])}”"

    def switched(self, key: str) -> bool:
        return self.names.is_yes(self.body.get(key, "no"))

    def window(self) -> str:
        """Within which time: from a day that another fact tells, in the last days, or ever."""
        if "since" in self.body:
            ways = (("plus", "after"), ("minus", "before"))
            shift = [f"{self.value(key)} {way}" for key, way in ways if key in self.body]
            return f"dated on or after the day {' and '.join(shift) or 'of'} {self.fact_at('since')}"
        if "dated_within" not in self.body:
            return "of any date"
        days = self.value("dated_within")
        if self.switched("first_day_counts"):
            decided = self.names.decided(self.body["first_day_counts"])
            return f"of the last {days}, its own day counted as the first{decided}"
        return f"of today or the last {days}"

    def undated(self) -> str:
        if not self.switched("undated_counts"):
            return ""
        return f" One without a date counts as well{self.names.decided(self.body['undated_counts'])}."

    def not_had(self, also: str = "") -> str:
        """When data are missing; with entries that cannot be judged, where the retrieve does not pass them over."""
        parts = ["Unknown when the data did not arrive, or pages of them that were not read may hold one"]
        if any(each.doubtful == "unknown" for each in self.fact.built.retrieves):
            parts.append("when an entry that may count cannot be read or has no exact date")
        if also:
            parts.append(f"when {also}")
        passed = any(each.doubtful != "unknown" for each in self.fact.built.retrieves)
        left_out = " An entry that cannot be read is left out, and named." if passed else ""
        return f"{'; or '.join(parts)}.{left_out}"


Frame = Callable[[WrittenFact], FactWords]
"""Makes the words of a kind."""
