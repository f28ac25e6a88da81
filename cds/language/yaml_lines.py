"""Keys, colons and indentation that YAML reads in another way than an author meant."""

from __future__ import annotations

import re

from cds.language.yaml_stop import QUOTE_IT, SHOWN, Stop, short
from cds.values.diagnostic import Diagnostic, Position

_KEY = re.compile(r"(?:- +)*([\w.-]+):(?=\S)")
_LONGEST_KEY = 1024


def colon(stop: Stop) -> Diagnostic | None:
    """A colon that would make a key of what stands ahead of it, where no key can be."""
    ahead = stop.scan.before(stop.at_index)
    first = stop.at_index - len(ahead.lstrip())
    if len(ahead.strip()) > _LONGEST_KEY:
        what = f"this key has more than {_LONGEST_KEY:,} characters"
        return Diagnostic("needs-quotes", stop.at(first), what, remedy="A text with a colon needs quotes.")
    if re.search(r":\s", ahead):
        return Diagnostic(
            "needs-quotes",
            stop.at(stop.at_index),
            "a colon with a blank behind it stands in a text without quotes",
            "YAML takes what stands ahead of it for a key.",
            _quoted_line(stop),
        )
    return _under_a_text(stop, first)


def no_colon(stop: Stop) -> Diagnostic | None:
    """A line on which no key ends, among lines that have keys."""
    line = stop.scan.line(stop.from_index).strip()
    if line.startswith("-") and line[1:2] not in ("", " ", "-"):
        return blank_after_dash(stop.at(stop.from_index))
    found = _KEY.match(line)
    if found is not None:
        return blank_after_colon(stop.at(stop.from_index + found.end() - 1), found[1])
    return Diagnostic(
        "no-colon",
        stop.at(stop.from_index),
        f"a key is expected here, and {short(line)} has no colon",
        remedy="Write key: value. A text over several lines starts with | behind its key, and is indented below it.",
    )


def indentation(stop: Stop) -> Diagnostic | None:
    """A line that starts at a column at which nothing above it does, or with a dash among keys."""
    if stop.scan.before(stop.at_index).strip() or not stop.sign.strip():
        return None
    return _under_a_text(stop, stop.at_index) or _unlike_the_lines_above(stop, stop.at_index)


def _under_a_text(stop: Stop, first: int) -> Diagnostic | None:
    """A line indented below a key that already has its value, or below one that lacks its colon."""
    indent = stop.scan.indent(first)
    text: Diagnostic | None = None
    for above in stop.scan.above(first):
        line = stop.scan.line(above).strip()
        found = _KEY.match(line)
        if found is not None and not re.search(r":\s", line):
            return blank_after_colon(stop.at(above + found.end() - 1), found[1])
        has_value = re.match(r"(?:- +)*([^\s:]+):\s+[^\s|>#]", line)
        if has_value is None and ":" not in line and not line.startswith("-"):
            text = Diagnostic(
                "no-colon",
                stop.at(above),
                f"a key is expected here, and {short(line)} has no colon",
                remedy="Write key: value. A text over several lines starts with | behind its key.",
            )
            if stop.scan.indent(above) >= indent:
                return text
            continue
        if stop.scan.indent(above) < indent:
            name = has_value[1] if has_value is not None else short(line)
            number = stop.scan.place(above)[0]
            return Diagnostic(
                "indentation",
                stop.at(first),
                f"this line is indented below {name} of line {number}, which has its value already",
                "It would belong to that value.",
                f"Indent it like its neighbours; those of line {number} start in column {_column(stop, above)}.",
            )
        return None
    return text


def _unlike_the_lines_above(stop: Stop, first: int) -> Diagnostic:
    indent = stop.scan.indent(first)
    if stop.sign == "-" and stop.words[first + 1 : first + 2] in ("", " ", "\n"):
        what, remedy = "an item of a list stands among keys", "Indent it deeper than the key that the list is of."
        above = next(stop.scan.above(first), None)
        if above is not None and stop.scan.indent(above) == indent:
            return Diagnostic("indentation", stop.at(first), what, remedy=remedy)
    levels: dict[int, int] = {}
    least = None
    for above in stop.scan.above(first):
        column, number = stop.scan.indent(above), stop.scan.place(above)[0]
        if least is None or column < least:
            least = column
            levels.setdefault(column, number)
            inner = _column(stop, above) - 1
            if inner != column:
                levels.setdefault(inner, number)
        if column == 0:
            break
    if indent in levels:
        return Diagnostic(
            "indentation",
            stop.at(first),
            "a key stands where the next item of a list is expected",
            remedy="Start an item with a dash, or indent the key like those that it belongs to.",
        )
    like = " or ".join(f"{_blanks(column)} (line {number})" for column, number in sorted(levels.items()))
    return Diagnostic(
        "indentation",
        stop.at(first),
        f"this line is indented by {_blanks(indent)}, and nothing above it is",
        "It cannot be told what it belongs to.",
        f"Indent it like its neighbours: by {like}." if like else "Start the line without blanks.",
    )


def _column(stop: Stop, above: int) -> int:
    """Where the key of a line starts, behind its dashes."""
    line = stop.scan.line(above)
    dashes = re.match(r" *(?:- +)*", line)
    return (dashes.end() if dashes is not None else 0) + 1


def _quoted_line(stop: Stop) -> str:
    """The line as it should be, where that is short enough to be of use."""
    line = stop.scan.line(stop.at_index)
    found = re.match(r"(\s*(?:- +)*[\w.-]+:\s+)(\S.*)", line)
    if found is None or len(line) > 2 * SHOWN or "'" in found[2] or "#" in found[2]:
        return QUOTE_IT
    return f"{QUOTE_IT} Write {found[1].strip()} '{found[2].strip()}'"


def blank_after_colon(at: Position, name: str) -> Diagnostic:
    """A key whose colon has something else than a blank behind it."""
    what, meaning = f"a blank is missing behind the colon of {name}", "Without it this is no key, only text."
    return Diagnostic("no-blank", at, what, meaning, f"Write {name}: and a blank before the value.")


def blank_after_dash(at: Position) -> Diagnostic:
    """An item of a list whose dash has something else than a blank behind it."""
    what, meaning = "a blank is missing behind this dash", "Without it this is no item of a list, only text."
    return Diagnostic("no-blank", at, what, meaning, "Write a dash, a blank, and the item.")


def _blanks(number: int) -> str:
    return f"{number or 'no'} blank{'' if number == 1 else 's'}"
