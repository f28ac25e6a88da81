"""A decision table in words: as columns for a terminal, or as Markdown for a review."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from cds.authoring.table_rows import DecisionTable, Row, domain
from cds.language.fact import Fact
from cds.language.plan import Case, Finding
from cds.language.template import Template
from cds.values.known import UNKNOWN

WIDTH = 120
_LEAST = 7
_GAP = "  "
_OUTCOMES = ("outcome", "indicator", "text")


def render_text(table: DecisionTable, profile: str) -> str:
    """Columns in at most 120 characters a line; where they do not fit, each row on lines of its own."""
    lines = [*textwrap.wrap(_title(table, profile), WIDTH), ""]
    for fact in table.facts:
        lines += textwrap.wrap(_asked(fact), WIDTH, subsequent_indent="  ")
    cells = [_cells(table, row) for row in table.rows]
    widths = _widths(_header(table), cells)
    lines.append("")
    if widths is None:
        lines += [line for number, each in enumerate(cells, 1) for line in _stacked(number, _header(table), each)]
    else:
        lines += [*_columns(_header(table), widths), _GAP.join("-" * each for each in widths)]
        lines += [line for each in cells for line in _columns(each, widths)]
    return "\n".join([*lines, "", counted(table)])


def render_markdown(table: DecisionTable, profile: str) -> str:
    """A heading, the questions, and one table."""
    questions = [f"- {_escaped(_asked(fact))}" for fact in table.facts]
    header = _header(table)
    rows = [header, ["---"] * len(header), *(_cells(table, row) for row in table.rows)]
    lines = ["| " + " | ".join(_escaped(cell) for cell in row) + " |" for row in rows]
    return "\n".join([f"## {_escaped(_title(table, profile))}", "", *questions, "", *lines, "", counted(table)])


def _title(table: DecisionTable, profile: str) -> str:
    rule = table.rule
    return f"{rule.name} {rule.version}, {rule.status}, under {profile}: {rule.title}"


def _asked(fact: Fact) -> str:
    return f"{short(fact)}: {fact.ask} ({', '.join(domain(fact))})"


def counted(table: DecisionTable) -> str:
    """How many combinations there are, and in how many rows."""
    return f"{len(table.combinations)} combinations of states, each in exactly one of {len(table.rows)} rows."


def _header(table: DecisionTable) -> list[str]:
    return [*(short(fact) for fact in table.facts), *_OUTCOMES]


def _cells(table: DecisionTable, row: Row) -> list[str]:
    states = (states_in(fact, allowed) for fact, allowed in zip(table.facts, row.states, strict=True))
    return [*states, *outcome(row.case)]


def outcome(case: Case) -> tuple[str, str, str]:
    """How a case ends: the finding, or what it is instead; its indicator, empty without one; what is said."""
    if case.finding is not None:
        return case.finding.id, _indicator(case.finding), template_words(case.finding.headline)
    return ("silent", "", case.silent) if case.silent else ("not checked", "", case.not_checked)


def states_in(fact: Fact, allowed: frozenset[str]) -> str:
    """The states in their order; ``any`` is all of them, unknown included."""
    every = domain(fact)
    if allowed == frozenset(every):
        return "any"
    if len(every) > 3 and allowed == frozenset(every) - {UNKNOWN}:
        return "any but unknown"
    return ", ".join(each for each in every if each in allowed)


def _indicator(finding: Finding) -> str:
    others = [each for each in finding.indicators if each != finding.indicator]
    return f"{finding.indicator} (or {', '.join(others)})" if others else finding.indicator


def short(fact: Fact) -> str:
    """The name of a fact without that of its rule."""
    return fact.name.rpartition(".")[2]


def template_words(template: Template) -> str:
    """A text with the names of facts in braces."""
    return "".join(part if isinstance(part, str) else f"{{{short(part.fact)}}}" for part in template.parts)


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


# ------------------------------------------------------------------ columns


def _widths(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int] | None:
    """How wide each column is; None when not even narrow ones fit. The widest gives way first."""
    widths = [max(len(row[place]) for row in (header, *rows)) for place in range(len(header))]
    room = WIDTH - len(_GAP) * (len(widths) - 1)
    least = [min(each, _LEAST) for each in widths]
    if sum(least) > room:
        return None
    while sum(widths) > room:
        widest = max(range(len(widths)), key=lambda place: (widths[place] - least[place], place))
        widths[widest] -= 1
    return widths


def _columns(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """One row, its cells broken where their column ends."""
    broken = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, widths, strict=True)]
    for line in zip_longest(*broken, fillvalue=""):
        yield _GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _stacked(number: int, header: Sequence[str], cells: Sequence[str]) -> Iterator[str]:
    yield f"Row {number}"
    for name, cell in zip(header, cells, strict=True):
        if cell and cell != "any":
            yield from textwrap.wrap(f"{name}: {cell}", WIDTH, initial_indent="  ", subsequent_indent="    ")
