"""What a person did wrong when a text is not YAML: told in plain words, at the place of the mistake.

The parser tells where it could not go on, in words about tokens and scalars. Neither is of use to an author, so only
the kind of its complaint is looked at, and the text around it; its words never come out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cds.language.yaml_lines import colon, indentation, no_colon
from cds.language.yaml_signs import (
    after_the_end,
    backslash,
    behind_a_bracket,
    behind_a_quote,
    block,
    directive,
    in_brackets,
    not_closed_at_the_end,
    open_quote,
    starts_with,
    strange_start,
    stray_bracket,
    tab,
    too_deep,
)
from cds.language.yaml_stop import Stop
from cds.values.diagnostic import Diagnostic

Explain = Callable[[Stop], Diagnostic | None]
_FIRST: tuple[Explain, ...] = (too_deep, tab, open_quote, behind_a_quote, behind_a_bracket, backslash)
_LAST: tuple[Explain, ...] = (not_closed_at_the_end, stray_bracket, strange_start, indentation)


def _what_was_read(stop: Stop) -> Diagnostic | None:
    return starts_with(stop, stop.from_index)


_BY_COMPLAINT: tuple[tuple[str, Explain], ...] = (
    ("did not find expected ',' or", in_brackets),
    ("mapping values are not allowed", colon),
    ("could not find expected ':'", no_colon),
    ("while scanning a simple key", no_colon),
    ("while scanning a block scalar", block),
    ("while scanning an a", _what_was_read),
    ("scanning a tag", _what_was_read),
    ("parsing a tag", _what_was_read),
    ("undefined tag handle", _what_was_read),
    ("directive", directive),
    ("incompatible YAML document", directive),
    ("expected <document start>", after_the_end),
)
"""Words of the parser's complaint, and what looks into a complaint of that kind."""


def mistake(file: str, words: str, problem: Any, most: int) -> Diagnostic:
    """The mistake for which a text cannot be parsed: the first explanation that fits.

    Args:
        file: its name as shown in messages.
        words: the text.
        problem: the parser's complaint, with its marks.
        most: how deeply a file may be nested.
    """
    stop = Stop(file, words, problem, most)
    by_complaint = (explain for complaint, explain in _BY_COMPLAINT if complaint in stop.said)
    for explain in (*_FIRST, *by_complaint, *_LAST):
        found = explain(stop)
        if found is not None:
            return found
    return Diagnostic(
        "yaml",
        stop.at(stop.at_index),
        "this line cannot be read",
        "Nothing of the file was looked at.",
        "Look here and on the line above for a quote or bracket that is not closed, and for a text with a colon.",
    )
