"""Counts answers: cards by topic and indicator, rules by case, and what could not be checked, without any patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cds.answer import Answer
from cds.findings.decide import Decision, Verdict
from cds.language.plan import SEVERITIES

CaseKey = tuple[str, int, str, str]
"""Rule, number of the case (0 for none), how it ends, what became of it."""


@dataclass
class Tally:
    """What came of many requests.

    Attributes:
        files: how many there were.
        answered: how many got an answer after an evaluation.
        without_order: how many ended at once, since no order is for a drug of this service.
        refused: file → why it was not answered.
        cards: topic and indicator → how many.
        cases: rule and case → how many.
        reasons: rule and reason → how many, of what could not be checked.
        each: what each file got, in order.
    """

    files: int = 0
    answered: int = 0
    without_order: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    cards: Counter[tuple[str, str]] = field(default_factory=Counter)
    cases: Counter[CaseKey] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    each: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, file: str, why: str) -> None:
        """Count a file that was not answered."""
        self.files += 1
        self.refused[file] = why

    def add(self, file: str, found: Answer) -> None:
        """Count an answer."""
        self.files += 1
        cards = [(_topic(card.source.topic), card.indicator) for card in found.cards]
        self.cards.update(cards)
        decided = found.decisions.all if found.decisions is not None else ()
        if found.decisions is None:
            self.without_order += 1
        else:
            self.answered += 1
        for each in decided:
            self.cases[_key(each)] += 1
            if each.verdict is Verdict.NOT_CHECKED:
                self.reasons.update((each.rule.name, _reason(why.reason, why.group)) for why in each.why)
        self.each.append(
            {
                "file": file,
                "cards": [{"topic": topic, "indicator": indicator} for topic, indicator in cards],
                "findings": _findings(decided),
                "notChecked": [each.rule.name for each in decided if each.verdict is Verdict.NOT_CHECKED],
            }
        )


def as_json(tally: Tally, *, each: bool) -> dict[str, Any]:
    """The counts, ready for JSON; with ``each``, what every file got as well."""
    by_verdict = _by_verdict(tally)
    said: dict[str, Any] = {
        "files": tally.files,
        "answered": tally.answered,
        "withoutOrder": tally.without_order,
        "refused": [{"file": file, "why": why} for file, why in tally.refused.items()],
        "cards": [
            {"topic": topic, "indicator": indicator, "count": count}
            for (topic, indicator), count in sorted(tally.cards.items(), key=lambda row: _card_order(row[0]))
        ],
        "findings": by_verdict.get(Verdict.SHOWN, []),
        "silences": by_verdict.get(Verdict.SILENT, []),
        "notChecked": [
            {**row, "reasons": _reasons(tally, row["rule"])} for row in by_verdict.get(Verdict.NOT_CHECKED, [])
        ],
        "notShown": [
            {**row, "because": str(verdict)}
            for verdict in Verdict
            if verdict not in (Verdict.SHOWN, Verdict.SILENT, Verdict.NOT_CHECKED)
            for row in by_verdict.get(verdict, ())
        ],
    }
    if each:
        said["each"] = tally.each
    return said


def as_text(said: Mapping[str, Any]) -> str:
    """The counts as plain text."""
    lines = [
        f"{said['files']} files: {said['answered']} answered, {said['withoutOrder']} without an order to look at, "
        f"{len(said['refused'])} refused"
    ]
    lines += _table("Cards", ((each["count"], f"{each['topic']}  {each['indicator']}") for each in said["cards"]))
    lines += _table("Findings", ((each["count"], _case(each)) for each in said["findings"]))
    lines += _table("Not checked", ((each["count"], f"{_case(each)}{_why(each)}") for each in said["notChecked"]))
    lines += _table("Silences", ((each["count"], _case(each)) for each in said["silences"]))
    lines += _table("Not shown", ((each["count"], f"{_case(each)}  {each['because']}") for each in said["notShown"]))
    if said["refused"]:
        lines += ["", "Refused", *(f"  {each['file']}: {each['why']}" for each in said["refused"])]
    for each in said.get("each", ()):
        cards = ", ".join(f"{card['topic']} {card['indicator']}" for card in each["cards"]) or "no card"
        findings = ", ".join(f"{one['finding']} {one['indicator']}" for one in each["findings"])
        lines += ["", f"{each['file']}: {cards}", *([f"  {findings}"] if findings else [])]
        if each["notChecked"]:
            lines.append(f"  not checked: {', '.join(each['notChecked'])}")
    return "\n".join(lines) + "\n"


def _table(title: str, rows: Iterable[tuple[int, str]]) -> list[str]:
    shown = [f"  {count:>6}  {words}" for count, words in rows]
    return ["", title, *shown] if shown else []


def _case(row: Mapping[str, Any]) -> str:
    case = f", case {row['case']}" if row["case"] else ""
    return f"{row['rule']}{case}" + (f": {row['ends']}" if row["ends"] else "")


def _why(row: Mapping[str, Any]) -> str:
    return f" ({', '.join(f'{reason} {count}' for reason, count in row['reasons'].items())})"


def _by_verdict(tally: Tally) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for (rule, case, ends, verdict), count in sorted(tally.cases.items()):
        found.setdefault(verdict, []).append({"rule": rule, "case": case, "ends": ends, "count": count})
    return found


def _reasons(tally: Tally, rule: str) -> dict[str, int]:
    return {reason: count for (name, reason), count in sorted(tally.reasons.items()) if name == rule}


def _key(decision: Decision) -> CaseKey:
    case = decision.case
    if case is None:
        return decision.rule.name, 0, "", str(decision.verdict)
    ends = case.silent or case.not_checked
    if case.finding is not None:
        ends = f"{case.finding.id} {case.finding.indicator}"
    return decision.rule.name, case.number, ends, str(decision.verdict)


def _findings(decided: Iterable[Decision]) -> list[dict[str, Any]]:
    return [
        {
            "rule": each.rule.name,
            "case": each.case.number,
            "finding": each.case.finding.id,
            "indicator": each.case.finding.indicator,
        }
        for each in decided
        if each.verdict is Verdict.SHOWN and each.case is not None and each.case.finding is not None
    ]


def _topic(topic: Any) -> str:
    return str(topic.code) if topic is not None else ""


def _reason(reason: str, group: str) -> str:
    """A reason with its data group; the resource concerned is the patient's, and is left out."""
    return f"{reason} {group}".strip()


def _card_order(key: tuple[str, str]) -> tuple[int, str]:
    topic, indicator = key
    return SEVERITIES.index(indicator), topic
