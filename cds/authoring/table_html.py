"""A decision table as one HTML file: to be read offline, printed, and signed by those who review it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cds.authoring.book_environment import pages, style
from cds.authoring.book_names import spaced, states
from cds.authoring.table_rows import DecisionTable, Row, domain
from cds.authoring.table_words import counted, outcome, short, states_in, template_words
from cds.language.fact import Fact
from cds.language.plan import Case

MOST = 100
"""So many combinations of a case are listed one by one; of more the rows alone tell."""


@dataclass(frozen=True)
class AskedFact:
    """A column: its name, its question, and what it can be."""

    name: str
    ask: str
    states: str


@dataclass(frozen=True)
class ShownRow:
    """A row of the table; ``case`` is the number of the case that it belongs to, ``look`` the usual indicator."""

    number: int
    case: int
    states: tuple[str, ...]
    outcome: str
    indicator: str
    look: str
    text: str


@dataclass(frozen=True)
class ShownCase:
    """A case: what is said, and the combinations that lead there, as far as they are listed."""

    number: int
    outcome: str
    indicator: str
    look: str
    texts: tuple[tuple[str, str], ...]
    holds: str
    combinations: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class TablePage:
    """Everything that the file says."""

    name: str
    title: str
    version: str
    status: str
    safety_critical: bool
    profile: str
    phases: str
    facts: tuple[AskedFact, ...]
    counted: str
    rows: tuple[ShownRow, ...]
    cases: tuple[ShownCase, ...]


def render_html(table: DecisionTable, profile: str) -> str:
    """The file; the same table gives the same bytes."""
    return pages().get_template("table.html").render(page=table_page(table, profile), style=style())


def table_page(table: DecisionTable, profile: str) -> TablePage:
    """Gather what the file says of a table under a profile."""
    rule = table.rule
    return TablePage(
        name=rule.name,
        title=rule.title,
        version=rule.version,
        status=rule.status,
        safety_critical=rule.safety_critical,
        profile=profile,
        phases=", ".join(sorted(rule.phases)),
        facts=tuple(
            AskedFact(spaced(short(each)), each.ask, states(each.domain, ever_unknown=True)) for each in table.facts
        ),
        counted=counted(table),
        rows=tuple(_row(table.facts, number, row) for number, row in enumerate(table.rows, 1)),
        cases=tuple(_cases(table)),
    )


def _row(facts: Sequence[Fact], number: int, row: Row) -> ShownRow:
    ending, indicator, text = outcome(row.case)
    shown = tuple(spaced(states_in(fact, allowed)) for fact, allowed in zip(facts, row.states, strict=True))
    return ShownRow(number, row.case.number, shown, ending, indicator, _look(row.case), text)


def _cases(table: DecisionTable) -> Iterator[ShownCase]:
    for case in table.rule.cases:
        numbers = [str(number) for number, row in enumerate(table.rows, 1) if row.case is case]
        led = [each for each in table.combinations if any(row.case is case for row in table.rows_of(each))]
        order = [domain(fact) for fact in table.facts]
        names = [fact.name for fact in table.facts]
        led.sort(key=lambda each: [of.index(each[name]) for of, name in zip(order, names, strict=True)])
        several = len(led) > MOST
        holds = f"{len(led)} of {len(table.combinations)} combinations, row{'s' if len(numbers) > 1 else ''} "
        holds += ", ".join(numbers) or "none"
        ending, indicator, _ = outcome(case)
        listed = () if several else tuple(tuple(spaced(each[name]) for name in names) for each in led)
        holds += f". More than {MOST} are not listed one by one." if several else "."
        yield ShownCase(case.number, ending, indicator, _look(case), tuple(_texts(case)), holds, listed)


def _texts(case: Case) -> Iterator[tuple[str, str]]:
    finding = case.finding
    if finding is None:
        yield ("why nothing is said", case.silent) if case.silent else ("named as not checked", case.not_checked)
        return
    for label, template in (
        ("headline", finding.headline),
        ("found", finding.found),
        ("why", finding.why),
        ("consider", finding.do),
    ):
        if template.parts:
            yield label, template_words(template)
    for label, words in (
        ("suggests", "; ".join(each.label for each in finding.suggest)),
        ("reasons to override", "; ".join(each.display for each in finding.override)),
        ("replaces", ", ".join(finding.replaces)),
        ("only beside", ", ".join(finding.beside)),
    ):
        if words:
            yield label, words


def _look(case: Case) -> str:
    return case.finding.indicator if case.finding is not None else ""
