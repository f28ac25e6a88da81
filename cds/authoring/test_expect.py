"""What a test expects, and in what an evaluation differs from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cds.authoring.test_pack import fact_of
from cds.language.fact import Fact
from cds.language.node import Fields, Node, Text, fields, text, texts
from cds.language.pack import Compiled
from cds.language.plan import Rule
from cds.language.report import Report, did_you_mean
from cds.values.known import UNKNOWN, Reason

SILENT = "silent"
NOT_APPLICABLE = "not_applicable"
FINDING = "finding"
NOT_CHECKED = "not_checked"
_ENDINGS = (FINDING, SILENT, NOT_CHECKED, NOT_APPLICABLE)
_OF_FINDING = (
    "indicator",
    "headline",
    "headline_contains",
    "found_contains",
    "found_lacks",
    "why_contains",
    "do_contains",
)
_OFFERS = ("suggest", "override")
_WITHHELD = "withheld_by"
_NOTHING = "none"


@dataclass(frozen=True)
class Expect:
    """What must hold; empty members are not looked at.

    Attributes:
        ending: finding, silent, not_checked or not_applicable; empty when only facts are named.
        says: finding id, whole reason of a silence, or plain name of what was not checked.
        texts: indicator and words, by the keys of the file.
        reasons: of ``not_checked``.
        offers: names that the finding must offer, all of them, by ``suggest`` and ``override``.
        withheld_by: the finding because of which this one is not shown; ``none`` when it must be shown.
        facts: facts with the state that each must be in, and the name that the file uses.
    """

    ending: str = ""
    says: str = ""
    texts: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    offers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    withheld_by: str = ""
    facts: tuple[tuple[str, Fact, str], ...] = ()


@dataclass(frozen=True)
class Observed:
    """What became of a rule, as far as tests look at it."""

    ending: str
    says: str = ""
    indicator: str = ""
    headline: str = ""
    found: str = ""
    why: str = ""
    do: str = ""
    reasons: tuple[str, ...] = ()
    suggest: tuple[str, ...] = ()
    override: tuple[str, ...] = ()
    withheld_by: str = ""


@dataclass(frozen=True)
class Difference:
    """One thing that is not as expected."""

    what: str
    expected: str
    got: str


def read_expect(node: Node, rule: Rule, compiled: Compiled, report: Report) -> Expect:
    """Read an expectation; names that the rule does not know are reported."""
    if isinstance(node, Text):
        return Expect(ending=node.value)
    body = fields(node)
    endings = [key for key in _ENDINGS if key in body]
    if len(endings) > 1:
        report.error("endings", node.at, f"a rule ends in one way, and this expects {' and '.join(endings)}")
    ending = endings[0] if endings else ""
    says = text(body.get(ending)) if ending else ""
    _check_ending(body, ending, rule, report)
    named = [(key, each.value) for key in _OF_FINDING for each in texts(body.get(key))]
    for key in (*_OF_FINDING, *_OFFERS, _WITHHELD):
        if key in body and ending not in ("", FINDING):
            report.error("of-finding", body.keys[key].at, f"{key} belongs to a finding, and {ending} has none")
    reasons = texts(body.get("reasons"))
    for each in reasons:
        if each.value not in tuple(Reason):
            advice = did_you_mean(each.value, tuple(Reason))
            report.error("unknown-reason", each.at, f"{each.value} is no reason", remedy=advice)
    return Expect(
        ending,
        "" if says == "yes" else says,
        tuple(named),
        tuple(each.value for each in reasons),
        tuple((key, _offered(body.get(key))) for key in _OFFERS if key in body),
        text(body.get(_WITHHELD)),
        tuple(_facts(fields(body.get("facts")), rule, compiled, report)),
    )


def _offered(node: Node | None) -> tuple[str, ...]:
    """The names of a list; ``none`` stands for none."""
    return tuple(each.value for each in texts(node) if each.value != "none")


def _check_ending(body: Fields, ending: str, rule: Rule, report: Report) -> None:
    node = body.get(ending) if ending else None
    if not isinstance(node, Text) or node.value == "yes":
        return
    known = {
        FINDING: {case.finding.id for case in rule.cases if case.finding is not None},
        SILENT: {case.silent for case in rule.cases if case.silent},
        NOT_CHECKED: {case.not_checked for case in rule.cases if case.not_checked},
    }.get(ending, set())
    if node.value not in known:
        advice = did_you_mean(node.value, known)
        report.error("unknown-ending", node.at, f"{rule.name} never ends in {ending}: {node.value}", remedy=advice)


def _facts(body: Fields, rule: Rule, compiled: Compiled, report: Report) -> Iterator[tuple[str, Fact, str]]:
    for name, node in body:
        fact = fact_of(name, rule, compiled, report)
        state = text(node)
        if fact is None:
            continue
        allowed = (*fact.domain, UNKNOWN)
        if state not in allowed:
            advice = did_you_mean(state, allowed)
            report.error("unknown-state", node.at, f"{name.value} is never {state}", remedy=advice)
        yield name.value, fact, state


def differences(expect: Expect, observed: Observed, states: dict[str, str]) -> tuple[Difference, ...]:
    """Everything in which an evaluation differs from what is expected.

    Args:
        expect: what must hold.
        observed: what became of the rule.
        states: the states of the facts that are expected, by their full name.
    """
    return (
        *_ending(expect, observed),
        *_texts(expect, observed),
        *_offers(expect, observed),
        *_states(expect, states),
    )


def _ending(expect: Expect, observed: Observed) -> Iterator[Difference]:
    if expect.ending and (expect.ending != observed.ending or (expect.says and expect.says != observed.says)):
        yield Difference("ending", _said(expect.ending, expect.says), _said(observed.ending, observed.says))
    elif expect.reasons and set(expect.reasons) != set(observed.reasons):
        yield Difference("reasons", ", ".join(expect.reasons), ", ".join(observed.reasons) or "none")


def _offers(expect: Expect, observed: Observed) -> Iterator[Difference]:
    if observed.ending != FINDING:
        return
    for key, wanted in expect.offers:
        got = observed.suggest if key == "suggest" else observed.override
        if wanted != got:
            yield Difference(key, ", ".join(wanted) or "none", ", ".join(got) or "none")
    if expect.withheld_by and expect.withheld_by != (observed.withheld_by or _NOTHING):
        yield Difference(_WITHHELD, expect.withheld_by, observed.withheld_by or "none, it is shown")


def _said(ending: str, says: str) -> str:
    return f"{ending}: {says}" if says else ending


def _texts(expect: Expect, observed: Observed) -> Iterator[Difference]:
    if observed.ending != FINDING:
        if expect.texts and not expect.ending:
            yield Difference("ending", FINDING, _said(observed.ending, observed.says))
        return
    for key, words in expect.texts:
        name, _, test = key.partition("_")
        got = getattr(observed, name)
        if test == "contains" and words not in got:
            yield Difference(name, f"… {words} …", got)
        elif test == "lacks" and words in got:
            yield Difference(name, f"without {words}", got)
        elif not test and words != got:
            yield Difference(name, words, got)


def _states(expect: Expect, states: dict[str, str]) -> Iterator[Difference]:
    for name, fact, state in expect.facts:
        if states[fact.name] != state:
            yield Difference(f"fact {name}", state, states[fact.name])
