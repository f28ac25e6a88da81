"""Fills templates from facts; whatever comes out of a chart is escaped on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from cds.cards.markdown import escape, plain
from cds.facts.case import Case
from cds.language.group import DataGroup
from cds.language.template import Slot, Template
from cds.values.known import ABSENT, UNKNOWN, Outcome, Unknown


class Writer:
    """Writes the texts of one answer.

    Args:
        patient: the case whose facts fill the slots.
        words: sentences of the content, by name.
        groups: data groups, for the words in which they are called.
    """

    def __init__(self, patient: Case, words: Mapping[str, str], groups: Mapping[str, DataGroup]) -> None:
        self.patient = patient
        self.words = words
        self.groups = groups

    def markdown(self, template: Template) -> str:
        """A template as Markdown."""
        return self._write(template, escape)

    def line(self, template: Template) -> str:
        """A template as plain text on one line, as a summary needs it."""
        return plain(self._write(template, plain))

    def reasons(self, why: Iterable[Unknown]) -> str:
        """Reasons in words: "the laboratory results did not arrive"."""
        said = dict.fromkeys(self.reason(each) for each in why)
        return "; ".join(said) if said else self.words["reason_unstated"]

    def reason(self, why: Unknown) -> str:
        """One reason in words, with the name of the data group that it concerns."""
        group = self.groups.get(why.group)
        title = group.title if group is not None else self.words["group_unnamed"]
        return self.words[f"reason_{why.reason}"].replace("{group}", title)

    def _write(self, template: Template, safe: Callable[[str], str]) -> str:
        return "".join([part if isinstance(part, str) else self._slot(part, safe) for part in template.parts])

    def _slot(self, slot: Slot, safe: Callable[[str], str]) -> str:
        outcome = self.patient.outcome(slot.fact)
        shown = self._shown(outcome, slot)
        if shown:
            return safe(shown)
        return slot.fallback if slot.fallback is not None else self.words["nothing_to_show"]

    def _shown(self, outcome: Outcome, slot: Slot) -> str:
        if slot.filter == "why":
            return self.reasons(outcome.why or outcome.notes) if (outcome.why or outcome.notes) else ""
        if slot.filter == "evidence" or (not slot.fact.carries_value and not slot.filter):
            return self._evidence(outcome)
        if outcome.state in (ABSENT, UNKNOWN):
            return ""
        if slot.filter == "date":
            day = outcome.on or (outcome.evidence[0].on if outcome.evidence else None)
            return day.isoformat() if day is not None else ""
        if outcome.value is None:
            return ""
        value = str(outcome.value)
        with_day = slot.filter != "value" and outcome.on is not None and outcome.value != outcome.on
        return f"{value} ({outcome.on})" if with_day else value

    @staticmethod
    def _evidence(outcome: Outcome) -> str:
        pieces = [f"{each.says} ({each.on})" if each.on is not None else each.says for each in outcome.evidence]
        return "; ".join(dict.fromkeys(pieces))
