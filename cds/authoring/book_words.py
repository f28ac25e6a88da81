"""A rule in plain English: cases and tests as sentences, made of what the content says itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cds.authoring.test_file import Line, Written
from cds.findings.rule_view import CaseView
from cds.language.node import Fields, plain

Say = Callable[[str], str]
"""Words for a name of the content: a fact's title, a retrieve's, a parameter with its value."""

_TOLD = frozenset({"name", "data", "expect", "todo", "given"})
"""Keys of a test that are no circumstance: told elsewhere in its sentence, or by its name."""


def case_sentence(case: CaseView, headline: str) -> str:
    """A row of the decision table as a sentence."""
    when = ", or when ".join(case.when) or "nothing else is asked"
    said = dict(case.texts)
    if case.indicator:
        return f"When {when}: {_article(case.indicator)} {case.indicator} finding, {case.result}: “{headline}”."
    if case.result == "no card":
        return f"When {when}: no card, because: {_as_clause(said['why'])}"
    return f"When {when}: it could not be checked, and the card of such checks names “{next(iter(said.values()))}”."


def test_sentence(test: Written, say: Say) -> str:
    """A test as an example in words: what is on record, under which circumstances, and what must come of it."""
    given = "; ".join(_line(each, say) for each in test.lines) or "nothing more is on record"
    options = ((name.value, plain(node)) for name, node in test.options if name.value not in _TOLD)
    apart = "; ".join(_circumstance(name, value, say) for name, value in options)
    expected = _expected(plain(test.expect), say)
    not_yet = f" This does not hold yet: {test.todo.rstrip('.')}." if test.todo else ""
    return f"Given: {given}.{f' With: {apart}.' if apart else ''} Then: {expected}.{not_yet}"


test_sentence.__test__ = False  # type: ignore[attr-defined] # pytest would take it for a test


def _value(value: Any, say: Say) -> str:
    match value:
        case dict():
            return "; ".join(f"{say(str(key))} is {_value(each, say)}" for key, each in value.items())
        case list() if all(isinstance(each, str) for each in value):
            return " or ".join(say(each) for each in value)
        case list():
            return ", ".join(_value(each, say) for each in value)
        case None:
            return "nothing"
        case _:
            return say(str(value))


def _circumstance(name: str, value: Any, say: Say) -> str:
    shown = _value(value, say) if isinstance(value, dict | list) else str(value)
    return f"{name.replace('_', ' ')} {shown}"


def _line(line: Line, say: Say) -> str:
    body: Fields = line.body
    parts = [f"{name.replace('_', ' ')} {_shown(value)}" for name, value in plain(body).items()]
    return f"{say(line.name.value)}" + (f" ({', '.join(parts)})" if parts else "")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return str(value)


def _expected(expect: Any, say: Say) -> str:
    if not isinstance(expect, dict):
        return {"silent": "no card"}.get(str(expect), str(expect).replace("_", " "))
    words = {"finding": "finding", "indicator": "as", "silent": "no card, because", "not_checked": "not checked:"}
    parts = []
    for name, value in expect.items():
        if name in ("name", "data", "is", "because", "todo", "given", "expect"):
            continue
        shown = _value(value, say) if name == "facts" else _shown(value)
        parts.append(f"{words.get(name, name.replace('_', ' '))} {shown}")
    return ", ".join(parts) or "as the row says"


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _as_clause(words: str) -> str:
    return words if words.endswith(".") else f"{words}."
