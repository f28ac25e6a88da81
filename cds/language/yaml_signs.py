"""Tabs, quotes, brackets and signs that make YAML read something else than an author meant."""

from __future__ import annotations

import re

from cds.language.yaml_stop import QUOTE_IT, Stop, short
from cds.values.diagnostic import Diagnostic, Position

_SIGNS = {
    "@": "no text may start with it",
    "`": "no text may start with it",
    "%": "no text may start with it",
    "&": "YAML takes it for the name of a value",
    "*": "YAML takes it for the name of another value",
    "!": "YAML takes it for the name of a type",
    ">": "YAML takes it for the start of a text on the lines below",
    "|": "YAML takes it for the start of a text on the lines below",
    "?": "YAML takes it for the start of a key",
    ",": "YAML takes it for the end of an entry",
    "-": "YAML takes it for an item of a list",
}
_BRACKETS = {"{": "brace", "[": "bracket", "}": "brace", "]": "bracket"}


def too_deep(stop: Stop) -> Diagnostic | None:
    """More brackets open at once than a file may have."""
    deep, index = stop.scan.deepest
    if deep <= stop.most:
        return None
    return Diagnostic("too-deep", stop.at(index), f"this is nested deeper than {stop.most} levels")


def tab(stop: Stop) -> Diagnostic | None:
    """A tab where blanks indent the line."""
    if stop.sign != "\t":
        return None
    leading = not stop.scan.before(stop.at_index).strip()
    return Diagnostic(
        "tab",
        stop.at(stop.at_index),
        "this line is indented with a tab" if leading else "a tab stands where a blank should",
        "How wide a tab is depends on the editor, so nobody can tell what the line belongs to.",
        "Write blanks, two for each level; editors can be set to write them for the tab key.",
    )


def open_quote(stop: Stop) -> Diagnostic | None:
    """A quote that runs over lines which were not meant, or to the end."""
    for each in stop.scan.quotes:
        if each.start > stop.at_index:
            return None
        if each.end < 0:
            return quote_not_closed(stop.at(each.start), each.sign)
    return None


def behind_a_quote(stop: Stop) -> Diagnostic | None:
    """Text that follows a closing quote, which was meant to be inside it."""
    span = stop.ended_before(stop.scan.quotes)
    if span is None or stop.sign in ("", "\n", ":") or stop.on_another_line(span):
        return None
    inner = span.end == stop.at_index
    twice = f"write {span.sign}{span.sign}" if span.sign == "'" else 'write \\"'
    other = "double" if span.sign == "'" else "single"
    return Diagnostic(
        "quote",
        stop.at(span.end - 1),
        "the text ends at this quote, and more follows on the line",
        "Everything behind the quote would be lost.",
        f"For a quote inside the text {twice}, or put {other} quotes around the text."
        if inner
        else "Put the quotes around the whole text.",
    )


def behind_a_bracket(stop: Stop) -> Diagnostic | None:
    """Text that follows a closing bracket, as in ``{name} and more``."""
    span = stop.ended_before(stop.scan.brackets)
    if span is None or stop.sign in ("", "\n", "}", "]") or stop.on_another_line(span):
        return None
    closing = stop.words[span.end - 1]
    return Diagnostic(
        "needs-quotes",
        stop.at(span.start),
        f"a value that starts with {span.sign} ends at the {closing}, and more follows on the line",
        f"Without quotes {span.sign} starts a {'mapping' if span.sign == '{' else 'list'}.",
        QUOTE_IT,
    )


def backslash(stop: Stop) -> Diagnostic | None:
    """A backslash between double quotes that is the start of nothing."""
    if "parsing a quoted scalar" not in stop.said:
        return None
    place = stop.words.rfind("\\", 0, stop.at_index + 1)
    return Diagnostic(
        "quote",
        stop.at(max(place, 0)),
        "between double quotes a backslash has a meaning of its own, and this one has none",
        remedy="Put single quotes around the text, or write \\\\ for one backslash.",
    )


def in_brackets(stop: Stop) -> Diagnostic | None:
    """What stands between brackets and is neither an entry nor their end."""
    opened = stop.words[stop.from_index]
    close = "}" if opened == "{" else "]"
    if stop.sign in ("}", "]"):
        line, column = stop.scan.place(stop.from_index)
        return Diagnostic(
            "bracket",
            stop.at(stop.at_index),
            f"{stop.sign} closes nothing; the {opened} of line {line}, column {column} is still open",
            remedy=f"Close it with {close} first.",
        )
    if not stop.sign or (stop.lines_apart() and stop.never_closed(stop.from_index)):
        return _not_closed(stop, stop.from_index)
    if stop.sign == ":":
        if stop.lines_apart() and not stop.scan.before(stop.at_index).strip(" \"'\\-_.").count(":"):
            first = stop.at_index - len(stop.scan.before(stop.at_index).lstrip())
            return Diagnostic(
                "bracket",
                stop.at(first),
                "a comma is missing ahead of this line",
                remedy="Write it where the line above ends.",
            )
        return Diagnostic(
            "needs-quotes",
            stop.at(stop.at_index),
            f"a text between {opened} and {close} has a colon",
            "What stands ahead of the colon was read as a key.",
            QUOTE_IT,
        )
    return Diagnostic(
        "bracket",
        stop.at(stop.at_index),
        f"a comma or {close} is missing ahead of this",
        remedy=f"Between {opened} and {close} a comma stands between two entries.",
    )


def not_closed_at_the_end(stop: Stop) -> Diagnostic | None:
    """A bracket that is still open where the file ends."""
    still = [each for each in stop.scan.brackets if each.end < 0]
    return _not_closed(stop, still[-1].start) if still and not stop.words[stop.at_index :].strip() else None


def stray_bracket(stop: Stop) -> Diagnostic | None:
    """A closing bracket that nothing opened."""
    if stop.sign not in ("}", "]"):
        return None
    what = f"this {_BRACKETS[stop.sign]} closes nothing"
    remedy = f"Remove it, or write the {'{' if stop.sign == '}' else '['} that it belongs to."
    return Diagnostic("bracket", stop.at(stop.at_index), what, remedy=remedy)


def block(stop: Stop) -> Diagnostic | None:
    """A text behind the sign that starts a text on the lines below."""
    sign = stop.words[stop.from_index]
    if "tab character" in stop.said:
        return tab(stop)
    behind = stop.scan.line(stop.from_index)[stop.scan.place(stop.from_index)[1] :].strip()
    return Diagnostic(
        "needs-quotes",
        stop.at(stop.from_index),
        f"{sign} starts a text on the lines below, and {short(behind)} stands behind it on this line",
        remedy=f"Put quotes around a text that starts with {sign}, or start the text on the next line, indented.",
    )


def directive(stop: Stop) -> Diagnostic | None:
    """A line that starts with %."""
    return Diagnostic(
        "needs-quotes",
        stop.at(stop.scan.starts[stop.scan.place(stop.from_index)[0] - 1]),
        "a line starts with %",
        "YAML takes it for a remark to the program that reads the file.",
        "Remove the line, or put quotes around a text that starts with %.",
    )


def starts_with(stop: Stop, index: int) -> Diagnostic | None:
    """A text without quotes that starts with a sign which YAML takes for something else."""
    sign = stop.words[index : index + 1]
    if sign not in _SIGNS:
        return None
    what = f"a text without quotes starts with {sign}; {_SIGNS[sign]}"
    return Diagnostic("needs-quotes", stop.at(index), what, remedy=QUOTE_IT)


def strange_start(stop: Stop) -> Diagnostic | None:
    """A text without quotes whose first character means something else; a bare dash too."""
    ahead = stop.scan.before(stop.at_index)
    if "block sequence entries" in stop.said:
        alone = not stop.scan.line(stop.at_index)[len(ahead) + 1 :].strip()
        return Diagnostic(
            "needs-quotes",
            stop.at(stop.at_index),
            "a dash alone is an item of a list, and no text" if alone else "a list starts on the line of its key",
            remedy="Put quotes around a dash that is meant as text."
            if alone
            else "Start the list on the next line; put quotes around a text that starts with a dash.",
        )
    if ahead.strip() or stop.sign in ("@", "`", "%"):
        value = re.match(r"(?:\s*(?:- +)*[^\s:]+:\s+|\s*(?:- +)+)([&*!])", ahead)
        return starts_with(stop, stop.at_index) or (starts_with(stop, stop.begin() + value.start(1)) if value else None)
    if stop.sign == ":":
        return Diagnostic(
            "no-colon", stop.at(stop.at_index), "a key is missing ahead of this colon", remedy="Write it."
        )
    return None


def after_the_end(stop: Stop) -> Diagnostic | None:
    """What follows where the file has ended for YAML."""
    if stop.words.startswith("%"):
        return directive(stop)
    if stop.words[: stop.at_index].rstrip().endswith(("\n...", "\n---")):
        return Diagnostic(
            "several-documents",
            stop.at(stop.at_index),
            "a second document starts here",
            remedy="One file, one document.",
        )
    first = next((each for each in stop.scan.brackets if each.end > 0), None)
    if first is not None and not stop.words[: first.start].strip():
        return Diagnostic(
            "bracket",
            stop.at(stop.at_index),
            f"the file ends with the {stop.words[first.end - 1]} of line {stop.scan.place(first.end - 1)[0]}",
            "What follows would be lost.",
            "A text that starts with { or [ needs quotes; a file starts with a key.",
        )
    return None


def _not_closed(stop: Stop, index: int) -> Diagnostic:
    opened = stop.words[index]
    return Diagnostic(
        "bracket",
        stop.at(index),
        f"this {_BRACKETS[opened]} is opened and not closed",
        "All that follows would belong to it.",
        f"Write {'}' if opened == '{' else ']'} where it ends; a text that starts with {opened} needs quotes.",
    )


def quote_not_closed(at: Position, sign: str) -> Diagnostic:
    """A quote that is opened, and closed on no line that belongs to it."""
    inside = "two of them ('')" if sign == "'" else '\\"'
    return Diagnostic(
        "quote",
        at,
        "this quote is opened and not closed",
        "The lines below would be part of the text.",
        f"Close it where the text ends; inside the text write {inside} for one.",
    )
